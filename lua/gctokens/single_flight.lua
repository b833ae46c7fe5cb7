--- Single flight: what several callers need at the same time is done once, as
-- by Go's package singleflight.
--
-- The first caller begins a flight, all others join it and wait until it lands.
-- Its leader does the work: detached from all callers where the loop can do
-- that (nginx), otherwise the first caller. A leader is trusted for a time;
-- then a joiner takes over and does the work again (gctokens.leadership). The
-- first outcome of any leader is the outcome of the flight.
--
-- Callers cannot wait with a loop without `event`: then each of them leads.

local errors = require("gctokens.errors")
local leadership = require("gctokens.leadership")

local min = math.min


-- Seconds by which a detached leader may be late before it is taken for lost.
local GRACE = 1

-- What a flight is while it lasts; its work may add fields for a later leader.
---@class gctokens.Flight
---@field key any
---@field is_awaited boolean somebody has joined, it does not just run ahead
---@field leadership gctokens.Leadership
---@field deadline number when its leader must be over
---@field event gctokens.Event? nil: callers cannot wait
---@field leaders table<any, true> coroutines that lead it
---@field result { ok: boolean, value: any }? once it has landed

-- Who takes part.
---@class gctokens.FlightCaller
---@field loop gctokens.Loop
---@field deadline number when it gives up, as a joiner and as a leader
---@field detached_seconds number how long a detached leader may take
---@field trusted_seconds number how long a caller is trusted as a leader
---@field known any an outcome that it does not want again
---@field is_alone boolean? no other caller will join

---@class gctokens.SingleFlight
---@field count integer flights that have not landed
local SingleFlight = {}

local single_flight_metatable = { __index = SingleFlight }


-- The main thread has no coroutine on Lua 5.1.
local function running()
  return coroutine.running() or "main"
end


-- ---- the end ---------------------------------------------------------------

-- Forgets a flight. Its leaders may still be at work.
local function retire(self, flight)
  if self.flights[flight.key] == flight then
    self.flights[flight.key] = nil
    self.count = self.count - 1
  end
end


-- Wakes all who wait. Without a result, they begin another flight.
local function land(self, flight, result)
  flight.result = result
  retire(self, flight)
  if flight.event then
    flight.event:set()
  end
end


local function value_of(result)
  if not result.ok then
    error(result.value, 0)
  end
  return result.value
end


-- Nobody leads a flight any more whose leader was killed, or never began.
local function is_lost(flight, now)
  return now > flight.deadline + GRACE
end


-- ---- leading ---------------------------------------------------------------

-- The leader is entered within the protected call: an error on the way there,
-- such as memory that runs out, would leave it entered for ever.
local function run(self, flight, deadline, leader, ...)
  if leader then
    flight.leaders[leader] = true
  end
  return self.work(flight, deadline, ...)
end


-- Does the work. What a leader has found whose own time is up is of no use to
-- callers with more time.
-- What is raised in a coroutine of Lua 5.1 leaves its flight without a leader;
-- the others wait for as long as that is trusted.
---@param leader any its coroutine; nil: this may become another caller's
---@return { ok: boolean, value: any }
local function lead(self, flight, term, now, deadline, leader, ...)
  flight.deadline = deadline
  local ok, value, remembered_seconds =
    errors.yieldable_pcall(run, self, flight, deadline, leader, ...)
  if leader then
    flight.leaders[leader] = nil
  end
  local result = { ok = ok, value = value }
  if flight.result then
    return flight.result
  end
  local time = now()
  if time < deadline and (value ~= nil or not ok) then
    self.remembered[flight.key] = remembered_seconds
      and { value = value, ends = time + remembered_seconds } or nil
    land(self, flight, result)
  elseif flight.leadership:is_current(term) then
    land(self, flight, nil)
  end
  return result
end


local function lead_detached(term, self, flight, loop, seconds, ...)
  local deadline = loop.now() + seconds
  flight.leadership:extend(deadline + GRACE)
  lead(self, flight, term, loop.now, deadline, running(), ...)
end


-- nginx gives the coroutine of a request that was ended to another request,
-- which must not be taken for the leader.
local function lead_in_caller(self, flight, caller, ...)
  local loop = caller.loop
  local leader = not (flight.event and loop.detach) and running() or nil
  local term =
    flight.leadership:take(loop.now() + caller.trusted_seconds)
  return lead(self, flight, term, loop.now, caller.deadline, leader, ...)
end


-- ---- taking part -----------------------------------------------------------

local function begin(self, key, caller, now, ...)
  local loop = caller.loop
  local flight = {
    key = key,
    is_awaited = false,
    leadership = leadership.new(),
    deadline = now + caller.detached_seconds,
    event = not caller.is_alone and loop.event and loop.event() or nil,
    leaders = {},
  }
  self.flights[key] = flight
  self.count = self.count + 1
  if flight.event and loop.detach then
    flight.leadership:detach(loop, lead_detached, self, flight, loop,
      caller.detached_seconds, ...)
  end
  return flight
end


-- The flight of a key that is under way.
local function find(self, key, now)
  local flight = self.flights[key]
  if flight and is_lost(flight, now) then
    retire(self, flight)
    return nil
  end
  return flight
end


-- The outcome that is remembered for a key, in a table with the time when that
-- ends.
local function recall(self, key, now)
  local remembered = self.remembered[key]
  return remembered and now < remembered.ends and remembered or nil
end


-- Leads the flight, or waits until it lands or must be led. A flight that was
-- begun in a light thread can be waited for by light threads only.
---@return { ok: boolean, value: any }? result
local function take_part(self, flight, caller, now, ...)
  local loop = caller.loop
  if not flight.event or not loop.event
     or not flight.leadership:is_trusted(now) then
    return lead_in_caller(self, flight, caller, ...)
  end
  local trusted_until = flight.leadership.trusted_until
  flight.event:wait(min(trusted_until, caller.deadline) - now)
  return flight.result
end


--- The outcome of the flight of a key. Joins the one that is under way, or
--- begins one.
---@param key any
---@param caller gctokens.FlightCaller
---@param ... any arguments of the work
---@return any outcome
---@return "deadline"|"recursion"|nil problem why there is none: the caller's
---  time is up; the work needs its own outcome
function SingleFlight:join(key, caller, ...)
  local loop = caller.loop
  while true do
    local now = loop.now()
    local flight = find(self, key, now)
    local remembered = recall(self, key, now)
    if flight and flight.leaders[running()] then
      return nil, "recursion"
    elseif now >= caller.deadline then
      return nil, "deadline"
    elseif remembered and remembered.value ~= caller.known then
      return remembered.value
    elseif remembered then
      loop.sleep(min(remembered.ends, caller.deadline) - now)
    else
      flight = flight or begin(self, key, caller, now, ...)
      flight.is_awaited = true
      local result = take_part(self, flight, caller, now, ...)
      if result then
        return value_of(result)
      end
    end
  end
end


--- Begins a flight without waiting for it, unless one is under way. Needs a
--- loop that can detach a leader.
---@param key any
---@param caller gctokens.FlightCaller its deadline is not needed
---@param ... any arguments of the work
function SingleFlight:start(key, caller, ...)
  local now = caller.loop.now()
  if not find(self, key, now) then
    begin(self, key, caller, now, ...)
  end
end


--- Whether there is a flight of that key to join.
---@param key any
---@param now number
---@return boolean
function SingleFlight:is_under_way(key, now)
  return find(self, key, now) ~= nil
end


--- Forgets flights that have lost their leader, and counts the others.
---@param now number
---@return integer count
function SingleFlight:sweep(now)
  for _, flight in pairs(self.flights) do
    if is_lost(flight, now) then
      retire(self, flight)
    end
  end
  return self.count
end


local single_flight = {}


--- Single flights for the keys of one kind of work.
---@param work fun(flight: gctokens.Flight, deadline: number, ...): any, number?
---  does it until `deadline`; `...` are the arguments of `join` or `start`.
---  Returns the outcome, and perhaps the seconds for which further callers get
---  it without another flight. Without an outcome, those who wait begin another
---  flight. What it raises is raised in every caller
---@return gctokens.SingleFlight
function single_flight.new(work)
  return setmetatable({
    work = work,
    flights = {}, -- key -> flight
    remembered = {}, -- key -> { value = outcome, ends = time }
    count = 0,
  }, single_flight_metatable)
end


return single_flight
