--- How to wait in a program on cqueues, as with lua-http: the coroutine of a
-- call lets its controller run others.
--
-- Of the coroutines that wait for calls of an engine one leads: it waits for
-- the engine's descriptor and steps it. When its own call has ended, another
-- one takes over; also when its controller does not run any more.

local condition = require("cqueues.condition")
local core = require("gctokens.core")
local cqueues = require("cqueues")
local errors = require("gctokens.errors")
local evented = require("gctokens.loop.evented")
local leadership = require("gctokens.leadership")


-- Seconds for which a leader may be late before it is taken for lost.
local GRACE = 0.5

-- Seconds from one step to the next, so that one is soon known to be lost.
local LONGEST_WAIT = 1

local engines = {} -- engine -> { leadership, leader (a coroutine), fd }

-- What wakes a coroutine that waits.
local conditions = setmetatable({}, { __mode = "k" })

local event_loop = {}
local loop, calls -- made of it


-- ---- coroutines ------------------------------------------------------------

function event_loop.current()
  if not cqueues.running() then
    errors.raise("gctokens.loop.cqueues can wait in a coroutine of a "
      .. "controller only: use cqueues.new():wrap(function() ... end):loop()")
  end
  return coroutine.running()
end


local function condition_of(waiting)
  local found = conditions[waiting] or condition.new()
  conditions[waiting] = found
  return found
end


function event_loop.suspend(seconds)
  condition_of(event_loop.current()):wait(seconds)
end


function event_loop.wake(waiting)
  condition_of(waiting):signal()
end


-- ---- engines ---------------------------------------------------------------

-- To be called before a descriptor is closed, which nobody may wait for then.
function event_loop.unwatch(engine)
  local state = engines[engine]
  engines[engine] = nil
  if state and state.fd then
    cqueues.cancel(state.fd)
  end
end


-- Has another coroutine take over.
local function resign(engine, state)
  state.leadership:resign()
  local _, event = next(calls.engines[engine] or {})
  if event then
    event_loop.wake(event.caller)
  else
    event_loop.unwatch(engine)
  end
end


-- Steps the engine until the call of the event has ended, or another coroutine
-- leads.
local function lead(engine, event, step, state)
  local term = state.leadership:take(core.now() + GRACE)
  local leader = event.caller
  state.leader = leader
  while state.leadership:is_current(term) do
    if state.fd then
      cqueues.cancel(state.fd) -- a step may close it
    end
    local seconds, fd = step(engine)
    state.fd = fd
    if event.finished or not seconds then
      return resign(engine, state)
    end
    seconds = math.min(seconds, LONGEST_WAIT)
    state.leadership:extend(core.now() + seconds + GRACE)
    if fd then
      cqueues.poll(condition_of(leader), { pollfd = fd, events = "r" }, seconds)
    else
      event_loop.suspend(seconds)
    end
  end
end


function event_loop.drive(engine, event, step)
  local state = engines[engine] or { leadership = leadership.new() }
  engines[engine] = state
  local now = core.now()
  if state.leadership:is_trusted(now) then
    event_loop.wake(state.leader)
    event_loop.suspend(state.leadership.trusted_until - now)
  else
    lead(engine, event, step, state)
  end
end


loop, calls = evented.new(event_loop)


local function abandon(engine, threads)
  local state = engines[engine]
  if engine then
    calls:cancel(engine, threads)
  end
  if state and threads[state.leader] then
    resign(engine, state)
  end
end


--- The bodies have a controller of their own, which ends with all of them when
--- one raises.
function loop.run(client, count, body)
  event_loop.current()
  local controller = cqueues.new()
  local threads = {}
  for _ = 1, count do
    controller:wrap(function()
      threads[coroutine.running()] = true
      body(client)
    end)
  end
  local ok, raised = true, nil
  if count > 0 then -- an empty controller is never ready
    ok, raised = controller:loop()
  end
  controller:close()
  if not ok then
    abandon(client.engine, threads)
    error(raised, 0)
  end
end


return loop
