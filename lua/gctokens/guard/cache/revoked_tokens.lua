--- The tokens that were revoked here, so that `fail_open` never lets one of
-- them pass: a ring buffer in a fixed part of the shared dict. Only a later
-- revocation evicts one.
--
--   r KEY      a revoked token: the number of its place in the ring
--   q NUMBER   the key of the token in that place
--   q          how many tokens there were
--   qf NUMBER  fences, see below
--
-- nginx evicts the least recently read entries of the dict first. Reading all
-- of the ring before each write that may evict would be slow. So fences are
-- written just before the ring is read: while they are there, no entry of the
-- ring is evicted. nginx may evict 30 entries for one write, and other workers
-- write as well; therefore there are several fences.

local ENTRIES_BYTES = 256 -- of both entries of a token, in shared memory
local COUNT = "q"
local FENCE = "qf"
local FENCES = 64


---@class gctokens.guard.RevokedTokens
local RevokedTokens = {}

local revoked_metatable = { __index = RevokedTokens }


local revoked_tokens = {}


local function read_all(dict, count)
  for place = 0, count - 1 do
    local key = dict:get("q" .. place)
    if key then
      dict:get("r" .. key)
    end
  end
end


-- Before a write that may evict. `ttl` finds an entry without reading it.
local function refresh(self)
  local dict = self.dict
  local count = math.min(dict:get(COUNT) or 0, self.places)
  if count == 0 or dict:ttl(FENCE .. 1) then
    return
  end
  read_all(dict, count)
  for i = 1, FENCES do
    dict:set(FENCE .. i, true)
  end
  read_all(dict, count)
end


---@param pinned gctokens.guard.PinnedDict
---@param bytes number of the dict for all of them
---@return gctokens.guard.RevokedTokens
function revoked_tokens.new(pinned, bytes)
  local self = setmetatable({
    pinned = pinned,
    dict = pinned.dict,
    places = math.floor(bytes / ENTRIES_BYTES),
  }, revoked_metatable)
  pinned:set_before_eviction(function()
    refresh(self)
  end)
  return self
end


---@param key string
---@return boolean
function RevokedTokens:has(key)
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
function RevokedTokens:add(key)
  if self:has(key) then
    return true
  end
  local place = ((self.pinned:incr(COUNT, 1, 0) or 1) - 1) % self.places
  free(self, place)
  local ok, err = self.pinned:set("r" .. key, place)
  self.pinned:set("q" .. place, key)
  return ok, err
end


--- Removes a token that Genesys has called valid since.
---@param key string
function RevokedTokens:remove(key)
  if self:has(key) then
    self.dict:delete("r" .. key)
  end
end


return revoked_tokens
