--- The retry policy: which errors are worth another attempt, and when it is
-- made. Pure functions of their arguments.
--
-- The core and the transport set `err.retryable` by the kind of an error; what
-- else is to be known is here.

local errors = require("gctokens.errors")
local options = require("gctokens.options")

local retry = {}


---@type gctokens.RetryPolicy
retry.default = options.defaults.retry

-- Operations that are not repeated with a fresh token when theirs is not valid:
-- they would do to the fresh token what was meant for the other one.
local BOUND_TO_TOKEN = { delete_tokens_me = true }


-- ---- whether ---------------------------------------------------------------

-- Genesys answers 400 to a login when too many tokens are asked for; every
-- other 400 is final. Source: its Terraform provider, which retries exactly
-- this.
local function is_login_rate_limit(err)
  return err.operation == "post_oauth_token" and err.status == 400
    and err.code == "invalid_request"
    and (err.body or ""):find("rate limit exceeded;", 1, true) ~= nil
end


--- Whether another attempt may help.
---@param err gctokens.Error
---@return boolean
function retry.is_retryable(err)
  return err.retryable or is_login_rate_limit(err)
end


--- Whether the server may have acted on a request that failed. A 429, a 4xx
--- other than 408 and a proxy's refusal say that it has not, even if the
--- response broke off after its status.
---@param err gctokens.Error
---@return boolean
function retry.may_have_arrived(err)
  local status = err.status
  if status and status >= 300 then
    return status == 408 or status >= 500
  end
  return err.kind ~= "proxy" and err.response ~= nil and err.response.sent > 0
end


--- Whether an error says that an earlier attempt of the same call has revoked
--- the token.
---@param operation string
---@param err gctokens.Error
---@param may_have_arrived boolean? whether an earlier attempt may have
---@return boolean
function retry.is_already_deleted(operation, err, may_have_arrived)
  if operation ~= "delete_tokens_me" or not errors.is_token_invalid(err) then
    return false
  end
  -- libcurl itself repeats a request on a new connection.
  return may_have_arrived or err.response.sent > 1
end


--- Whether a call whose token is not valid is made again with a fresh one.
---@param operation string
---@return boolean
function retry.takes_fresh_token(operation)
  return not BOUND_TO_TOKEN[operation]
end


-- ---- when ------------------------------------------------------------------

-- Retry-After is waited for in full. The jitter on top spreads callers that
-- were turned away together.
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


-- Full jitter: a random time below an exponentially growing limit.
local function after_backoff(policy, attempt, left, random)
  local limit = math.min(
    policy.max_delay, policy.base_delay * 2 ^ (attempt - 1))
  local seconds = random() * limit
  if seconds >= left then
    return nil, "no time is left before the deadline"
  end
  return seconds
end


--- Seconds to wait before the next attempt.
---@param policy gctokens.RetryPolicy|false
---@param attempt integer the number of attempts made, 1 or more
---@param err gctokens.Error of the last one
---@param deadline number time of the clock when the call must be over
---@param clock fun(): number seconds
---@param random fun(): number in [0, 1)
---@return number? seconds nil: do not try again
---@return string? reason why not, where the error does not say it
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
