--- A loop for coroutines of an event loop, made of the few things in which
-- event loops differ (gctokens.EventLoop). What is the same in all is here.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local in_flight = require("gctokens.loop.in_flight")

local NEVER = math.huge

-- How many calls start, and sockets are served, before the loop goes on: each
-- takes some 0.1 ms. Seconds for which a start is put off at most.
local BATCH = 64
local LONGEST_DELAY = 0.1


-- What an event loop must have. A coroutine may be resumed too early: whoever
-- waits looks whether it is time.
---@class gctokens.EventLoop
---@field current fun(): thread the coroutine that runs; raises where none can
---  wait
---@field suspend fun(seconds: number?) lets the loop go on until the current
---  coroutine is woken, or so many seconds have passed
---@field wake fun(waiting: thread) has it resumed soon, not now; nothing if it
---  is not suspended
---@field drive function (engine, event, step) has the engine stepped soon, and
---  suspends; the event wakes its `caller`. step(engine) returns the seconds
---  until the next step is due, nil with nothing in flight, and the descriptor
---  that is readable when it is due before, nil without epoll
---@field unwatch fun(engine: gctokens.Engine) it will not be stepped any more
---@field start fun(body: function): thread? runs it soon in a new coroutine
---@field abandon fun(waiting: thread)? never resumes it again


-- ---- events ----------------------------------------------------------------

local Event = {}

local event_metatable = { __index = Event }


-- Returns whether it was set; false after that many seconds without.
function Event:wait(seconds)
  local event_loop = self.event_loop
  local current = event_loop.current()
  local now = core.now()
  local ends = now + (seconds or NEVER)
  self.waiting[current] = true
  while not self.is_set and now < ends do
    event_loop.suspend(ends < NEVER and ends - now or nil)
    now = core.now()
  end
  self.waiting[current] = nil
  return self.is_set
end


function Event:set()
  self.is_set = true
  for waiting in pairs(self.waiting) do
    self.event_loop.wake(waiting)
  end
end


-- ---- light threads ---------------------------------------------------------

-- On Lua 5.1, what a body raises ends its coroutine like any other error.
local function run_body(run, client, body)
  local ok, raised = errors.yieldable_pcall(body, client)
  run.unfinished = run.unfinished - 1
  run.raised = run.raised or not ok and { raised } or nil
  if run.raised or run.unfinished == 0 then
    run.over:set()
  end
end


local function abandon_all(threads, event_loop, calls, engine)
  for thread in pairs(threads) do
    event_loop.abandon(thread)
  end
  if engine then
    calls:cancel(engine, threads)
    if not calls.engines[engine] then
      event_loop.unwatch(engine)
    end
  end
end


local function run(event_loop, calls, loop, client, count, body)
  local threads = {}
  local state = { unfinished = count, over = loop.event(), raised = nil }
  for _ = 1, count do
    threads[event_loop.start(function()
      run_body(state, client, body)
    end)] = true
  end
  if count > 0 then
    state.over:wait()
  end
  if state.raised then
    abandon_all(threads, event_loop, calls, client.engine)
    error(state.raised[1], 0)
  end
end


-- ---- starting --------------------------------------------------------------

-- Whose turn it is to start calls. Others wait until an engine was stepped,
-- which every start brings about.
local function new_turns()
  return { started = 0, first = 1, last = 0 } -- and events, in a queue
end


local function await_turn(turns, loop)
  if turns.started >= BATCH then
    local event = loop.event()
    turns.last = turns.last + 1
    turns[turns.last] = event
    event:wait(LONGEST_DELAY)
  end
  turns.started = turns.started + 1
end


local function next_turn(turns)
  turns.started = 0
  for i = turns.first, math.min(turns.last, turns.first + BATCH - 1) do
    turns[i]:set()
    turns[i] = nil
    turns.first = i + 1
  end
end


-- ---- the loop --------------------------------------------------------------

local evented = {}


--- A loop for clients. Without `start` and `abandon` it has no `run`.
---@param event_loop gctokens.EventLoop
---@return gctokens.Loop loop
---@return gctokens.InFlight calls
function evented.new(event_loop)
  local calls = in_flight.new()
  local turns = new_turns()
  local loop = { now = core.now }

  local function step(engine)
    calls:step(engine, BATCH)
    next_turn(turns)
    return calls:next_step(engine)
  end

  function loop.event()
    return setmetatable({
      event_loop = event_loop, is_set = false, waiting = {},
    }, event_metatable)
  end

  function loop.sleep(seconds)
    loop.event():wait(seconds)
  end

  function loop.start_call(engine, operation, ...)
    await_turn(turns, loop)
    return engine:start(operation, ...)
  end

  function loop.wait(engine, id)
    local ok, current = pcall(event_loop.current)
    if not ok then
      engine:cancel(id)
      error(current, 0)
    end
    local event = loop.event()
    event.caller, event.waiting[current] = current, true
    calls:add(engine, id, event)
    while not event.finished do
      event_loop.drive(engine, event, step)
    end
    local finished = event.finished
    return finished.result, finished.err, finished.response
  end

  function loop.close_engine(engine)
    event_loop.unwatch(engine)
    calls:close(engine)
  end

  if event_loop.start then
    function loop.run(client, count, body)
      run(event_loop, calls, loop, client, count, body)
    end
  end

  return loop, calls
end


return evented
