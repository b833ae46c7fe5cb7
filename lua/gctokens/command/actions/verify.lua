--- gctokens verify: whether the access token is alive.

local errors = require("gctokens.errors")
local failure = require("gctokens.command.failure")
local report = require("gctokens.command.report")
local session = require("gctokens.command.session")


local function tell(options, alive, err)
  if options.quiet then
    return
  elseif options.json then
    report.json({ alive = alive, correlation_id = err and err.correlation_id })
  else
    report.line(alive and "alive" or "dead")
  end
end


-- Asks by GET: a reply to HEAD has no body, and without one nobody can tell a
-- dead token from an address that is blocked.
---@param options table of gctokens.command.parser
---@return integer? exit_code
return function(options)
  local client = session.open(options)
  local info, err = client:get_tokens_me({ preserve_idle_ttl = true })
  if info then
    tell(options, true)
  elseif errors.is_token_invalid(err) then
    tell(options, false, err)
    return failure.REFUSED
  else
    failure.of(err)
  end
end
