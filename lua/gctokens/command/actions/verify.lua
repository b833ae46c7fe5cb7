--- gctokens verify: whether the access token is alive.

local failure = require("gctokens.command.failure")
local report = require("gctokens.command.report")
local session = require("gctokens.command.session")


-- Refuses a caller's address, whatever his token.
local NOT_OF_THE_TOKEN = "ip.not.authorized"


local function tell(options, alive, err)
  if options.quiet then
    return
  elseif options.json then
    report.json({ alive = alive, correlation_id = err and err.correlation_id })
  else
    report.line(alive and "alive" or "dead")
  end
end


---@param options table of gctokens.command.parser
---@return integer? exit_code
return function(options)
  local client = session.open(options)
  local alive, err = client:head_tokens_me()
  if alive then
    tell(options, true)
  elseif err.status == 401 and err.kind == "api"
         and err.code ~= NOT_OF_THE_TOKEN then
    tell(options, false, err)
    return failure.REFUSED
  else
    failure.of(err)
  end
end
