--- The latest requests that were turned away: when, why, and a part of the
-- token's hash. Nothing else of a request is kept.
--
-- Each worker notes its own, which costs three writes to a table. About once a
-- second it puts them into shared memory, ten at most, however many there were:
-- a flood of bad requests costs the dict next to nothing. So the order among
-- workers is right to about a second.

local bearer = require("gctokens.guard.request.bearer")


local KEPT = 10
local SEQUENCE = "hr" -- how many were put into the dict

local function key_of(number)
  return SEQUENCE .. number % KEPT
end

local KEYS = { SEQUENCE }
for number = 0, KEPT - 1 do
  KEYS[number + 2] = key_of(number)
end


---@class gctokens.guard.Refusals: gctokens.guard.CountersListener
local Refusals = {}

local refusals_metatable = { __index = Refusals }


local refusals = {}


---@param pinned gctokens.guard.PinnedDict
---@return gctokens.guard.Refusals
function refusals.new(pinned)
  local noted = {}
  for i = 1, KEPT do
    noted[i] = {}
  end
  pinned:keep(KEYS)
  return setmetatable({
    pinned = pinned,
    noted = noted, -- a ring
    count = 0, -- of all that were noted
    stored = 0, -- of these, how many the dict has got, or never will
  }, refusals_metatable)
end


--- Notes that a request was turned away.
---@param reason string the name of the denial
---@param key string? of the token
---@param now number seconds of the clock
function Refusals:add(reason, key, now)
  self.count = self.count + 1
  local entry = self.noted[self.count % KEPT + 1]
  entry.reason, entry.key, entry.time = reason, key, now
end


--- Puts into shared memory what was noted since the last time.
function Refusals:tick()
  local first = math.max(self.stored, self.count - KEPT) + 1
  if first > self.count then
    return
  end
  local last_number = self.pinned:incr(SEQUENCE, self.count - first + 1, 0)
  for i = first, last_number and self.count or 0 do
    local entry = self.noted[i % KEPT + 1]
    self.pinned:set(key_of(last_number - (self.count - i)),
      ("%.3f %s %s"):format(entry.time, entry.reason,
        entry.key and bearer.short(entry.key) or "-"))
  end
  self.stored = self.count
end


---@class gctokens.guard.Refusal
---@field time number seconds of the clock
---@field reason string the name of the denial
---@field token string? of the token's hash, eight hexadecimal digits

--- The latest ones of all workers, the latest first.
---@return gctokens.guard.Refusal[]
function Refusals:latest()
  local list = {}
  for number = 0, KEPT - 1 do
    local time, reason, token = tostring(self.pinned.dict:get(key_of(number)))
      :match("^([%d.]+) ([%l_]+) ([%x-]+)$")
    if tonumber(time) then
      list[#list + 1] = {
        time = tonumber(time), reason = reason,
        token = token ~= "-" and token or nil,
      }
    end
  end
  table.sort(list, function(a, b)
    return a.time > b.time
  end)
  return list
end


return refusals
