--- One question to Genesys per token, however many requests wait for its
-- answer: a flight in this worker, and a lease among the workers.
--
-- A flight is led in a timer of its own, so that it does not end with the
-- request that began it. nginx may drop a timer that it has accepted: who
-- waits for a flight that nobody has begun leads it himself. All that a leader
-- needs is given to it as arguments, never as upvalues, see loop/nginx.lua.

local semaphore = require("ngx.semaphore")

local clock = require("gctokens.guard.clock")
local core = require("gctokens.core")

local ngx = ngx


-- Seconds.
local SHORTEST_WAIT = 0.001 -- what nginx counts in
local PATIENCE = 0.1 -- until a flight that was not begun is taken over
local LEASE_POLL = 0.005 -- between two looks for another worker's answer
local LEASE_SLACK = 1 -- a lease outlives the longest flight

local MOST_TRIES = 2 -- of a question whose answer an invalidation overtook


local function unavailable(message)
  return {
    state = "unavailable",
    err = { kind = "timeout", message = message },
  }
end


---@class gctokens.guard.Flights
local Flights = {}

local flights_metatable = { __index = Flights }


local flights = {}


---@param settings table dict, cache, counters, lookup, max_flights, and in
---  seconds budget, negative_ttl, error_ttl
function flights.new(settings)
  return setmetatable({
    dict = settings.dict,
    cache = settings.cache,
    counters = settings.counters,
    budget = settings.budget,
    max_flights = settings.max_flights,
    negative_ttl = settings.negative_ttl,
    error_ttl = settings.error_ttl,
    lookup = settings.lookup,
    -- The leader's call ends before the patience of those who wait for it.
    margin = math.max(0.1, settings.budget / 10),
    by_key = {},
    count = 0,
    leases = 0,
  }, flights_metatable)
end


-- ---- the lease -------------------------------------------------------------

local function take_lease(self, key)
  self.leases = self.leases + 1
  local owner = ngx.worker.pid() .. " " .. self.leases
  local taken, err =
    self.dict:safe_add("l" .. key, owner, self.budget + LEASE_SLACK)
  if taken or err ~= "exists" then
    return owner -- without room for leases every worker asks for himself
  end
  return nil
end


-- Looking and deleting are two steps, but the lease is longer than any flight:
-- it cannot end, and be another's, in between.
local function release_lease(self, key, owner)
  if self.dict:get("l" .. key) == owner then
    self.dict:delete("l" .. key)
  end
end


-- ---- leading ---------------------------------------------------------------

-- Keeps a verdict. False when an invalidation has overtaken it.
local function store(self, key, verdict)
  local now = clock.now()
  if verdict.state == "alive" then
    return self.cache:store_alive(key, verdict, now)
  end
  local seconds = verdict.state == "dead" and clock.jittered(self.negative_ttl)
    or self.error_ttl * (1 + core.random())
  self.cache:store_refusal(key, verdict, seconds, now)
  return true
end


-- Trouble with Genesys is met with what was last known, within stale_if_error.
-- Not so what Genesys has answered, whatever it is: a token may be the reason.
local function or_stale(self, flight, verdict)
  local stale = verdict.failed
    and self.cache:find_stale(flight.key, clock.now())
  if stale then
    return stale, "stale"
  end
  return verdict, "miss"
end


-- With the lease in hand.
local function ask(self, flight, token)
  local verdict
  for _ = 1, MOST_TRIES do
    verdict = self.lookup:ask(flight.key, token,
      flight.ends - self.margin - clock.now())
    if not verdict.is_answer or store(self, flight.key, verdict) then
      break
    end
    verdict = unavailable("the token was invalidated while it was looked up")
  end
  return or_stale(self, flight, verdict)
end


-- Waits for the lease, or for what its holder finds.
local function await_lease(self, flight)
  local key = flight.key
  self.counters:add("lease_waits", clock.now())
  while clock.now() < flight.ends do
    ngx.sleep(LEASE_POLL)
    local verdict, layer = self.cache:find_shared(key, clock.now())
    if verdict then
      return nil, verdict, layer
    end
    local owner = take_lease(self, key)
    if owner then
      return owner
    end
  end
  return nil, unavailable("another worker did not find out in time"), "miss"
end


local function look_up(self, flight, token)
  local key = flight.key
  local owner = flight.owner or take_lease(self, key)
  local verdict, layer
  if not owner then
    if flight.is_refresh then
      return nil -- another worker sees to it
    end
    owner, verdict, layer = await_lease(self, flight)
  end
  if not owner then
    return verdict, layer
  end
  flight.owner = owner
  if flight.is_refresh then
    self.counters:add("refreshes", clock.now())
  else
    -- Somebody may have found out between our look and our lease.
    verdict, layer = self.cache:find_shared(key, clock.now())
  end
  if not verdict then
    verdict, layer = ask(self, flight, token)
  end
  release_lease(self, key, owner)
  return verdict, layer
end


local function retire(self, flight)
  if not flight.retired then
    flight.retired = true
    self.count = self.count - 1
  end
  if self.by_key[flight.key] == flight then
    self.by_key[flight.key] = nil
  end
end


local function land(self, flight, verdict, layer)
  flight.verdict, flight.layer = verdict, layer
  retire(self, flight)
  local waiting = -flight.semaphore:count()
  if waiting > 0 then -- 0 would raise
    flight.semaphore:post(waiting)
  end
end


local function lead(self, flight, token)
  flight.begun = clock.now()
  local fine, verdict, layer = pcall(look_up, self, flight, token)
  if not fine then
    self.lookup.log:error("internal", verdict)
    verdict, layer = unavailable("an internal error"), "miss"
  end
  land(self, flight, verdict, layer)
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
  for _, flight in pairs(self.by_key) do
    if is_lost(flight, now) then
      retire(self, flight)
    end
  end
end


local function start(self, key, token, now, is_refresh)
  if self.count >= self.max_flights then
    retire_lost(self, now)
    if self.count >= self.max_flights then
      return nil
    end
  end
  local flight = {
    key = key,
    semaphore = assert(semaphore.new()),
    ends = now + self.budget,
    is_refresh = is_refresh,
  }
  self.by_key[key] = flight
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
  return not flight.in_timer and now >= flight.begun + self.budget / 2
end


-- A failure but for a time-out means that nothing was waited for: asking again
-- would never end.
local function wait(flight, seconds)
  local fine, err = flight.semaphore:wait(math.max(SHORTEST_WAIT, seconds))
  if not fine and err ~= "timeout" then
    error("could not wait: " .. tostring(err), 0)
  end
end


local function await(self, flight, token, ends)
  local began = clock.now()
  while not flight.verdict do
    local now = clock.now()
    if now >= ends then
      return unavailable("no answer came in time"), "miss"
    elseif is_leaderless(self, flight, began, now) then
      flight.ends = now + self.budget -- a whole try of its own
      lead(self, flight, token)
    else
      wait(flight, math.min(PATIENCE, ends - now))
    end
  end
  return flight.verdict, flight.layer
end


--- Finds out about a token, together with all who want to know the same.
---@param key string
---@param token string
---@param ends number when the answer must be there; seconds of the clock
---@return gctokens.guard.Verdict verdict
---@return string layer
function Flights:join(key, token, ends)
  local now = clock.now()
  local flight = self.by_key[key]
  if flight and is_lost(flight, now) then
    retire(self, flight)
    flight = nil
  end
  if flight then
    flight.is_refresh = false -- now somebody waits for it
    self.counters:add("joins", now)
  else
    flight = start(self, key, token, now, false)
    if not flight then
      self.counters:add("overload", now)
      return unavailable("too many tokens are being looked up"), "miss"
    end
  end
  return await(self, flight, token, ends)
end


--- Asks again ahead of time, in the background.
function Flights:refresh(key, token, now)
  if not self.by_key[key] then
    start(self, key, token, now, true)
  end
end


return flights
