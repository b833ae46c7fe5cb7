--- A token that is kept until its end, and then asked for once, however many
-- callers need it.
--
-- Who finds no token begins a flight, and all others wait for its end. With a
-- loop that can (nginx), a flight is led apart from the request that began it:
-- one that is aborted would leave the others without an answer. Elsewhere, and
-- where nginx drops the timer that it has accepted, a caller leads it himself.
-- A leader is trusted for so long, and then a waiting caller does his work
-- again; whoever comes to an end first, ends the flight.
--
-- A loop without `event` has no callers at the same time: nobody can wait.

local core = require("gctokens.core")
local errors = require("gctokens.errors")

local math_min = math.min


-- Seconds.
local REMEMBERED = 1 -- a failure: no storm on a server that refuses
local PATIENCE = 0.1 -- until a flight that nobody has begun is taken over
local SLACK = 1 -- a leader apart is trusted for longer than he may take

-- A source may yield, and Lua 5.1 cannot within pcall.
local PCALL_YIELDS = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil


-- The main thread has no coroutine on Lua 5.1.
local function running()
  return coroutine.running() or "main"
end


-- What raises in a coroutine of Lua 5.1 does not end its flight. The others
-- wait for as long as that leader is trusted, and then do it themselves.
local function protected_call(supply, ...)
  if PCALL_YIELDS or not coroutine.running() then
    return pcall(supply, ...)
  end
  return true, supply(...)
end


-- A flight is a table: event (nil: nobody can wait), trusted_until, begun,
-- askers (coroutines that lead it), landed, and then one of token, err and
-- has_raised with raised; is_overdue (the leader's own time was up, which says
-- nothing to the others), remembered_until.

-- One that cannot be sent is not worth keeping: no answer would ever come that
-- says so.
local function keep(state, token, expires)
  if core.is_token(token) then
    state.token, state.expires = token, expires
    state.reason, state.failure = "needed", nil
  end
end


-- A flight that has ended may still have a leader who was given up.
local function fail(state, flight, err, now, deadline)
  if flight.landed then
    return
  end
  flight.err = err
  flight.is_overdue = now >= deadline
  if not flight.is_overdue then
    flight.remembered_until = now + REMEMBERED
    state.failure = flight
  end
end


-- Who asks is known as such from within the protected call: otherwise an error
-- on the way there, such as memory that runs out, would leave him so for ever.
local function ask(state, flight, client, fetch, deadline, asker)
  if asker then
    flight.askers[asker] = true
  end
  return state.supply(state.reason, fetch,
    { client = client, call_options = client.call_options,
      deadline = deadline })
end


-- By `deadline` it must be over. `asker`: the coroutine that does it, if it is
-- to be found out when it asks for itself.
local function lead(state, flight, client, fetch, deadline, asker)
  local now = client.loop.now
  local asked = now()
  flight.begun = true
  local ok, token, err, lifetime = protected_call(
    ask, state, flight, client, fetch, deadline, asker)
  if asker then
    flight.askers[asker] = nil
  end
  if not ok then
    flight.has_raised, flight.raised = true, token
  elseif token then
    flight.token = token
    keep(state, token, lifetime and asked + lifetime)
  else
    fail(state, flight, err, now(), deadline)
  end
  flight.landed = true
  if state.flight == flight then
    state.flight = nil
  end
  if flight.event then
    flight.event:set()
  end
end


local function lead_apart(state, flight, client, fetch)
  if not flight.begun then
    local deadline = client.loop.now() + client.call_options.deadline
    flight.trusted_until = deadline + SLACK
    lead(state, flight, client, fetch, deadline, running())
  end
end


-- A successor must not have to wait for all attempts of one who was killed.
-- In nginx the coroutine of such a request becomes another one's, which must
-- not be taken for the leader.
local function lead_for(call, state, flight, fetch)
  local client = call.client
  local is_mortal = flight.event and client.loop.detach
  flight.trusted_until = client.loop.now() + client.call_options.timeout
  lead(state, flight, client, fetch, call.deadline,
    not is_mortal and running() or nil)
end


local function begin(call, state, fetch, is_shared)
  local loop = call.client.loop
  local flight = {
    event = is_shared and loop.event and loop.event() or nil,
    trusted_until = loop.now(),
    askers = {},
  }
  state.flight = flight
  if flight.event and loop.detach
     and loop.detach(lead_apart, state, flight, call.client, fetch) then
    flight.trusted_until = loop.now() + PATIENCE
  end
  return flight
end


-- Each caller gets an error of his own, to which his call adds its fields.
local function tell(call, flight)
  if flight.token then
    return flight.token
  elseif flight.has_raised then
    error(flight.raised, 0)
  end
  call.told = flight
  return nil, errors.copy(flight.err)
end


-- Leads the flight, or waits for its end. True when `call` may have the
-- outcome. The flight of a thread can be waited for by threads only.
local function take_part(call, state, flight, fetch)
  local loop = call.client.loop
  local now = loop.now()
  if not flight.event or not loop.event or now >= flight.trusted_until then
    lead_for(call, state, flight, fetch)
    return true
  end
  flight.event:wait(math_min(flight.trusted_until, call.deadline) - now)
  return flight.landed and not flight.is_overdue
end


-- The failure that a call must not cause again so soon, or nil.
local function remembered(state, now)
  local failure = state.failure
  return failure and now < failure.remembered_until and failure or nil
end


local function late()
  return {
    kind = "timeout",
    reason = "the deadline of the call has passed before there was a token",
    retryable = true,
  }
end


-- Who asks while he supplies would wait for himself.
local function recursion()
  return {
    kind = "auth",
    reason = "what supplies the access token asks its own client for one",
  }
end


local function obtain(call, state, fetch, is_shared)
  local loop = call.client.loop
  while true do
    local now = loop.now()
    local failure = remembered(state, now)
    local flight = state.flight
    if state.token and (not state.expires or now < state.expires) then
      return state.token
    elseif flight and flight.askers[running()] then
      return nil, recursion()
    elseif now >= call.deadline then
      return nil, late()
    elseif failure and call.told ~= failure then
      return tell(call, failure)
    elseif failure then
      -- It comes back for another try, which must not be wasted.
      loop.sleep(math_min(failure.remembered_until, call.deadline) - now)
    else
      flight = flight or begin(call, state, fetch, is_shared)
      if take_part(call, state, flight, fetch) then
        return tell(call, flight)
      end
    end
  end
end


local renewable_token = {}


--- A token source, see gctokens.oauth. `supply(reason, fetch, call)` returns a
--- token, nil and perhaps the seconds that it lives, or nil and the fields of
--- an error; it may raise.
function renewable_token.source(supply)
  local state = { supply = supply, reason = "needed" }
  local source = { renewable = true }

  -- The source of one call's own option has nobody to share it with, and its
  -- function may rely on the request that makes the call.
  function source.token(call, fetch)
    return obtain(call, state, fetch, call.client.token_source == source)
  end

  function source.forget(token, why)
    if state.token == token then
      state.token, state.reason = nil, why
    end
  end

  return source
end


return renewable_token
