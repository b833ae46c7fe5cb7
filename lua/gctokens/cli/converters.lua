--- What the arguments of options must be: from text to value, or nil and a
-- message.

local converters = {}


-- Digits and a point, as people write numbers; no "0x10", "1e3" or "nan".
local function number_of(text)
  local number = text:find("^%d*%.?%d*$") and tonumber(text) or nil
  return number and number < math.huge and number or nil
end


local function wanted(what, text)
  return nil, ("%s is wanted, not '%s'"):format(what, text)
end


---@return string text
function converters.any(text)
  return text
end


---@return string? text, string? message
function converters.filled(text)
  if text == "" then
    return nil, "the argument is empty"
  end
  return text
end


---@return number? seconds, string? message
function converters.seconds(text)
  local number = number_of(text)
  if not number or number <= 0 then
    return wanted("a number of seconds above 0", text)
  end
  return number
end


---@return integer? count, string? message
function converters.count(text)
  local number = text:find("^%d+$") and tonumber(text)
  if not number or number > 1000 then
    return wanted("a whole number up to 1000", text)
  end
  return number
end


---@return integer? number, string? message
function converters.whole(text)
  if not text:find("^%d+$") or #text > 9 then
    return wanted("a whole number", text)
  end
  return tonumber(text)
end


---@return integer? count, string? message
function converters.concurrency(text)
  local number = text:find("^%d+$") and tonumber(text)
  if not number or number < 1 or number > 1024 then
    return wanted("a whole number from 1 to 1024", text)
  end
  return number
end


--- `off` becomes 0: argparse takes false for an error.
---@return number? per_minute, string? message
function converters.rate(text)
  local number = text == "off" and 0 or number_of(text)
  if not number or number <= 0 and text ~= "off" then
    return wanted("a number of calls a minute above 0, or off,", text)
  end
  return number
end


return converters
