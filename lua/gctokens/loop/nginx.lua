--- How to wait in an nginx worker: the request yields, and one driver steps the
-- transfers of the whole worker.
--
-- The driver is a timer, so that a transfer does not stop with the request that
-- began it. It lives while transfers are in flight, and keeps an old worker
-- alive until they are over. Where nginx drops the timer, and when a request
-- that drives is aborted, a request that waits takes over: the leadership of
-- gctokens.leadership, which every step extends. The driver is no single
-- flight: it has no outcome, every request waits for its own transfer, and one
-- that drives may stop as soon as that is over.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local leadership = require("gctokens.leadership")
local logs = require("gctokens.nginx_log")

local ngx = ngx
local new_semaphore = require("ngx.semaphore").new


-- Seconds. A pause between two steps is a share of the youngest transfer's age,
-- so no transfer takes much longer because of it, within these limits. A step
-- at every start instead would send requests up to a millisecond earlier, and
-- cost a sixth more for each when there are many.
local SHORTEST_PAUSE = 0.001 -- nginx counts in whole milliseconds
local LONGEST_PAUSE = 0.05
local SHARE_OF_AGE = 0.02

-- Seconds after which a waiting request checks whether there is a driver, and
-- for which a step shows that there is one.
local CHECK_INTERVAL = 0.1
local TRUSTED_SECONDS = LONGEST_PAUSE + 0.1

-- Seconds to wait for an event where the caller does not say how long.
local DEFAULT_WAIT = 3600

-- Seconds for which an engine may raise at every step, as when memory runs out,
-- before the calls in it are given up.
local LONGEST_FAILING = 1

local CAN_WAIT = {
  server_rewrite = true,
  rewrite = true,
  access = true,
  content = true,
  timer = true,
  preread = true,
  ssl_cert = true,
  ssl_session_fetch = true,
  ssl_client_hello = true,
}

-- Everything that the driver uses is in tables of this module, not in upvalues
-- of a request, see gctokens.leadership. Times are of core.now().

-- engine -> id of a call -> the event of the request that waits for it; its
-- field `finished` is what engine:step says of the call.
local engines = {}

-- engine -> since when every step raises
local failing = {}

local log = logs.new("gctokens: ")

local driver = {
  leadership = leadership.new(),
  last_start = -math.huge, -- when the youngest transfer started
  resting_until = 0,
  wake = nil, -- semaphore on which it rests
}


---@type gctokens.Loop
local nginx = {
  now = core.now,
  can_wait = CAN_WAIT, -- phases
}


local function check_phase()
  local phase = ngx.get_phase()
  if not CAN_WAIT[phase] then
    errors.raise(("gctokens cannot wait in nginx's %s phase, and must not "
      .. "block the worker: use the rewrite, access or content phase, or a "
      .. "timer (ngx.timer.at)"):format(phase))
  end
end


function nginx.sleep(seconds)
  check_phase()
  ngx.sleep(math.max(seconds, SHORTEST_PAUSE))
end


-- ---- events ----------------------------------------------------------------

local Event = {}

local event_metatable = { __index = Event }


-- Returns whether it was set; false after that many seconds without. Any other
-- error of the semaphore means that it has not waited: a caller that tries
-- again would never end.
function Event:wait(seconds)
  check_phase()
  if not self.is_set then
    local ok, err = self.semaphore:wait(
      math.max(seconds or DEFAULT_WAIT, SHORTEST_PAUSE))
    if not ok and err ~= "timeout" then
      error("could not wait: " .. tostring(err), 0)
    end
  end
  return self.is_set
end


function Event:set()
  self.is_set = true
  local waiting = -self.semaphore:count()
  if waiting > 0 then -- 0 would raise
    self.semaphore:post(waiting)
  end
end


function nginx.event()
  check_phase()
  return setmetatable({
    semaphore = assert(new_semaphore()), is_set = false,
  }, event_metatable)
end


-- ---- the driver ------------------------------------------------------------

local function finish(events, id, finished)
  local event = events[id]
  if event then
    events[id] = nil
    event.finished = finished
    event:set()
  end
end


-- Ends all calls in an engine, each with an error of its own.
local function finish_all(engine, new_error)
  for id in pairs(engines[engine]) do
    finish(engines[engine], id, { err = new_error() })
  end
  engines[engine], failing[engine] = nil, nil
end


local function give_up(engine, reason)
  for id in pairs(engines[engine]) do
    pcall(engine.cancel, engine, id)
  end
  finish_all(engine, function()
    return {
      kind = "transport",
      reason = reason,
      message = "could not finish the call: " .. reason,
      attempts = 1,
      retryable = true,
    }
  end)
end


-- A step has raised, as when memory runs out. The next one reports the calls
-- that this one has not. After LONGEST_FAILING, the calls are given up.
local function survive(engine, raised)
  local now = core.now()
  local reason = "the engine cannot go on: " .. errors.describe(raised)
  log:error("step", reason)
  failing[engine] = failing[engine] or now
  if now - failing[engine] >= LONGEST_FAILING then
    give_up(engine, reason)
  end
end


local function step(engine)
  local ok, list, in_flight = pcall(engine.step, engine, 0)
  if not ok then
    return survive(engine, list)
  end
  failing[engine] = nil
  for i = 1, #list do
    finish(engines[engine], list[i].id, list[i])
  end
  if in_flight == 0 then
    finish_all(engine, errors.closed_in_flight)
  end
end


local function rest()
  local now = core.now()
  local pause = (now - driver.last_start) * SHARE_OF_AGE
  pause = math.min(math.max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)
  driver.resting_until = now + pause
  driver.wake:wait(pause)
end


-- Steps until nothing is in flight, until another driver takes over, or until
-- the call of `event`, if one is given, is finished.
local function drive(term, event)
  while driver.leadership:is_current(term) do
    driver.leadership:extend(core.now() + TRUSTED_SECONDS)
    for engine in pairs(engines) do
      step(engine)
    end
    if not next(engines) or event and event.finished then
      return driver.leadership:resign()
    end
    rest()
  end
end


-- False when nginx has no timer to spare.
local function start_driver()
  return driver.leadership:detach(nginx, drive)
end


local function has_driver()
  return driver.leadership:is_trusted(core.now())
end


local function drive_for(event)
  drive(driver.leadership:take(core.now() + TRUSTED_SECONDS), event)
  if next(engines) and not has_driver() then
    start_driver()
  end
end


-- Makes a driver, or wakes the one that rests.
local function ensure_driver(event)
  driver.wake = driver.wake or new_semaphore()
  if has_driver() then
    if driver.resting_until > core.now() + SHORTEST_PAUSE then
      driver.resting_until = 0
      driver.wake:post(1)
    end
  elseif not start_driver() then
    drive_for(event)
  end
end


function nginx.wait(engine, id)
  local ok, event = pcall(nginx.event)
  if not ok then
    engine:cancel(id)
    error(event, 0)
  end
  engines[engine] = engines[engine] or {}
  engines[engine][id] = event
  driver.last_start = core.now()
  ensure_driver(event)
  while not event.finished do
    event:wait(CHECK_INTERVAL)
    if not event.finished and not has_driver() then
      drive_for(event)
    end
  end
  local finished = event.finished
  return finished.result, finished.err, finished.response
end


-- ---- timers and light threads ----------------------------------------------

-- At a worker's exit timers run early ("premature"). The work is done all the
-- same: transfers must be finished, and callers wait for single flights.
local function run(_, work, ...)
  return work(...)
end


-- True is no promise: nginx drops a timer that it has accepted when too many
-- run (lua_max_running_timers).
function nginx.detach(work, ...)
  return ngx.timer.at(0, run, work, ...) ~= nil
end


-- Returns the number of the thread that has ended.
local function run_thread(body, client, number)
  body(client)
  return number -- coverage: a step that ran out of memory
end


local function kill_all(threads)
  for _, thread in pairs(threads) do
    ngx.thread.kill(thread) -- refuses those that have ended
  end
end


function nginx.run(client, count, body)
  check_phase()
  local threads = {}
  for i = 1, count do
    threads[i] = ngx.thread.spawn(run_thread, body, client, i)
  end
  while next(threads) do
    local list = {}
    for _, thread in pairs(threads) do
      list[#list + 1] = thread
    end
    local ok, number = ngx.thread.wait(unpack(list))
    if not ok then
      kill_all(threads)
      error(number, 0)
    end
    threads[number] = nil
  end
end


return nginx
