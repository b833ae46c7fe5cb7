--- Changes that the workers' own caches must follow, in the shared dict: a
-- counter, and a ring of the latest of them.
--
--   v          number of the latest change
--   v PLACE    number of a change, and what of: a token's key, or everything
--
-- A worker looks at the counter once a millisecond, and reads what is new. So
-- its own cache needs no look at the dict for each request, and an invalidation
-- reaches it at once. Where it cannot know what was changed, because the ring
-- has gone round or an entry is lost, everything was.
--
-- Whoever makes a change writes it first, and counts it then. So one who has
-- read the counter before the dict knows of what he has read, too late at
-- worst.

local core = require("gctokens.core")


local COUNTER = "v"
local PLACES = 256
local KEY_BYTES = 32 -- of a token
local EVERYTHING = "*"
local MOST_CHANGES = 2 ^ 32 -- more than a counter ever counts
local FORMAT, PATTERN = "%.0f ", "^(%d+) (.*)$"


---@class gctokens.guard.Changes
local Changes = {}

local changes_metatable = { __index = Changes }


local changes = {}


---@param pinned gctokens.guard.PinnedDict
---@return gctokens.guard.Changes
function changes.new(pinned)
  pinned:pin(COUNTER)
  return setmetatable({
    pinned = pinned,
    dict = pinned.dict,
    looked_at = -1, -- time of the clock
    latest = nil, -- number as it was then
  }, changes_metatable)
end


-- A counter that was lost begins elsewhere: no worker takes it for the old one.
local function begin(self)
  self.pinned:add(COUNTER, math.floor(core.random() * 2 ^ 48))
  return self.dict:get(COUNTER)
end


local function look(self, now)
  local latest = self.dict:get(COUNTER)
  if latest == nil then
    latest = begin(self)
  end
  self.looked_at = now
  self.latest = type(latest) == "number" and latest or nil
end


--- The number of the latest change, not older than a millisecond or one turn of
--- nginx's event loop.
---@param now number
---@return number? number nil: the dict has no memory for it
function Changes:number(now)
  if now ~= self.looked_at then
    look(self, now)
  end
  return self.latest
end


--- The number of the latest change at this moment.
---@param now number
---@return number? number nil: the dict has no memory for it
function Changes:exact_number(now)
  look(self, now)
  return self.latest
end


local function add(self, what)
  local number = self.pinned:incr(COUNTER, 1,
    math.floor(core.random() * 2 ^ 48))
  self.looked_at = -1
  if number then
    self.pinned:set("v" .. number % PLACES, FORMAT:format(number) .. what)
  end
end


--- Notes that a token is not what it was.
---@param key string
function Changes:add_token(key)
  add(self, key)
end


--- Notes that any token may not be what it was.
function Changes:add_all()
  add(self, EVERYTHING)
end


-- Whether all changes between two numbers are in the ring.
local function are_kept(from, to)
  return from ~= nil and to ~= nil and from <= to and to - from <= PLACES
end


-- The key of the token that a change was of; nil: it was of all, or the entry
-- is lost or damaged.
local function key_of_change(self, number)
  local entry = self.dict:get("v" .. number % PLACES)
  local noted, key = tostring(entry):match(PATTERN)
  return tonumber(noted) == number and #key == KEY_BYTES and key or nil
end


--- Calls `forget` with the key of each token that has changed since.
---@param from number? of the last change that was followed
---@param to number? of the latest change
---@param forget fun(context: any, key: string)
---@param context any its first argument
---@return boolean known false: anything may have changed
function Changes:follow(from, to, forget, context)
  if not are_kept(from, to) then
    return false
  end
  for number = from + 1, to do
    local key = key_of_change(self, number)
    if not key then
      return false
    end
    forget(context, key)
  end
  return true
end


--- Whether a token may have changed since.
---@param key string
---@param from number? of the latest change then
---@param now number
---@return boolean? may nil: not known, as too much has changed
function Changes:may_concern(key, from, now)
  local to = self:exact_number(now)
  if not from or not to then
    return nil
  elseif not are_kept(from, to) then
    -- The counter was lost, and all else with it; or the ring has gone round.
    return (to < from or to - from > MOST_CHANGES) or nil
  end
  for number = from + 1, to do
    local its_key = key_of_change(self, number)
    if not its_key or its_key == key then
      return true
    end
  end
  return false
end


return changes
