--- Texts with separators that a token may be a part of: the Cookie header, a
-- query, a list of WebSocket protocols.
--
-- They come from the client, as long as nginx allows: everything here takes
-- linear time.

local bearer = require("gctokens.guard.bearer")

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


--- The credentials in the part of that name, which must be the only one.
---@param text string
---@param separator string
---@param name string
---@param parse fun(part: string): string?, string? its name and value
---@return string? credentials
---@return "missing"|"invalid_request"|nil problem
function token_parts.read(text, separator, name, parse)
  local credentials
  for _, part in ipairs(token_parts.split(text, separator)) do
    local found, value = parse(part)
    if found == name then
      if credentials then
        return nil, "invalid_request"
      end
      credentials = bearer.of_token(value)
    end
  end
  return credentials, not credentials and "missing" or nil
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
