--- Limits how many calls to Genesys a worker has under way, and queues the
-- rest.
--
-- There are as many permits as the connections can carry calls. A call beyond
-- that would be queued within libcurl and time out there, as if Genesys were
-- slow. A share of the permits is reserved for tokens that were valid before,
-- so that a flood of other tokens does not delay them.

local new_semaphore = require("ngx.semaphore").new

local clock = require("gctokens.guard.clock")


local SHORTEST_WAIT = 0.001 -- seconds, nginx's unit
local SHARE_OF_KNOWN = 1 / 5

-- Calls that an HTTP/2 connection carries at a time. RFC 9113 section 6.5.2
-- recommends that no server allow fewer, and libcurl asks for no more.
local STREAMS = 100


---@class gctokens.guard.ConcurrencyLimiter
local ConcurrencyLimiter = {}

local limiter_metatable = { __index = ConcurrencyLimiter }


local concurrency_limiter = {}


---@class gctokens.guard.ConcurrencyLimiterOptions
---@field max_connections integer? nil: a transport has its own
---@field max_calls integer under way, however many connections there are
---@field lookup_timeout number seconds that a request has for its verdict

---@param options gctokens.guard.ConcurrencyLimiterOptions
---@return gctokens.guard.ConcurrencyLimiter
function concurrency_limiter.new(options)
  local self = setmetatable({
    connections = options.max_connections or options.max_calls,
    max_calls = options.max_calls,
    lookup_timeout = options.lookup_timeout,
    used = 0, -- permits
    expiries = {}, -- permit -> when it is lost with its holder
    queues = { known = {}, unknown = {} },
  }, limiter_metatable)
  self:set_calls_per_connection(1)
  return self
end


-- ---- permits ---------------------------------------------------------------

---@param count integer
function ConcurrencyLimiter:set_calls_per_connection(count)
  self.capacity = math.min(self.connections * count, self.max_calls)
  self.reserve =
    math.min(math.ceil(self.capacity * SHARE_OF_KNOWN), self.capacity - 1)
end


--- Learns from a response how many calls a connection carries.
---@param raw_headers string
function ConcurrencyLimiter:learn(raw_headers)
  local version = raw_headers:match("^HTTP/(%d)")
  if version then
    self:set_calls_per_connection(version == "1" and 1 or STREAMS)
  end
end


local function is_free(self, is_known)
  return self.used < self.capacity - (is_known and 0 or self.reserve)
end


local function grant(self, ends)
  local permit = {}
  self.used = self.used + 1
  self.expiries[permit] = ends
  return permit
end


-- The first waiter that still waits. The queue also holds those that gave up,
-- and those whose requests were killed, until their time to wait is over.
local function next_waiter(queue, now)
  local waiter
  repeat
    waiter = table.remove(queue, 1)
  until not waiter or not waiter.gave_up and now < waiter.waits_until
  return waiter
end


local function serve_queue(self, name, now)
  while is_free(self, name == "known") do
    local waiter = next_waiter(self.queues[name], now)
    if not waiter then
      return
    end
    waiter.permit = grant(self, waiter.ends)
    waiter.semaphore:post(1)
  end
end


local function serve_queues(self)
  local now = clock.now()
  serve_queue(self, "known", now)
  serve_queue(self, "unknown", now)
end


-- Takes back the permits that killed requests have not returned.
local function reclaim(self, now)
  for permit, ends in pairs(self.expiries) do
    if now > ends then
      self.expiries[permit] = nil
      self.used = self.used - 1
    end
  end
end


-- With less than half of lookup_timeout left, a call would be cut off more
-- often than answered.
local function longest_wait(self, ends, now)
  return math.max(SHORTEST_WAIT, ends - self.lookup_timeout / 2 - now)
end


-- Waits for a permit. nil: none was free in time.
local function acquire(self, is_known, ends)
  local now = clock.now()
  if not is_free(self, is_known) then
    reclaim(self, now)
    serve_queues(self)
  end
  if is_free(self, is_known) then
    return grant(self, ends)
  end
  local queue = self.queues[is_known and "known" or "unknown"]
  local seconds = longest_wait(self, ends, now)
  local waiter = {
    semaphore = assert(new_semaphore()),
    ends = ends,
    waits_until = now + seconds,
  }
  queue[#queue + 1] = waiter
  waiter.semaphore:wait(seconds)
  waiter.gave_up = not waiter.permit
  return waiter.permit
end


-- A permit that was reclaimed has been returned already.
local function release(self, permit)
  if self.expiries[permit] then
    self.expiries[permit] = nil
    self.used = self.used - 1
  end
  serve_queues(self)
end


-- ---- calls -----------------------------------------------------------------

--- Calls a function while it holds a permit.
---@param is_known boolean whether the token was valid before
---@param ends number when there is no time left; seconds of the clock
---@param callback function
---@param ... any its arguments
---@return boolean has_run false: there was no permit in time
---@return any ... what it returned
function ConcurrencyLimiter:run(is_known, ends, callback, ...)
  local permit = acquire(self, is_known, ends)
  if not permit then
    return false
  end
  local ok, first, second = pcall(callback, ...)
  release(self, permit)
  if not ok then
    error(first, 0)
  end
  return true, first, second
end


return concurrency_limiter
