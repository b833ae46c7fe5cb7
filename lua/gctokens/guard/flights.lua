--- One call to Genesys per token and question, however many requests wait for
-- its answer: a flight in this worker, and a lease among the workers.
--
-- A flight is led in a timer of its own, so that it does not end with the
-- request that began it. nginx may drop a timer that it has accepted: who
-- waits for a flight that nobody has begun leads it himself. All that a leader
-- needs is given to it as arguments, never as upvalues, see loop/nginx.lua.

local semaphore = require("ngx.semaphore")

local clock = require("gctokens.guard.clock")
local lease = require("gctokens.guard.lease")
local verdict = require("gctokens.guard.verdict")

local ngx = ngx


-- Seconds.
local SHORTEST_WAIT = 0.001 -- what nginx counts in
local PATIENCE = 0.1 -- until a flight that was not begun is taken over
local LEASE_POLL = 0.005 -- between two looks for another worker's answer
local LEASE_SLACK = 1 -- a lease outlives the longest flight


--- What can be found out of a token.
---@class gctokens.guard.Question
---@field prefix string that tells its flights and leases from others
---@field find fun(self, key: string, now: number): gctokens.guard.Verdict?,
---  string? what all workers know of it, and the layer
---@field answer fun(self, flight: table, token: string):
---  gctokens.guard.Verdict, string what is found out, with the lease in hand,
---  by calls that are over when flight.calls_end comes


---@class gctokens.guard.Flights
local Flights = {}

local flights_metatable = { __index = Flights }


local flights = {}


---@param settings table dict, counters, log, max_concurrent_lookups,
---  max_concurrent_known (with those of known tokens), and lookup_timeout in
---  seconds
function flights.new(settings)
  return setmetatable({
    counters = settings.counters,
    log = settings.log,
    lookup_timeout = settings.lookup_timeout,
    max_concurrent_lookups = settings.max_concurrent_lookups,
    max_concurrent_known = settings.max_concurrent_known,
    leases = lease.new(settings.dict),
    -- The leader's call ends before the patience of those who wait for it.
    margin = math.max(0.1, settings.lookup_timeout / 10),
    by_name = {},
    count = 0,
  }, flights_metatable)
end


-- ---- leading ---------------------------------------------------------------

local function take_lease(self, flight)
  return self.leases:take("l" .. flight.name, self.lookup_timeout + LEASE_SLACK)
end


-- Waits for the lease, or for what its holder finds.
local function await_lease(self, flight)
  self.counters:add("lease_waits", clock.now())
  while clock.now() < flight.ends do
    ngx.sleep(LEASE_POLL)
    local answer, layer = flight.question:find(flight.key, clock.now())
    if answer then
      return nil, answer, layer
    end
    local owner = take_lease(self, flight)
    if owner then
      return owner
    end
  end
  return nil, verdict.not_asked("another worker did not find out in time"),
    "miss"
end


-- With the lease in hand.
local function answer(self, flight, token)
  local question = flight.question
  if flight.is_refresh then
    self.counters:add("refreshes", clock.now())
  else
    -- Somebody may have found out between our look and our lease.
    local known, layer = question:find(flight.key, clock.now())
    if known then
      return known, layer
    end
  end
  flight.calls_end = flight.ends - self.margin
  return question:answer(flight, token)
end


local function find_out(self, flight, token)
  local owner = flight.owner or take_lease(self, flight)
  local found, layer
  if not owner then
    if flight.is_refresh then
      return nil -- another worker sees to it
    end
    owner, found, layer = await_lease(self, flight)
  end
  if not owner then
    return found, layer
  end
  flight.owner = owner
  found, layer = answer(self, flight, token)
  self.leases:release("l" .. flight.name, owner)
  return found, layer
end


local function retire(self, flight)
  if not flight.retired then
    flight.retired = true
    self.count = self.count - 1
  end
  if self.by_name[flight.name] == flight then
    self.by_name[flight.name] = nil
  end
end


local function land(self, flight, found, layer)
  flight.verdict, flight.layer = found, layer
  retire(self, flight)
  local waiting = -flight.semaphore:count()
  if waiting > 0 then -- 0 would raise
    flight.semaphore:post(waiting)
  end
end


local function lead(self, flight, token)
  flight.begun = clock.now()
  local ok, found, layer = pcall(find_out, self, flight, token)
  if not ok then
    self.log:error("internal", found)
    found, layer = verdict.not_asked("an internal error"), "miss"
  end
  land(self, flight, found, layer)
end


local function lead_in_timer(_, self, flight, token)
  if not flight.begun and not flight.retired then
    flight.in_timer = true
    lead(self, flight, token)
  end
end


-- ---- taking part -----------------------------------------------------------

-- A flight that nobody has begun, or whose leader was killed, never lands.
local function is_lost(flight, now)
  return now > flight.ends + (flight.in_timer and LEASE_SLACK or 0)
end


local function retire_lost(self, now)
  for _, flight in pairs(self.by_name) do
    if is_lost(flight, now) then
      retire(self, flight)
    end
  end
end


local function has_room(self, is_known)
  return self.count < (is_known and self.max_concurrent_known
    or self.max_concurrent_lookups)
end


-- Begins a flight with those fields, if there is room for it.
local function start(self, flight, token, now)
  if not has_room(self, flight.is_known) then
    retire_lost(self, now)
    if not has_room(self, flight.is_known) then
      return nil
    end
  end
  flight.semaphore = assert(semaphore.new())
  flight.ends = now + self.lookup_timeout
  self.by_name[flight.name] = flight
  self.count = self.count + 1
  if not ngx.timer.at(0, lead_in_timer, self, flight, token) then
    flight.has_no_timer = true
  end
  return flight
end


-- Whether a flight needs another leader: nobody has begun, or a request leads
-- that may have been aborted. It is given half the time, and its lease.
local function is_leaderless(self, flight, began, now)
  if not flight.begun then
    return flight.has_no_timer or now >= began + PATIENCE
  end
  return not flight.in_timer and now >= flight.begun + self.lookup_timeout / 2
end


-- A failure but for a time-out means that nothing was waited for: asking again
-- would never end.
local function wait(flight, seconds)
  local ok, err = flight.semaphore:wait(math.max(SHORTEST_WAIT, seconds))
  if not ok and err ~= "timeout" then
    error("could not wait: " .. tostring(err), 0)
  end
end


local function await(self, flight, token, ends)
  local began = clock.now()
  while not flight.verdict do
    local now = clock.now()
    if now >= ends then
      return verdict.not_asked("no answer came in time"), "miss"
    elseif is_leaderless(self, flight, began, now) then
      flight.ends = now + self.lookup_timeout -- a whole try of its own
      lead(self, flight, token)
    else
      wait(flight, math.min(PATIENCE, ends - now))
    end
  end
  return flight.verdict, flight.layer
end


--- Finds out about a token, together with all who want to know the same.
---@param question gctokens.guard.Question
---@param key string of the token
---@param token string
---@param is_known boolean whether the token was valid before
---@param ends number when the answer must be there; seconds of the clock
---@return gctokens.guard.Verdict verdict
---@return string layer
function Flights:join(question, key, token, is_known, ends)
  local now = clock.now()
  local name = question.prefix .. key
  local flight = self.by_name[name]
  if flight and is_lost(flight, now) then
    retire(self, flight)
    flight = nil
  end
  if flight then
    flight.is_refresh = false -- now somebody waits for it
    self.counters:add("joins", now)
  else
    flight = start(self, {
      question = question, key = key, name = name, is_known = is_known,
    }, token, now)
    if not flight then
      self.counters:add("overload", now)
      return verdict.not_asked("too many tokens are asked for at once"), "miss"
    end
  end
  return await(self, flight, token, ends)
end


--- Asks again ahead of time, in the background, about a token that is valid.
---@param question gctokens.guard.Question
---@param key string
---@param token string
---@param now number
function Flights:refresh(question, key, token, now)
  local name = question.prefix .. key
  if not self.by_name[name] then
    start(self, {
      question = question, key = key, name = name, is_known = true,
      is_refresh = true,
    }, token, now)
  end
end


return flights
