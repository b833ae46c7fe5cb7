--- JSON with the fields in the order of their names, and whole numbers without
-- a decimal point. lua-cjson guarantees neither.

local cjson = require("cjson")


local json_writer = {}


-- lua-cjson escapes every slash, which JSON does not require. It does not
-- escape the control characters U+0080 to U+009F, which a terminal may obey.
local function text_of(value)
  return (cjson.encode(value):gsub("\\/", "/"):gsub("\194([\128-\159])",
    function(byte)
      return ("\\u%04x"):format(byte:byte())
    end))
end


local function number_of(value)
  if value % 1 == 0 and math.abs(value) < 2 ^ 53 then
    return ("%d"):format(value)
  end
  return ("%.14g"):format(value)
end


local function is_array(value)
  return next(value) == nil or value[1] ~= nil
end


local write


-- Without an indent all elements are on one line, else each is on its own.
local function enclose(opening, elements, closing, indent)
  if not indent or #elements == 0 then
    return opening .. table.concat(elements, ",") .. closing
  end
  return ("%s\n%s  %s\n%s%s"):format(opening, indent,
    table.concat(elements, ",\n" .. indent .. "  "), indent, closing)
end


local function write_array(value, indent)
  local elements = {}
  for i, element in ipairs(value) do
    elements[i] = write(element, indent and indent .. "  ")
  end
  return enclose("[", elements, "]", indent)
end


local function write_object(value, indent)
  local names, elements = {}, {}
  for name in pairs(value) do
    names[#names + 1] = name
  end
  table.sort(names)
  for i, name in ipairs(names) do
    elements[i] = text_of(name) .. (indent and ": " or ":")
      .. write(value[name], indent and indent .. "  ")
  end
  return enclose("{", elements, "}", indent)
end


function write(value, indent)
  if type(value) == "table" then
    return (is_array(value) and write_array or write_object)(value, indent)
  elseif type(value) == "number" then
    return number_of(value)
  end
  return text_of(value)
end


--- A table as JSON. An empty table is an array: nothing that is written so has
--- empty objects.
---@param value table
---@param indented boolean? whether each element has a line of its own
---@return string
function json_writer.encode(value, indented)
  return write(value, indented and "" or nil)
end


return json_writer
