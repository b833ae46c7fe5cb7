--- The soak's caller of the core: many calls in flight of one engine, stepped
--- by hand; some are cancelled, and now and then all are, by closing it.

local core = require("gctokens.core")

local callers = require("spec.soak.callers")
local records = require("spec.soak.records")

local IN_FLIGHT = 12
local LONGEST_STEP = 0.03 -- seconds


local function new_engine(context)
  return records.tap(core.new({
    base_url = context.base_url,
    timeout = callers.limits.timeout,
    connect_timeout = callers.limits.connect_timeout,
  }), context.record)
end


-- Returns a call that is in flight: engine's id, its own id, when it started.
local function start(context, engine)
  local operation = callers.any_operation()
  local call, started = callers.next_call(context, operation)
  local id = assert(engine:start(operation, {
    access_token = "a-token-of-the-soak",
    user_id = operation == "delete_token" and call or nil,
    headers = { ["X-Soak-Call"] = call },
  }))
  return { id = id, call = call, started = started }
end


local function finish(context, pending, id, result, err, response)
  local one = pending[id]
  pending[id] = nil
  callers.note_end(context, one.call, one.started, result, err, response)
end


local function step(context, engine, pending)
  for _, one in ipairs((engine:step(math.random() * LONGEST_STEP))) do
    finish(context, pending, one.id, one.result, one.err, one.response)
  end
end


-- Waits for one, while the others go on.
local function wait(context, engine, pending, id)
  finish(context, pending, id, engine:wait(id))
end


local function cancel(context, engine, pending, id)
  assert(engine:cancel(id))
  assert(not engine:cancel(id))
  context.record:write("given_up", pending[id].call)
  pending[id] = nil
end


local function close(context, engine, pending)
  engine:close()
  local finished, in_flight = engine:step(0)
  assert(#finished == 0 and in_flight == 0)
  local id, err = engine:start("head_tokens_me", {})
  assert(not id and err.kind == "closed")
  for one in pairs(pending) do
    context.record:write("given_up", pending[one].call)
    pending[one] = nil
  end
end


local function count(pending)
  local number = 0
  for _ in pairs(pending) do
    number = number + 1
  end
  return number
end


-- One thing or another with what is in flight. True when the engine is closed.
local function act(context, engine, pending)
  local what, id = math.random(1000), next(pending)
  if what == 1 then
    close(context, engine, pending)
    return true
  elseif id and what <= 30 then
    cancel(context, engine, pending, id)
  elseif id and what <= 60 then
    wait(context, engine, pending, id)
  else
    step(context, engine, pending)
  end
end


-- An engine's life: it is closed with calls in flight, or when it is over.
return function(context)
  local engine, pending = new_engine(context), {}
  repeat
    while context.may_go_on() and count(pending) < IN_FLIGHT do
      local one = start(context, engine)
      pending[one.id] = one
    end
    if act(context, engine, pending) then
      return
    end
  until not next(pending) and not context.may_go_on()
  engine:close()
end
