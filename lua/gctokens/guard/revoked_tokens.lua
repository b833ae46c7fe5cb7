--- The tokens that were revoked here, so that `fail_open` never lets one of
-- them pass: the latest ones, as many as have room in a fixed part of the dict.
-- Only a revocation takes the place of a revocation.
--
-- r KEY is a revoked token, and holds the number of its place in a ring. In
-- q NUMBER is the key of the token in that place, in q how many there were.
--
-- Nothing that the guard writes evicts them. nginx evicts what was looked at
-- least of late; so they are looked at whenever it has come to the entries qf
-- NUMBER, which were looked at just before. As it may evict 30 entries for one
-- write, and other workers write as well, there are some of those.

local ENTRIES_BYTES = 256 -- of both, in shared memory
local COUNT = "q"
local FENCE = "qf"
local FENCE_ENTRIES = 64


---@class gctokens.guard.Revoked
local Revoked = {}

local revoked_metatable = { __index = Revoked }


local revoked = {}


local function look_at_all(dict, count)
  for place = 0, count - 1 do
    local key = dict:get("q" .. place)
    if key then
      dict:get("r" .. key)
    end
  end
end


-- Before a write that may evict. Asking for the time to live is no look.
local function defend(self)
  local dict = self.dict
  local count = math.min(dict:get(COUNT) or 0, self.places)
  if count == 0 or dict:ttl(FENCE .. 1) then
    return
  end
  look_at_all(dict, count)
  for i = 1, FENCE_ENTRIES do
    dict:set(FENCE .. i, true)
  end
  look_at_all(dict, count)
end


---@param room gctokens.guard.Room sees to it that they stay in its dict
---@param bytes number for all of them
---@return gctokens.guard.Revoked
function revoked.new(room, bytes)
  local self = setmetatable({
    room = room,
    dict = room.dict,
    places = math.floor(bytes / ENTRIES_BYTES),
  }, revoked_metatable)
  room:attend(function()
    defend(self)
  end)
  return self
end


---@param key string
---@return boolean
function Revoked:has(key)
  return self.dict:get("r" .. key) ~= nil
end


-- Frees a place, unless its token has another one by now.
local function free(self, place)
  local key = self.dict:get("q" .. place)
  if key and self.dict:get("r" .. key) == place then
    self.dict:delete("r" .. key)
  end
end


---@param key string
---@return boolean? ok, string? err
function Revoked:add(key)
  if self:has(key) then
    return true
  end
  local place = ((self.room:incr(COUNT, 1, 0) or 1) - 1) % self.places
  free(self, place)
  local ok, err = self.room:set("r" .. key, place)
  self.room:set("q" .. place, key)
  return ok, err
end


--- The token is valid, whatever was said before.
---@param key string
function Revoked:remove(key)
  if self:has(key) then
    self.dict:delete("r" .. key)
  end
end


return revoked
