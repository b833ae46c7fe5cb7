--- What the guard has counted over the last minutes, in shared memory: for each
-- step of time one sample, the counters' totals when it was last looked at.
--
-- A worker writes samples once it has had a request. Before that, after a
-- reload, say, the totals may stand still without one: a step without a sample
-- is one without traffic. The first sample after such steps is written together
-- with one for the step before it: what is counted in a step is the difference
-- of two neighbours.
--
-- Two workers may write the same sample. Both write what is true then, and the
-- next second one of them writes it again.
--
-- A sample is the number of its step and the totals, three bytes each. Numbers
-- wrap around: differences are right while fewer than half of the range are
-- counted in one step. One sample takes 256 bytes of the dict, all take 11 KiB.

local prometheus = require("gctokens.guard.status.prometheus")

local byte, char, floor = string.byte, string.char, math.floor


local STEP = 15 -- seconds
local STEPS = 40 -- that are over; the current one comes after them
local KEPT = STEPS + 2 -- with the current one, and one to subtract from

local WIDTH = 3 -- bytes of a number
local RANGE = 256 ^ WIDTH

-- The names of what is kept, in the order of a sample.
local NAMES = { "evictions", "not_stored" }
for _, names in ipairs({ prometheus.outcomes, prometheus.layers }) do
  for _, name in ipairs(names) do
    NAMES[#NAMES + 1] = name
  end
end
for _, class in ipairs(prometheus.classes) do
  NAMES[#NAMES + 1] = prometheus.call(class)
end
for _, seconds in ipairs(prometheus.buckets) do
  NAMES[#NAMES + 1] = prometheus.bucket(seconds)
end

local BYTES = WIDTH * (1 + #NAMES) -- of a sample

local function key_of(slot)
  return "h" .. slot % KEPT
end

local KEYS = {}
for slot = 0, KEPT - 1 do
  KEYS[slot + 1] = key_of(slot)
end


---@class gctokens.guard.History: gctokens.guard.CountersListener
local History = {}

local history_metatable = { __index = History }


local history = {}


--- Seconds of a step.
history.step = STEP

--- How many steps there are, without the current one.
history.steps = STEPS


-- ---- samples ---------------------------------------------------------------

local function pack_number(number)
  return char(floor(number / 65536) % 256, floor(number / 256) % 256,
    number % 256)
end


-- The number at a place of a sample: 0 is its slot, the others are of NAMES.
local function number_at(sample, place)
  local high, middle, low = byte(sample, place * WIDTH + 1, (place + 1) * WIDTH)
  return (high * 256 + middle) * 256 + low
end


local function pack(slot, totals)
  local numbers = { pack_number(slot) }
  for i, name in ipairs(NAMES) do
    numbers[i + 1] = pack_number(floor(totals[name] or 0))
  end
  return table.concat(numbers)
end


-- The sample at the key of a slot, whichever slot it is of. Anything else there
-- is of another version, or an application's.
local function sample_at(self, slot)
  local sample = self.pinned.dict:get(key_of(slot))
  return type(sample) == "string" and #sample == BYTES and sample or nil
end


local function sample_of(self, slot)
  local sample = sample_at(self, slot)
  return sample and number_at(sample, 0) == slot and sample or nil
end


local function write(self, slot, sample)
  self.pinned:set(key_of(slot), sample)
end


-- ---- writing ---------------------------------------------------------------

--- The history is in the dict, and survives a reload.
---@param pinned gctokens.guard.PinnedDict
---@param now number seconds of the clock
---@return gctokens.guard.History
function history.new(pinned, now)
  local self = setmetatable({ pinned = pinned }, history_metatable)
  pinned:keep(KEYS)
  if not pinned.dict:get_keys(1)[1] then
    -- Nothing has been counted in this dict.
    local slot = floor(now / STEP) - 1
    write(self, slot, pack(slot, {}))
  end
  return self
end


-- The latest sample before a slot.
local function latest_before(self, slot)
  local latest, latest_slot
  for i = 0, KEPT - 1 do
    local sample = sample_at(self, i)
    local its_slot = sample and number_at(sample, 0)
    if sample and its_slot < slot
       and (not latest or its_slot > latest_slot) then
      latest, latest_slot = sample, its_slot
    end
  end
  return latest
end


-- Before the first sample of a slot: all that was counted since the latest one
-- is of this slot.
local function begin(self, slot)
  self.slot = slot
  if not sample_of(self, slot - 1) then
    local latest = latest_before(self, slot)
    if latest then
      write(self, slot - 1, pack_number(slot - 1) .. latest:sub(WIDTH + 1))
    end
  end
end


--- Writes the sample of this moment.
---@param now number seconds of the clock
---@param totals table<string, number> name -> total, of all workers
function History:tick(now, totals)
  local slot = floor(now / STEP)
  if slot ~= self.slot then
    begin(self, slot)
  end
  write(self, slot, pack(slot, totals))
end


-- ---- reading ---------------------------------------------------------------

-- What was counted from one sample to the next. Totals that an application has
-- removed may fall: then nothing.
local function difference(before, sample, place)
  local count = (number_at(sample, place) - number_at(before, place)) % RANGE
  return count < RANGE / 2 and count or 0
end


---@class gctokens.guard.HistoryCounts
---@field counts table<string, integer[]> name -> what was counted in each step,
---  the oldest first; after `history.steps` steps comes the current one
---@field current number seconds that the current step has lasted

--- What was counted over the last minutes.
---@param now number seconds of the clock
---@return gctokens.guard.HistoryCounts
function History:read(now)
  local newest = floor(now / STEP)
  local counts = {}
  for _, name in ipairs(NAMES) do
    counts[name] = {}
  end
  local before = sample_of(self, newest - STEPS - 1)
  for i = 1, STEPS + 1 do
    local sample = sample_of(self, newest - STEPS - 1 + i)
    for place, name in ipairs(NAMES) do
      counts[name][i] =
        sample and before and difference(before, sample, place) or 0
    end
    before = sample or before
  end
  return { counts = counts, current = now - newest * STEP }
end


return history
