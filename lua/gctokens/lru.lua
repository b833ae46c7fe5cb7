--- A table of bounded size that keeps what was used most recently.
--
-- It is two generations. When the young one is full, it becomes the old one,
-- and the old one is dropped. A value of the old one that is read moves to the
-- young one. So reading is one look into one table, nearly every time; a list
-- in the order of use would be changed with each look.


---@class gctokens.Lru
local Lru = {}

local lru_metatable = { __index = Lru }


local lru = {}


---@param size number of values that are kept for certain; twice as many at most
---@return gctokens.Lru
function lru.new(size)
  local self = setmetatable({
    size = size,
  }, lru_metatable)
  self:clear()
  return self
end


---@param key string
---@return any value or nil
function Lru:get(key)
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
function Lru:set(key, value)
  if self.young[key] == nil then
    if self.count == self.size then
      self.old, self.young, self.count = self.young, {}, 0
    end
    self.count = self.count + 1
  end
  self.young[key] = value
end


---@param key string
function Lru:delete(key)
  if self.young[key] ~= nil then
    self.count = self.count - 1
  end
  self.young[key], self.old[key] = nil, nil
end


--- Drops everything.
function Lru:clear()
  self.young, self.old, self.count = {}, {}, 0
end


return lru
