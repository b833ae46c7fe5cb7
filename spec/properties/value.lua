--- Lua values of all kinds, from a text that fuzzers and people can write:
--
--   t f n           true, false, cjson.null
--   i42e i-1e5e     a number; iNANe, iINFe, too
--   3:abc           a string of three bytes
--   l...e a...e     a list, and one that is marked as an array
--   d...e           a table: keys and values in turn, of any kind
--   c x             the innermost table itself; a function
--
-- What cannot be read counts as nil, and what is not ended ends with the text.

local cjson = require("cjson")

local NUMBERS = { NAN = 0 / 0, INF = 1 / 0 }


local Reader = {}
Reader.__index = Reader


function Reader:take(pattern)
  local found = self.text:match("^" .. pattern, self.at)
  if found then
    self.at = self.at + #found
  end
  return found
end


-- Everything to the "e" that ends a table; nil is passed over.
function Reader:items(into)
  local items, count = {}, 0
  self.inner[#self.inner + 1] = into
  while self.at <= #self.text and not self:take("e") do
    local value = self:value()
    if value ~= nil then
      count = count + 1
      items[count] = value
    end
  end
  self.inner[#self.inner] = nil
  return items, count
end


function Reader:list(marked)
  local list = {}
  if marked then
    setmetatable(list, require("gctokens.core").array_metatable)
  end
  local items, count = self:items(list)
  for i = 1, count do
    list[i] = items[i]
  end
  return list
end


function Reader:dictionary()
  local dictionary = {}
  local items, count = self:items(dictionary)
  for i = 1, count - 1, 2 do
    local key = items[i]
    if key == key then -- NaN is no key
      dictionary[key] = items[i + 1]
    end
  end
  return dictionary
end


function Reader:value()
  local tag = self:take(".") or self:take("\n")
  if tag == "t" or tag == "f" then
    return tag == "t"
  elseif tag == "n" then
    return cjson.null
  elseif tag == "i" then
    local digits = self:take("[%w.+-]-e") or ""
    -- "1e5e": the first "e" belongs to the number
    local more = digits:find("^[%d.-]+e$") and self:take("[%d+-]+e") or ""
    digits = (digits .. more):sub(1, -2)
    return NUMBERS[digits] or tonumber(digits)
  elseif tag == "l" or tag == "a" then
    return self:list(tag == "a")
  elseif tag == "d" then
    return self:dictionary()
  elseif tag == "c" then
    return self.inner[#self.inner]
  elseif tag == "x" then
    return function() end
  elseif tag and tag:find("%d") then
    local length = tonumber(tag .. (self:take("%d?%d?:") or ""):sub(1, -2))
    local text = self.text:sub(self.at, self.at + length - 1)
    self.at = self.at + length
    return text
  end
end


--- The value that a text describes.
return function(text)
  return setmetatable({ text = text, at = 1, inner = {} }, Reader):value()
end
