--- gctokens timeout: the organisation's idle-token timeout.

local exit = require("gctokens.cli.exit")
local timeout_fields = require("gctokens.cli.timeout_fields")
local report = require("gctokens.cli.report")
local open_client = require("gctokens.cli.client").open


---@param options table of gctokens.cli.parser
return function(options)
  local client = open_client(options)
  local timeout, err = client:get_tokens_timeout()
  if not timeout then
    exit.of(err)
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
