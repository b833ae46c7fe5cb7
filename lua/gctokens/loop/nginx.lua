--- How to wait in an nginx worker: the request yields, and one driver moves
-- the transfers of the whole worker on.
--
-- The driver is a light thread in a timer of its own, so that neither the end
-- of a request nor a client that goes away stops anybody's transfer. It lives
-- while transfers are in flight, and keeps an old worker alive until they are
-- over. Everything it uses is in module-level tables: an upvalue of a
-- request's coroutine may hold another request's value after ngx.exit()
-- (openresty/lua-nginx-module issue 2312).
--
-- A timer that nginx has accepted may still be dropped (lua_max_running_timers)
-- and a request that drives may be aborted: whoever waits and sees that nobody
-- drives any more does it himself.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local logs = require("gctokens.nginx_log")

local ngx = ngx
local new_semaphore = require("ngx.semaphore").new


-- Seconds. A pause between two steps is at least the first, and otherwise a
-- share of the youngest transfer's age: nobody waits much longer for having
-- been looked at seldom. Stepping at every start instead would send requests up
-- to a millisecond earlier, and cost a sixth more for each when there are many.
local SHORTEST_PAUSE = 0.001 -- nginx counts in whole milliseconds
local LONGEST_PAUSE = 0.05
local SHARE_OF_AGE = 0.02

-- How long a waiting request sleeps before it looks whether anybody drives,
-- and after how long without a step nobody does.
local PATIENCE = 0.1
local LOST = LONGEST_PAUSE + 0.1

local LONGEST_WAIT = 3600 -- for an event, by who does not say how long

-- How long an engine may fail to step, as when memory runs out, before the
-- calls in it are given up.
local LONGEST_FAILURE = 1

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

-- engine -> its waiters: id of a call -> waiter. A waiter is a table:
-- semaphore, finished (what engine:step says of the call).
local engines = {}

-- engine -> when it began to fail
local failing = {}

local log = logs.new("gctokens: ")

local driver = {
  number = 0, -- of the one driver that may go on
  last_step = -math.huge, -- seconds of core.now()
  last_start = -math.huge, -- when the youngest transfer started
  resting_until = 0,
  wake = nil, -- semaphore on which it rests
}


local function finish(waiters, id, finished)
  local waiter = waiters[id]
  if waiter then
    waiters[id] = nil
    waiter.finished = finished
    waiter.semaphore:post(1)
  end
end


-- Ends all calls that wait for an engine, each with an error of its own.
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


-- What a step that failed, as when memory runs out, has not told, the next one
-- tells; but not for ever.
local function survive(engine, raised)
  local now = core.now()
  local reason = "the engine cannot go on: " .. errors.describe(raised)
  log:error("step", reason)
  failing[engine] = failing[engine] or now
  if now - failing[engine] >= LONGEST_FAILURE then
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
-- `waiter`, if one is given, has what it waits for.
local function drive(number, waiter)
  while number == driver.number do
    driver.last_step = core.now()
    for engine in pairs(engines) do
      step(engine)
    end
    if not next(engines) or waiter and waiter.finished then
      driver.last_step = -math.huge
      return
    end
    rest()
  end
end


-- What nginx calls. At a worker's exit timers run early ("premature"), but the
-- transfers must be finished all the same.
local function drive_in_timer(_, number)
  drive(number)
end


local function is_driven()
  return core.now() - driver.last_step < LOST
end


-- A new number ends the driver that was, should it still be there.
local function next_number()
  driver.number = driver.number + 1
  driver.last_step = core.now()
  driver.wake = driver.wake or new_semaphore()
  return driver.number
end


-- False when nginx has no timer to spare.
local function start_driver()
  if ngx.timer.at(0, drive_in_timer, next_number()) then
    return true
  end
  driver.last_step = -math.huge
  return false
end


local function drive_for(waiter)
  drive(next_number(), waiter)
  if next(engines) and not is_driven() then
    start_driver()
  end
end


local function see_to_driver(waiter)
  if is_driven() then
    if driver.resting_until > core.now() + SHORTEST_PAUSE then
      driver.resting_until = 0
      driver.wake:post(1)
    end
  elseif not start_driver() then
    drive_for(waiter)
  end
end


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


function nginx.wait(engine, id)
  local ok, message = pcall(check_phase)
  if not ok then
    engine:cancel(id)
    error(message, 0)
  end
  local waiter = { semaphore = assert(new_semaphore()) }
  engines[engine] = engines[engine] or {}
  engines[engine][id] = waiter
  driver.last_start = core.now()
  see_to_driver(waiter)
  while not waiter.finished do
    waiter.semaphore:wait(PATIENCE)
    if not waiter.finished and not is_driven() then
      drive_for(waiter)
    end
  end
  local finished = waiter.finished
  return finished.result, finished.err, finished.response
end


-- ---- waiting for each other ------------------------------------------------

local Event = {}

local event_metatable = { __index = Event }


-- Whether it was set; false after that many seconds without.
function Event:wait(seconds)
  check_phase()
  if not self.is_set then
    self.semaphore:wait(
      math.max(seconds or LONGEST_WAIT, SHORTEST_PAUSE))
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


-- ---- work apart, and together ----------------------------------------------

local function run(_, work, ...)
  return work(...)
end


-- True is no promise: a timer may be dropped, see above.
function nginx.detach(work, ...)
  return ngx.timer.at(0, run, work, ...) ~= nil
end


-- Tells which thread it is that has ended.
local function run_thread(body, client, number)
  body(client)
  return number
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
