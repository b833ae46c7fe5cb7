--- One call of the client's on behalf of a token. A transport of the user's may
-- raise, and what it says may hold the token.

local bearer = require("gctokens.guard.bearer")
local clock = require("gctokens.guard.clock")
local core = require("gctokens.core")
local errors = require("gctokens.errors")


local SHORTEST = 0.001 -- seconds


local attempt = {}


--- Seconds for a call that must be over then.
---@param ends number seconds of the clock
---@return number
function attempt.deadline(ends)
  return math.max(SHORTEST, ends - clock.now())
end


---@param log table where it is told that the call raised
---@param what string what the call does, "verify"
---@param key string of the token
---@param token string
---@param call function
---@param ... any its arguments
---@return boolean has_returned
---@return any ... what it returned
function attempt.make(log, what, key, token, call, ...)
  local ok, first, second, third = pcall(call, ...)
  if not ok then
    log:error("internal", ("could not %s token %s: %s"):format(what,
      bearer.short(key), core.redact(errors.describe(first), { token })))
    return false
  end
  return true, first, second, third
end


return attempt
