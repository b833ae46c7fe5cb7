--- Texts with separators that a token may be a part of: the Cookie header, a
-- query, a list of WebSocket protocols.
--
-- They come from the client, as long as nginx allows: everything here takes
-- linear time.

local byte, find, sub = string.byte, string.find, string.sub


local token_parts = {}


--- The parts of a text. LuaJIT does not compile string.gmatch.
---@param text string
---@param separator string a character
---@return string[]
function token_parts.split(text, separator)
  local parts, count, from = {}, 0, 1
  while true do
    local at = find(text, separator, from, true)
    count = count + 1
    parts[count] = sub(text, from, (at or 0) - 1)
    if not at then
      return parts
    end
    from = at + 1
  end
end


local function is_blank(character)
  return character == 32 or character == 9
end


--- A text without blanks at both ends. A pattern would take quadratic time for
--- many blanks.
---@param text string
---@return string
function token_parts.trimmed(text)
  local from, to = 1, #text
  while is_blank(byte(text, from)) do
    from = from + 1
  end
  while to > from and is_blank(byte(text, to)) do
    to = to - 1
  end
  return sub(text, from, to)
end


--- A header that may have come in several lines, as one text.
---@param value string|string[]|nil
---@param separator string
---@return string?
function token_parts.joined(value, separator)
  return type(value) == "table" and table.concat(value, separator) or value
end


-- Whether a part begins there, directly or behind a space.
local function begins_part(text, separator, at)
  local before = sub(text, at - 1, at - 1)
  if before == " " then
    before = sub(text, at - 2, at - 2)
  end
  return before == separator or at == 1
end


-- The value of the part of that name, if the name is in the text only once, and
-- the value spelt as it is. That is the usual case, and LuaJIT compiles it: no
-- loop, no table. `true` is for a name that is not there.
local function read_plain(text, separator, name)
  local at = find(text, name, 1, true)
  if not at then
    return nil, true
  end
  local after = at + #name
  if byte(text, after) ~= 61 or find(text, name, after, true)
     or not begins_part(text, separator, at) then
    return nil
  end
  local value = sub(text, after + 1,
    (find(text, separator, after, true) or 0) - 1)
  -- Neither empty nor with blanks or quotes at an end.
  return (byte(value) or 0) > 34 and byte(value, -1) > 34 and value or nil
end


local function read_all(text, separator, name, parse)
  local token
  for _, part in ipairs(token_parts.split(text, separator)) do
    local found, value = parse(part)
    if found == name then
      if token then
        return nil, "invalid_request"
      end
      token = value
    end
  end
  return token, not token and "missing" or nil
end


--- The value of the part of that name, which must be the only one.
---@param text string
---@param separator string
---@param name string
---@param parse fun(part: string): string?, string? its name and value
---@param is_encoded any whether names or values in it may be spelt otherwise
---@return string? token
---@return "missing"|"invalid_request"|nil problem
function token_parts.read(text, separator, name, parse, is_encoded)
  if not is_encoded then
    local value, is_missing = read_plain(text, separator, name)
    if value then
      return value
    elseif is_missing then
      return nil, "missing"
    end
  end
  return read_all(text, separator, name, parse)
end


--- Name and value of a cookie (RFC 6265 section 4.1.1). The value may be in
--- quotes.
---@param part string
---@return string? name, string? value
function token_parts.parse_cookie(part)
  local at = find(part, "=", 1, true)
  if not at then
    return nil
  end
  local value = token_parts.trimmed(sub(part, at + 1))
  if #value > 1 and byte(value) == 34 and byte(value, -1) == 34 then
    value = sub(value, 2, -2)
  end
  return token_parts.trimmed(sub(part, 1, at - 1)), value
end


--- The text without the parts of that name; the others stay as they are.
---@param text string
---@param separator string
---@param name string
---@param parse fun(part: string): string?, string?
---@return string? rest nil: there is none of that name
function token_parts.without(text, separator, name, parse)
  local parts, kept = token_parts.split(text, separator), {}
  for _, part in ipairs(parts) do
    if parse(part) ~= name then
      kept[#kept + 1] = part
    end
  end
  return #kept < #parts and table.concat(kept, separator) or nil
end


return token_parts
