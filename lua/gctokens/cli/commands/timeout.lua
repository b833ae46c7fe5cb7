--- gctokens timeout: shows the organisation's idle-token timeout.

local open_client = require("gctokens.cli.client").open
local exit = require("gctokens.cli.exit")
local report = require("gctokens.cli.report")
local timeout_fields = require("gctokens.cli.timeout_fields")


---@param options table of gctokens.cli.parser
return function(options)
  local client = open_client(options)
  local timeout, err = client:get_tokens_timeout()
  if not timeout then
    exit.with_error(err)
  elseif options.json then
    report.json(timeout)
  else
    local rows = {}
    for _, name in ipairs(timeout_fields.names(timeout)) do
      rows[#rows + 1] = { name, timeout_fields.text(timeout[name]) }
    end
    report.rows(rows)
  end
end
