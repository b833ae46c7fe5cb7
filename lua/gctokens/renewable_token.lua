--- A token that is kept until it expires, and then requested once, however many
-- calls need it.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local single_flight = require("gctokens.single_flight")


-- Seconds for which an error is remembered, so that many calls do not make as
-- many requests to a login that refuses.
local REMEMBERED_SECONDS = 1

local KEY = "token" -- of the only flight that a source has at a time

-- Why a call gets no token from a flight.
local PROBLEMS = {
  deadline = {
    kind = "timeout",
    reason = "the deadline of the call has passed before there was a token",
    retryable = true,
  },
  recursion = {
    kind = "auth",
    reason = "what supplies the access token asks its own client for one",
  },
}


-- A token that cannot be sent is not kept: no response would ever say that it
-- is wrong.
local function keep(state, token, expires)
  if core.is_token(token) then
    state.token, state.expires = token, expires
    state.reason = "needed"
  end
end


local function kept_token(state, now)
  local token, expires = state.token, state.expires
  return token and (not expires or now < expires) and token or nil
end


-- The work of a flight. Its outcome is a table with `token`, or with `err`, an
-- error's fields.
local function supply_token(_, deadline, state, client, fetch)
  local now = client.loop.now()
  local token = kept_token(state, now)
  if token then
    return { token = token }
  end
  local err, lifetime
  token, err, lifetime = state.supply(state.reason, fetch, {
    client = client,
    call_options = client.call_options,
    deadline = deadline,
  })
  if not token then
    return { err = err }, REMEMBERED_SECONDS
  end
  keep(state, token, lifetime and now + lifetime)
  return { token = token }
end


-- A leader in place of one that was killed must not have to wait for all of its
-- attempts, so a caller is trusted for the time of one.
local function join(call, state, fetch, is_shared)
  local client = call.client
  local call_options = client.call_options
  return state.flights:join(KEY, {
    loop = client.loop,
    deadline = call.deadline,
    detached_seconds = call_options.deadline,
    trusted_seconds = call_options.timeout,
    known = call.known_error,
    is_alone = not is_shared,
  }, state, client, fetch)
end


-- Each call gets an error of its own, to which it adds its fields. When it
-- comes back for another try, it does not want the same error again.
local function obtain(call, state, fetch, is_shared)
  local now = call.client.loop.now
  local token = kept_token(state, now())
  if token then
    return token
  end
  local outcome, problem = join(call, state, fetch, is_shared)
  token = outcome and outcome.token or kept_token(state, now())
  if token then
    return token
  end
  call.known_error = outcome
  return nil, errors.copy(outcome and outcome.err or PROBLEMS[problem])
end


local renewable_token = {}


--- A token source, see gctokens.oauth. `supply(reason, fetch, call)` returns a
--- token, nil and perhaps the seconds that it lives, or nil and the fields of
--- an error; it may raise.
function renewable_token.source(supply)
  local state = {
    supply = supply,
    reason = "needed",
    flights = single_flight.new(supply_token),
  }
  local source = { renewable = true }

  -- The source of one call's own option is shared with no other call, and its
  -- function may rely on the request that makes the call.
  function source.token(call, fetch)
    return obtain(call, state, fetch, call.client.token_source == source)
  end

  function source.forget(token, reason)
    if state.token == token then
      state.token, state.reason = nil, reason
    end
  end

  return source
end


return renewable_token
