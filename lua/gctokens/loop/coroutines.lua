--- Light threads for scripts: calls at once where there is one after another
-- otherwise.
--
-- A thread is a coroutine that gives way where it waits: in the functions of
-- the loop that its view of the client has. Meanwhile the engine is stepped and
-- others go on. Nothing else gives way, so what lies between two waits is not
-- disturbed. On Lua 5.1 no pcall may lie between a thread's body and a wait.

local errors = require("gctokens.errors")

local create, resume = coroutine.create, coroutine.resume
local status, yield = coroutine.status, coroutine.yield
local max, min = math.max, math.min


local NEVER = math.huge
local LONGEST_STEP = 60 -- seconds

-- What a thread yields that waits here, and nobody else.
local PARKED = {}

-- engine -> its innermost run. A run is a table:
--   engine      none with a transport
--   now, sleep  of the loop below
--   alive       how many threads have not ended
--   calls       id of a call -> the thread that waits for it
--   arrived     what of these an inner run's steps have finished
--   sleepers    thread -> when it goes on
--   thread      the one that goes on at this moment
--   outer       the run in one of whose threads this one is made
local runs = setmetatable({}, { __mode = "k" })

local active -- the run whose thread goes on at this moment


-- ---- what a thread waits with ----------------------------------------------

local function wait(_, id)
  active.calls[id] = active.thread
  return yield(PARKED)
end


local function sleep(seconds)
  active.sleepers[active.thread] = active.now() + seconds
  yield(PARKED)
end


local Event = {}
Event.__index = Event


-- Whether it was set; false after that many seconds without.
function Event:wait(seconds)
  if not self.is_set then
    local thread = active.thread
    self.waiting[thread] = active.sleepers
    active.sleepers[thread] = seconds and active.now() + seconds or NEVER
    yield(PARKED)
    self.waiting[thread] = nil
  end
  return self.is_set
end


-- For good: who comes later does not wait.
function Event:set()
  self.is_set = true
  for thread, sleepers in pairs(self.waiting) do
    if sleepers[thread] then
      sleepers[thread] = -NEVER
    end
  end
end


local function event()
  return setmetatable({ is_set = false, waiting = {} }, Event)
end


-- ---- the scheduler ---------------------------------------------------------

local function go_on(run, thread, ...)
  local before = active
  active, run.thread = run, thread
  local ok, what = resume(thread, ...)
  active = before
  if what == PARKED then
    return
  elseif not ok then
    error(what, 0)
  elseif status(thread) == "dead" then
    run.alive = run.alive - 1
  else
    error("gctokens: a function of yours has yielded in the middle of calls "
      .. "made together", 0)
  end
end


-- Lets those go on whose time has come; returns when to look again.
local function wake(run)
  local sleepers = run.sleepers
  if not next(sleepers) then
    return NEVER
  end
  local now = run.now()
  local soonest, due = NEVER, {}
  for thread, at in pairs(sleepers) do
    if at <= now then
      due[#due + 1] = thread
    end
    soonest = min(soonest, at)
  end
  for i = 1, #due do
    sleepers[due[i]] = nil
    go_on(run, due[i])
  end
  return soonest
end


-- A call of an outer run has ended: it will see to it.
local function pass_on(run, one)
  while run and not run.calls[one.id] do
    run = run.outer
  end
  if run then
    one.thread = run.calls[one.id]
    run.calls[one.id] = nil
    run.arrived[#run.arrived + 1] = one
  end
end


-- Waits for the network; returns the calls that have ended, those of this run
-- with their threads.
local function collect(run, seconds)
  local arrived, calls = run.arrived, run.calls
  local list, in_flight = run.engine:step(arrived[1] and 0 or seconds)
  for i = 1, #list do
    local one = list[i]
    local thread = calls[one.id]
    if thread then
      one.thread = thread
      calls[one.id] = nil
    else
      pass_on(run.outer, one)
      list[i] = {}
    end
  end
  if arrived[1] then
    run.arrived = {}
    for i = 1, #arrived do
      list[#list + 1] = arrived[i]
    end
  end
  if in_flight == 0 and next(calls) then
    run.calls = {}
    for _, thread in pairs(calls) do
      list[#list + 1] = { thread = thread, err = errors.closed_in_flight() }
    end
  end
  return list
end


local function take_turn(run)
  local soonest = wake(run)
  if next(run.calls) or run.arrived[1] then
    local seconds = LONGEST_STEP
    if soonest < NEVER then
      seconds = min(seconds, max(0, soonest - run.now()))
    end
    local finished = collect(run, seconds)
    for i = 1, #finished do
      local one = finished[i]
      if one.thread then
        go_on(run, one.thread, one.result, one.err, one.response)
      end
    end
  elseif soonest < NEVER then
    local seconds = soonest - run.now()
    if seconds > 0 then
      run.sleep(seconds)
    end
  elseif run.alive > 0 then
    error("gctokens: every thread waits for an event that nobody sets", 0)
  end
end


local function go_through(run, view, count, body)
  for _ = 1, count do
    run.alive = run.alive + 1
    go_on(run, create(body), view)
  end
  while run.alive > 0 do
    take_turn(run)
  end
end


local coroutines = {}


--- Whether calls of threads may be in flight in this engine.
---@param engine gctokens.Engine
---@return boolean
function coroutines.is_running(engine)
  return runs[engine] ~= nil
end


--- Runs `count` threads of `body` to their end. The body gets the client with
--- a loop that lets the other threads go on while it waits. What a body raises,
--- Ctrl-C included, is raised here; all other threads have been given up then,
--- and their calls cancelled.
---@param client gctokens.Client
---@param count integer
---@param body fun(client: gctokens.Client)
function coroutines.run(client, count, body)
  local base, engine = client.loop, client.engine
  local run = {
    engine = engine, now = base.now, sleep = base.sleep, alive = 0,
    calls = {}, arrived = {}, sleepers = {},
    outer = engine and runs[engine],
  }
  local view = setmetatable({
    loop = { now = base.now, sleep = sleep, wait = wait, event = event },
    engine = engine, -- found sooner
  }, { __index = client })
  if engine then
    runs[engine] = run
  end
  local ok, raised = pcall(go_through, run, view, count, body)
  if engine then
    runs[engine] = run.outer
  end
  if not ok then
    for id in pairs(run.calls) do
      engine:cancel(id)
    end
    error(raised, 0)
  end
end


return coroutines
