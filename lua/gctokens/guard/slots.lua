--- How many calls to Genesys may be under way at a time in a worker, and whose
-- turn is next.
--
-- There are as many slots as the connections can carry: a call that waits
-- within libcurl would be timed out there, and look as if Genesys were slow. A
-- share of them is kept for tokens that were valid before, so that these never
-- wait behind a flood of others.

local new_semaphore = require("ngx.semaphore").new

local clock = require("gctokens.guard.clock")


local SHORTEST_WAIT = 0.001 -- seconds, what nginx counts in
local SHARE_OF_KNOWN = 1 / 5

-- Streams of an HTTP/2 connection: RFC 9113 section 6.5.2 recommends that no
-- server allow fewer, and libcurl asks for no more.
local STREAMS = 100


---@class gctokens.guard.Slots
local Slots = {}

local slots_metatable = { __index = Slots }


local slots = {}


---@param connections integer? that calls can use; nil: a transport knows
---@param most integer calls under way, however many connections there are
---@param lookup_timeout number seconds that a request has for its answer
---@return gctokens.guard.Slots
function slots.new(connections, most, lookup_timeout)
  local self = setmetatable({
    connections = connections or most,
    most = most,
    lookup_timeout = lookup_timeout,
    used = 0,
    holders = {}, -- slot -> when it is lost with whoever has it
    queues = { known = {}, unknown = {} },
  }, slots_metatable)
  self:carry(1)
  return self
end


-- ---- giving ----------------------------------------------------------------

--- How many calls a connection carries at a time.
---@param each integer
function Slots:carry(each)
  self.capacity = math.min(self.connections * each, self.most)
  self.reserve =
    math.min(math.ceil(self.capacity * SHARE_OF_KNOWN), self.capacity - 1)
end


--- Learns that from the head of a response.
---@param raw_headers string
function Slots:learn(raw_headers)
  local version = raw_headers:match("^HTTP/(%d)")
  if version then
    self:carry(version == "1" and 1 or STREAMS)
  end
end


local function is_free(self, is_known)
  return self.used < self.capacity - (is_known and 0 or self.reserve)
end


local function give(self, ends)
  local slot = {}
  self.used = self.used + 1
  self.holders[slot] = ends
  return slot
end


-- Who gave up is still in the queue, and passed over; so is who was killed, and
-- cannot say so, when there is no time left to wait.
local function next_of(queue, now)
  local waiter
  repeat
    waiter = table.remove(queue, 1)
  until not waiter or not waiter.gave_up and now < waiter.waits_until
  return waiter
end


local function serve(self, name, now)
  while is_free(self, name == "known") do
    local waiter = next_of(self.queues[name], now)
    if not waiter then
      return
    end
    waiter.slot = give(self, waiter.ends)
    waiter.semaphore:post(1)
  end
end


-- What a request that was killed has not given back.
local function reclaim(self, now)
  for slot, ends in pairs(self.holders) do
    if now > ends then
      self.holders[slot] = nil
      self.used = self.used - 1
    end
  end
end


-- ---- taking ----------------------------------------------------------------

local function serve_all(self)
  local now = clock.now()
  serve(self, "known", now)
  serve(self, "unknown", now)
end


-- With less than half of the lookup timeout left, a call would rather be cut
-- off than answered.
local function patience(self, ends, now)
  return math.max(SHORTEST_WAIT, ends - self.lookup_timeout / 2 - now)
end


-- Waits for a slot. nil: none was free in time.
local function take(self, is_known, ends)
  local now = clock.now()
  if not is_free(self, is_known) then
    reclaim(self, now)
    serve_all(self)
  end
  if is_free(self, is_known) then
    return give(self, ends)
  end
  local queue = self.queues[is_known and "known" or "unknown"]
  local seconds = patience(self, ends, now)
  local waiter = {
    semaphore = assert(new_semaphore()),
    ends = ends,
    waits_until = now + seconds,
  }
  queue[#queue + 1] = waiter
  waiter.semaphore:wait(seconds)
  waiter.gave_up = not waiter.slot
  return waiter.slot
end


-- One that was reclaimed is in use no more.
local function give_back(self, slot)
  if self.holders[slot] then
    self.holders[slot] = nil
    self.used = self.used - 1
  end
  serve_all(self)
end


--- Calls a function with a slot in hand.
---@param is_known boolean whether the token was valid before
---@param ends number when there is no time left; seconds of the clock
---@param callback function
---@param ... any its arguments
---@return boolean has_run false: there was no slot in time
---@return any ... what it returned
function Slots:run(is_known, ends, callback, ...)
  local slot = take(self, is_known, ends)
  if not slot then
    return false
  end
  local ok, first, second = pcall(callback, ...)
  give_back(self, slot)
  if not ok then
    error(first, 0)
  end
  return true, first, second
end


return slots
