--- The retry policy: a pure function of its arguments.
-- Which errors are worth another attempt is a fact of the error
-- (`err.retryable`); when, and whether there is still time, is decided here.

local options = require("gctokens.options")

local retry = {}


---@type gctokens.RetryPolicy
retry.default = options.defaults.retry


-- Retry-After is waited for in full; the jitter on top keeps callers that
-- were turned away together from coming back together.
local function after_server(policy, seconds, left, random)
  if seconds > policy.max_retry_after then
    return nil, ("the server asks to wait %g s, more than max_retry_after "
      .. "(%g s)"):format(seconds, policy.max_retry_after)
  end
  if seconds >= left then
    return nil, ("the server asks to wait %g s, past the deadline"):format(
      seconds)
  end
  return seconds + random() * math.min(policy.base_delay, left - seconds)
end


-- Full jitter: anything from nothing to an exponentially growing limit.
local function after_backoff(policy, attempt, left, random)
  local limit = math.min(
    policy.max_delay, policy.base_delay * 2 ^ (attempt - 1))
  local seconds = random() * limit
  if seconds >= left then
    return nil, "no time is left before the deadline"
  end
  return seconds
end


--- How long to wait before the next attempt.
---@param policy gctokens.RetryPolicy|false
---@param attempt integer the number of attempts made, 1 or more
---@param err gctokens.Error how the last one ended
---@param deadline number the clock's time at which the call must be over
---@param clock fun(): number seconds
---@param random fun(): number in [0, 1)
---@return number? seconds nil: do not try again
---@return string? reason why not, where that is not plain from the error
---@nodiscard
function retry.pause(policy, attempt, err, deadline, clock, random)
  if not policy or not err.retryable or attempt >= policy.max_attempts then
    return nil
  end
  local left = deadline - clock()
  if err.retry_after then
    return after_server(policy, err.retry_after, left, random)
  end
  return after_backoff(policy, attempt, left, random)
end


return retry
