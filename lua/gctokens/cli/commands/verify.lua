--- gctokens verify: whether the access token is alive.

local errors = require("gctokens.errors")
local exit = require("gctokens.cli.exit")
local report = require("gctokens.cli.report")
local open_client = require("gctokens.cli.client").open


local function tell(options, alive, err)
  if options.quiet then
    return
  elseif options.json then
    report.json({ alive = alive, correlation_id = err and err.correlation_id })
  else
    report.line(alive and "alive" or "dead")
  end
end


-- Asks by GET: a response to HEAD has no body, and without one nobody can tell
-- a dead token from an address that is blocked.
---@param options table of gctokens.cli.parser
---@return integer? exit_code
return function(options)
  local client = open_client(options)
  local info, err = client:get_tokens_me({ preserve_idle_ttl = true })
  if info then
    tell(options, true)
  elseif errors.is_token_invalid(err) then
    tell(options, false, err)
    return exit.REFUSED
  else
    exit.of(err)
  end
end
