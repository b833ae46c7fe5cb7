--- A table of bounded size that keeps what was used of late.
--
-- It is two tables. When the young one is full, it becomes the old one, and
-- what was in the old one is gone; what is still asked for moves from old to
-- young. Reading what is young, which is nearly every time, is one look into
-- one table: a list in order of use would have to be mended each time.


---@class gctokens.guard.Recent
local Recent = {}

local recent_metatable = { __index = Recent }


local lru = {}


---@param size integer as many are kept for certain, and twice as many at most
---@return gctokens.guard.Recent
function lru.new(size)
  local self = setmetatable({
    size = size,
  }, recent_metatable)
  self:clear()
  return self
end


---@param key string
---@return any value or nil
function Recent:get(key)
  local value = self.young[key]
  if value == nil then
    value = self.old[key]
    if value ~= nil then
      self:set(key, value)
    end
  end
  return value
end


---@param key string
---@param value any not nil
function Recent:set(key, value)
  if self.young[key] == nil then
    if self.count == self.size then
      self.old, self.young, self.count = self.young, {}, 0
    end
    self.count = self.count + 1
  end
  self.young[key] = value
end


---@param key string
function Recent:delete(key)
  if self.young[key] ~= nil then
    self.count = self.count - 1
  end
  self.young[key], self.old[key] = nil, nil
end


--- Drops everything.
function Recent:clear()
  self.young, self.old, self.count = {}, {}, 0
end


return lru
