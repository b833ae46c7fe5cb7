--- The retry policy: a pure function of its arguments.
-- Which errors are worth another attempt is a fact of the error
-- (`err.retryable`); when, and whether there is still time, is decided here.

local retry = {}


---@type gctokens.RetryPolicy
retry.default = {
  max_attempts = 4,
  base_delay = 0.25,
  max_delay = 8,
  max_retry_after = 180, -- what Genesys' SDKs are willing to wait
}


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


-- ---- while a request waits -------------------------------------------------

local SHORTEST_DEADLINE = 0.001 -- seconds, the least that a call can have


--- The policy in nginx's access phase: one more attempt, at once. What the
--- server asks to wait is not waited for.
---@type gctokens.RetryPolicy
retry.in_request = {
  max_attempts = 2,
  base_delay = 0.05,
  max_delay = 0.1,
  max_retry_after = 0,
}


--- Seconds for a call that must be over at a time.
---@param ends number
---@param now number of the same clock
---@return number seconds above 0
function retry.seconds_until(ends, now)
  return math.max(SHORTEST_DEADLINE, ends - now)
end


--- Whether a call that timed out gave the server the time to respond. One that
--- waited for a connection of our own says nothing of the server.
---@param seconds number that the call had
---@param response gctokens.Response?
---@param least number seconds in which a server responds
---@return boolean
function retry.gave_time(seconds, response, least)
  local queued = response and response.queued or 0
  return seconds - queued >= least
end


return retry
