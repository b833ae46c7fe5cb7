--- gctokens timeout: the organisation's idle-token timeout.

local failure = require("gctokens.command.failure")
local fields = require("gctokens.command.timeout_fields")
local report = require("gctokens.command.report")
local session = require("gctokens.command.session")


---@param options table of gctokens.command.parser
return function(options)
  local client = session.open(options)
  local timeout, err = client:get_tokens_timeout()
  if not timeout then
    failure.of(err)
  elseif options.json then
    report.json(timeout)
  else
    local rows = {}
    for _, name in ipairs(fields.names(timeout)) do
      rows[#rows + 1] = { name, fields.text(timeout[name]) }
    end
    report.rows(rows)
  end
end
