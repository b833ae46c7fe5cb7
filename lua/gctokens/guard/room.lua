--- Room in a shared dict: writes that may evict what was used least of late,
-- but nothing that has to stay.
--
-- nginx evicts from the end of one list, at most 30 entries for one write, and
-- puts what is looked at to its front. So whatever has to stay is looked at
-- before each write that may evict: one that nginx refuses as a "safe" write.


---@class gctokens.guard.Room
local Room = {}

local room_metatable = { __index = Room }


local room = {}


---@param dict table of ngx.shared
---@param keys string[] what has to stay, if it is there
---@return gctokens.guard.Room
function room.new(dict, keys)
  local self = setmetatable({ dict = dict, keys = {}, kept = {} },
    room_metatable)
  for i, key in ipairs(keys) do
    self.keys[i] = key
  end
  return self
end


local function write(self, safe, evicting, key, value, seconds)
  local dict = self.dict
  local ok, err = dict[safe](dict, key, value, seconds)
  if err ~= "no memory" then
    return ok, err, false
  end
  for i = 1, #self.keys do
    dict:get(self.keys[i])
  end
  if self.defend then
    self.defend()
  end
  return dict[evicting](dict, key, value, seconds)
end


---@param key string
---@param value string|number|boolean
---@param seconds number? until it ends; 0 or nil: never
---@return boolean? ok, string? err
---@return boolean forcible whether others had to make room
function Room:set(key, value, seconds)
  return write(self, "safe_set", "set", key, value, seconds)
end


--- As `set`, where there is nothing yet; else err is "exists".
function Room:add(key, value, seconds)
  return write(self, "safe_add", "add", key, value, seconds)
end


--- Adds to a number.
---@param key string
---@param count number
---@param first number what it is where there is none
---@param seconds number? as for `set`, of a new one
---@return number? total nil when there is no room, or no number
function Room:incr(key, count, first, seconds)
  local dict = self.dict
  local total, err = dict:incr(key, count)
  if err == "not found" then
    self:add(key, first, seconds) -- unless another worker has
    total = dict:incr(key, count)
  end
  return total
end


--- Has a value stay that is there already.
---@param key string
---@param value string|number what `restore` puts back
function Room:keep(key, value)
  self.keys[#self.keys + 1] = key
  self.kept[key] = value
end


--- Has more stay than can be looked at each time.
---@param defend fun() called before each write that may evict
function Room:attend(defend)
  self.defend = defend
end


--- Puts back what had to stay, if something else has put it out.
function Room:restore()
  for key, value in pairs(self.kept) do
    if self.dict:get(key) == nil then
      self:add(key, value)
    end
  end
end


return room
