--- Light threads for scripts: coroutines that make calls at the same time.
--
-- A coroutine yields where it waits, in the functions of the loop that its view
-- of the client has. Then the scheduler steps the engine and resumes others. A
-- coroutine yields nowhere else, so nothing changes under it between two waits.
-- On Lua 5.1 no pcall may lie between the body of a coroutine and a wait.

local errors = require("gctokens.errors")

local create, resume = coroutine.create, coroutine.resume
local status, yield = coroutine.status, coroutine.yield
local max, min = math.max, math.min


local NEVER = math.huge
local LONGEST_STEP = 60 -- seconds

-- What a coroutine yields in a wait of this module. A function of the user that
-- yields itself yields something else.
local WAITING = {}

-- engine -> its innermost run. A run is a table:
--   engine      nil with a transport
--   now, sleep  of the client's own loop
--   unfinished  how many coroutines have not returned
--   calls       id of a call -> the coroutine that waits for it
--   arrived     calls of this run that an inner run's step has finished
--   sleepers    coroutine -> when it is resumed
--   current     the coroutine that runs now
--   outer       the run in one of whose coroutines this one was started
local runs = setmetatable({}, { __mode = "k" })

local active -- the run whose coroutine runs now


-- ---- the loop of a coroutine -----------------------------------------------

local function wait(_, id)
  active.calls[id] = active.current
  return yield(WAITING)
end


local function sleep(seconds)
  active.sleepers[active.current] = active.now() + seconds
  yield(WAITING)
end


local Event = {}
Event.__index = Event


-- Returns whether it was set; false after that many seconds without.
function Event:wait(seconds)
  if not self.is_set then
    local current = active.current
    self.waiting[current] = active.sleepers
    active.sleepers[current] = seconds and active.now() + seconds or NEVER
    yield(WAITING)
    self.waiting[current] = nil
  end
  return self.is_set
end


-- For good: later waits return at once.
function Event:set()
  self.is_set = true
  for waiting, sleepers in pairs(self.waiting) do
    if sleepers[waiting] then
      sleepers[waiting] = -NEVER
    end
  end
end


local function event()
  return setmetatable({ is_set = false, waiting = {} }, Event)
end


-- ---- the scheduler ---------------------------------------------------------

local function resume_one(run, one, ...)
  local before = active
  active, run.current = run, one
  local ok, yielded = resume(one, ...)
  active = before
  if yielded == WAITING then
    return
  elseif not ok then
    error(yielded, 0)
  elseif status(one) == "dead" then
    run.unfinished = run.unfinished - 1
  else
    error("gctokens: a function of yours has yielded in a coroutine that "
      .. "makes calls", 0)
  end
end


-- Resumes sleepers whose time has come. Returns when the next one is due.
local function wake(run)
  local sleepers = run.sleepers
  if not next(sleepers) then
    return NEVER
  end
  local now = run.now()
  local soonest, due = NEVER, {}
  for one, at in pairs(sleepers) do
    if at <= now then
      due[#due + 1] = one
    end
    soonest = min(soonest, at)
  end
  for i = 1, #due do
    sleepers[due[i]] = nil
    resume_one(run, due[i])
  end
  return soonest
end


-- Hands a finished call to the outer run that waits for it.
local function hand_over(run, finished)
  while run and not run.calls[finished.id] do
    run = run.outer -- coverage: at times, a run within two others
  end
  if run then
    finished.waiting = run.calls[finished.id]
    run.calls[finished.id] = nil
    run.arrived[#run.arrived + 1] = finished
  end
end


-- Steps the engine. Returns the calls that have finished, those of this run
-- with their coroutine in `waiting`.
local function step(run, seconds)
  local arrived, calls = run.arrived, run.calls
  local list, in_flight = run.engine:step(arrived[1] and 0 or seconds)
  for i = 1, #list do
    local finished = list[i]
    local waiting = calls[finished.id]
    if waiting then
      finished.waiting = waiting
      calls[finished.id] = nil
    else
      hand_over(run.outer, finished)
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
    for _, waiting in pairs(calls) do
      list[#list + 1] = { waiting = waiting, err = errors.closed_in_flight() }
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
    local list = step(run, seconds)
    for i = 1, #list do
      local finished = list[i]
      if finished.waiting then
        resume_one(run, finished.waiting,
          finished.result, finished.err, finished.response)
      end
    end
  elseif soonest < NEVER then
    local seconds = soonest - run.now()
    if seconds > 0 then
      run.sleep(seconds)
    end
  elseif run.unfinished > 0 then
    error("gctokens: every coroutine waits for an event that nobody sets", 0)
  end
end


local function run_all(run, view, count, body)
  for _ = 1, count do
    run.unfinished = run.unfinished + 1
    resume_one(run, create(body), view)
  end
  while run.unfinished > 0 do
    take_turn(run)
  end
end


local coroutines = {}


--- Runs `body` in `count` coroutines to their ends. The body gets the client
--- with a loop that lets the other coroutines run while it waits. What a body
--- raises, Ctrl-C included, is raised here; then the other coroutines are
--- abandoned, and their calls cancelled.
---@param client gctokens.Client
---@param count integer
---@param body fun(client: gctokens.Client)
function coroutines.run(client, count, body)
  local base, engine = client.loop, client.engine
  local run = {
    engine = engine, now = base.now, sleep = base.sleep, unfinished = 0,
    calls = {}, arrived = {}, sleepers = {},
    outer = engine and runs[engine],
  }
  local view = setmetatable({
    loop = { now = base.now, sleep = sleep, wait = wait, event = event },
    engine = engine, -- saves the look-up in the client
  }, { __index = client })
  if engine then
    runs[engine] = run
  end
  local ok, raised = pcall(run_all, run, view, count, body)
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
