-- JSON that keeps arrays apart from objects. Debian's lua-cjson 2.1.0 decodes
-- `[]` and `{}` to the same table and encodes an empty one as `{}`, while the
-- API sends real `[]` and refuses an object where an array belongs.

local cjson = require "cjson"

local ARRAY = {} -- metatable of every table that stands for an array
local WRAPPER = "[]" -- key under which a wrapped array is handed to cjson
local STRING_OR_BRACKET = [=["(?:[^"\\]++|\\.)*+"|[][]]=]
local WRAPPED = {
  ["["] = '{"' .. WRAPPER .. '":[',
  ["]"] = "]}",
}

local _M = {
  null = cjson.null,
}

-- NaN, Infinity and hexadecimal numbers are not JSON.
cjson.decode_invalid_numbers(false)


function _M.array(list)
  return setmetatable(list or {}, ARRAY)
end


function _M.is_array(value)
  return type(value) == "table" and getmetatable(value) == ARRAY
end


function _M.is_object(value)
  return type(value) == "table" and getmetatable(value) ~= ARRAY
end


local function wrap(match)
  return WRAPPED[match[0]] or match[0]
end


local function unwrap(value)
  if type(value) ~= "table" then
    return value
  end
  local list = value[WRAPPER]
  if type(list) == "table" and next(value, next(value)) == nil then
    for i = 1, #list do
      list[i] = unwrap(list[i])
    end
    return _M.array(list)
  end
  for key, member in pairs(value) do
    value[key] = unwrap(member)
  end
  return value
end


-- Returns the value, or nil and a message.
function _M.decode(text)
  -- Every array goes through cjson as the only member of an object.
  local wrapped, _, message = ngx.re.gsub(
    text, STRING_OR_BRACKET, wrap, "jos"
  )
  if not wrapped then
    return nil, message
  end
  local ok, value = pcall(cjson.decode, wrapped)
  if not ok then
    return nil, value
  end
  return unwrap(value)
end


-- cjson writes every slash as `\/`, which is valid but hard on the eye.
local function encode_scalar(value)
  return (cjson.encode(value):gsub("\\/", "/"))
end


-- Members come in alphabetical order, so equal values are equal texts.
local function encode(value)
  if type(value) ~= "table" then
    return encode_scalar(value)
  end
  local parts = {}
  if _M.is_array(value) or value[1] ~= nil then
    for i = 1, #value do
      parts[i] = encode(value[i])
    end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  local names = {}
  for name in pairs(value) do
    names[#names + 1] = name
  end
  table.sort(names)
  for i = 1, #names do
    local name = names[i]
    parts[i] = encode_scalar(name) .. ":" .. encode(value[name])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

_M.encode = encode


return _M
