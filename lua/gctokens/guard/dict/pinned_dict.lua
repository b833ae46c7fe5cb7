--- Writes to a shared dict that may evict its least recently used entries, but
-- none that is pinned.
--
-- nginx evicts from the end of one list, at most 30 entries for one write, and
-- moves an entry to the front of the list when it is read. So every pinned
-- entry is read before a write that may evict: one that nginx refused as a
-- "safe" write.


-- Of a write that may evict: nginx frees memory of other sizes, too, and 30
-- entries may be too few.
local MOST_TRIES = 3

local SELDOM = 16 -- writes that may evict, for one time that `keep` reads


---@class gctokens.guard.PinnedDict
---@field dict table of ngx.shared, for everything that evicts nothing
local PinnedDict = {}

local pinned_metatable = { __index = PinnedDict }


local pinned_dict = {}


---@param dict table of ngx.shared
---@param keys string[] of entries to be pinned once they are there
---@return gctokens.guard.PinnedDict
function pinned_dict.new(dict, keys)
  local self = setmetatable({
    dict = dict, keys = {}, values = {},
    kept = {}, -- keys, see `keep`
    evicting = 0, -- writes that may have evicted
  }, pinned_metatable)
  for i, key in ipairs(keys) do
    self.keys[i] = key
  end
  return self
end


local function read_all(dict, keys)
  for i = 1, #keys do
    dict:get(keys[i])
  end
end


-- Before a write that may evict.
local function read_pinned(self)
  read_all(self.dict, self.keys)
  if self.evicting % SELDOM == 0 then
    read_all(self.dict, self.kept)
  end
  self.evicting = self.evicting + 1
  if self.before_eviction then
    self.before_eviction()
  end
end


local function write(self, safe, evicting, key, value, seconds)
  local dict = self.dict
  local ok, err = dict[safe](dict, key, value, seconds)
  local has_evicted, tries = false, 0
  while err == "no memory" and tries < MOST_TRIES do
    local forcible
    read_pinned(self)
    ok, err, forcible = dict[evicting](dict, key, value, seconds)
    has_evicted = has_evicted or forcible
    tries = tries + 1
  end
  return ok, err, has_evicted
end


---@param key string
---@param value string|number|boolean
---@param seconds number? until it ends; 0 or nil: never
---@return boolean? ok, string? err
---@return boolean forcible whether other entries were evicted
function PinnedDict:set(key, value, seconds)
  return write(self, "safe_set", "set", key, value, seconds)
end


--- As `set`, where there is no entry yet; else err is "exists".
function PinnedDict:add(key, value, seconds)
  return write(self, "safe_add", "add", key, value, seconds)
end


--- Adds to a number.
---@param key string
---@param count number
---@param first number what it is where there is none
---@param seconds number? as for `set`, of a new one
---@return number? total nil when there is no memory, or no number
function PinnedDict:incr(key, count, first, seconds)
  local dict = self.dict
  local total, err = dict:incr(key, count)
  if err == "not found" then
    self:add(key, first, seconds) -- unless another worker has
    total = dict:incr(key, count)
  end
  return total
end


--- Pins an entry, once it is there.
---@param key string
---@param value string|number|nil what `restore` puts back; nil: nothing
function PinnedDict:pin(key, value)
  self.keys[#self.keys + 1] = key
  self.values[key] = value
end


--- Keeps entries that it would be no great pity to lose. They are read before
--- some of the writes that may evict: too seldom only for a dict of very few
--- entries.
---@param keys string[]
function PinnedDict:keep(keys)
  for _, key in ipairs(keys) do
    self.kept[#self.kept + 1] = key
  end
end


--- Sets the function that reads further entries, more than can be read before
--- each write.
---@param callback fun() called before each write that may evict
function PinnedDict:set_before_eviction(callback)
  self.before_eviction = callback
end


--- Puts back the entries of `pin` that an application has removed.
function PinnedDict:restore()
  for key, value in pairs(self.values) do
    if self.dict:get(key) == nil then
      self:add(key, value)
    end
  end
end


return pinned_dict
