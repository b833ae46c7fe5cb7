--- The guard's metrics: counters in each worker, added up in shared memory
-- about once a second.
--
-- No counter falls. What the guard writes evicts none (pinned_dict.lua). An
-- application that uses the same dict may remove them. Then each worker puts
-- back the highest total that it has seen, and it sees all of them about once a
-- second. No totals are shown until every worker has had that time.

local clock = require("gctokens.guard.clock")
local prometheus = require("gctokens.guard.status.prometheus")

local ngx = ngx


-- Seconds.
local INTERVAL = 1 -- between two times that a worker adds up
local LOST = 5 -- after which nginx has dropped the timer
local RECOVERY = 1.5 -- until all workers have put back what they know
local LONGEST_LOCK = 0.1 -- after which its owner must have been killed

local MOST_TRIES = 1000 -- to take the lock, which is held for microseconds

-- When all workers have put back what they know: a time of the clock. It is the
-- first key to be evicted. So while it is there, all counters are.
local SETTLED = "c settled"
local LOCK = "c lock"

local KEYS, keys = {}, { SETTLED } -- name -> key; all keys, in their order
for _, name in ipairs(prometheus.names) do
  KEYS[name] = "c" .. name
  keys[#keys + 1] = KEYS[name]
end


--- What goes by the counters: history.lua, refusals.lua.
---@class gctokens.guard.CountersListener
---@field tick fun(self, now: number, totals: table<string, number>)

---@class gctokens.guard.Counters
local Counters = {}

local counters_metatable = { __index = Counters }


local metrics = {}


--- Keys to be pinned in a dict with counters in it.
---@type string[]
metrics.keys = keys


-- Adds what this worker has counted to a total. False when the total is below
-- what this worker has seen: another worker has put back less.
local function add_up(self, name)
  local counted = self.pending[name] or 0
  local total = self.pinned:incr(KEYS[name], counted, self.totals[name])
  if not total then
    return true -- coverage: the dict is full after evictions, too
  end
  local known = self.totals[name] + counted
  self.totals[name] = math.max(total, known)
  self.pending[name] = nil
  return total >= known
end


local function lock(self)
  for _ = 1, MOST_TRIES do
    if self.pinned:add(LOCK, true, LONGEST_LOCK) then
      return true
    end
  end
  return false -- coverage: at times, a moment between two workers
end


-- One worker at a time: two would both add what is missing.
local function raise_totals(self, names)
  if not lock(self) then
    -- coverage: at times, a moment between two workers
    return -- the next time
  end
  for _, name in ipairs(names) do
    local missing = self.totals[name] - (self.dict:get(KEYS[name]) or 0)
    if missing > 0 then
      self.dict:incr(KEYS[name], missing)
    end
  end
  self.dict:delete(LOCK)
end


local function add_all_up(self)
  self.pinned:restore()
  self.pinned:add(SETTLED, clock.now() + RECOVERY) -- if it is gone
  local low = {}
  for _, name in ipairs(prometheus.names) do
    if not add_up(self, name) then
      low[#low + 1] = name
    end
  end
  if low[1] then
    raise_totals(self, low)
  end
end


-- Seconds until all workers have put back what they know. A damaged time counts
-- as over.
local function recovery(self, now)
  local settled = self.dict:get(SETTLED)
  return type(settled) == "number" and math.min(settled - now, RECOVERY) or 0
end


-- Totals that may still rise to what they were are for nobody to see.
local function tell_listeners(self, now)
  if recovery(self, now) <= 0 then
    for _, listener in ipairs(self.listeners) do
      listener:tick(now, self.totals)
    end
  end
end


local start


local function add_up_in_timer(is_ending, self)
  add_all_up(self)
  tell_listeners(self, clock.now())
  self.timer_lost = -math.huge
  if not is_ending then
    start(self, clock.now())
  end
end


-- A worker that is about to end can start no timer, and adds up at once.
function start(self, now)
  self.timer_lost = now + LOST
  if not ngx.timer.at(INTERVAL, add_up_in_timer, self) then
    add_up_in_timer(true, self)
  end
end


--- The totals are in the dict, and survive a reload.
---@param pinned gctokens.guard.PinnedDict with `metrics.keys`
---@param listeners gctokens.guard.CountersListener[]? called after each adding
---  up: about once a second in each worker that has counted something
---@return gctokens.guard.Counters
function metrics.new(pinned, listeners)
  local totals = {}
  for _, name in ipairs(prometheus.names) do
    totals[name] = 0
  end
  if not pinned.dict:get_keys(1)[1] then
    pinned:set(SETTLED, 0) -- nothing can be gone
  end
  return setmetatable({
    pinned = pinned,
    dict = pinned.dict,
    listeners = listeners or {},
    pending = {}, -- name -> count that shared memory does not have yet
    totals = totals, -- name -> the highest that was seen there
    timer_lost = -math.huge, -- when the timer must be taken for dropped
  }, counters_metatable)
end


---@param name string
---@param now number
function Counters:add(name, now)
  local pending = self.pending
  pending[name] = (pending[name] or 0) + 1
  if now > self.timer_lost then
    start(self, now)
  end
end


--- A call to Genesys that took so many seconds.
function Counters:add_call(class, seconds, now)
  local pending = self.pending
  pending[prometheus.seconds] = (pending[prometheus.seconds] or 0) + seconds
  self:add(prometheus.bucket(seconds), now)
  self:add(prometheus.call(class), now)
end


--- The totals of all workers, without what others have counted within the last
--- second. Waits a moment when an application has removed some.
---
--- Phases: all that can yield.
---@return table<string, number> values name -> total, of `prometheus.names`
function Counters:values()
  local now = clock.now()
  if now > self.timer_lost then
    start(self, now)
  end
  add_all_up(self)
  local wait = recovery(self, now)
  if wait > 0 then
    ngx.sleep(wait)
    add_all_up(self)
  end
  tell_listeners(self, clock.now())
  local values = {}
  for name, total in pairs(self.totals) do
    values[name] = total + (self.pending[name] or 0)
  end
  return values
end


--- All metrics.
---
--- Phases: all that can yield.
---@param gauges table<string, number> of prometheus.lua, but those of the dict
---@return string text
function Counters:render(gauges)
  local values = self:values()
  values.dict_capacity = self.dict:capacity()
  values.dict_free = self.dict:free_space()
  for name, value in pairs(gauges) do
    values[name] = value
  end
  return prometheus.text(values)
end


return metrics
