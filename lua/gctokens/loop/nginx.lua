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
local in_flight = require("gctokens.loop.in_flight")
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

local log = logs.new("gctokens: ")

local calls = in_flight.new(function(reason)
  log:error("step", reason)
end)

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
    for engine in pairs(calls.engines) do
      calls:step(engine)
    end
    if not next(calls.engines) or event and event.finished then
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
  if next(calls.engines) and not has_driver() then
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
  calls:add(engine, id, event)
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
