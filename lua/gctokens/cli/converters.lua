--- Converters of option arguments: from a text to a value, or to nil and a
-- message.

local converters = {}


-- Digits and a point only: tonumber would also take "0x10", "1e3" and "nan".
local function number_of(text)
  local number = text:find("^%d*%.?%d*$") and tonumber(text) or nil
  return number and number < math.huge and number or nil
end


local function refused(what, text)
  return nil, ("must be %s, not '%s'"):format(what, text)
end


-- A converter of whole numbers.
local function whole_number(least, most, what)
  return function(text)
    local number = text:find("^%d+$") and tonumber(text)
    if not number or number < least or number > most then
      return refused(what, text)
    end
    return number
  end
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
    return refused("a number of seconds above 0", text)
  end
  return number
end


converters.count = whole_number(0, 1000, "a whole number up to 1000")

converters.concurrency =
  whole_number(1, 1024, "a whole number from 1 to 1024")

converters.whole = whole_number(0, 999999999, "a whole number")


--- `off` becomes 0, because argparse takes false for an error.
---@return number? per_minute, string? message
function converters.rate(text)
  local number = text == "off" and 0 or number_of(text)
  if not number or number <= 0 and text ~= "off" then
    return refused("a number of calls per minute above 0, or off", text)
  end
  return number
end


return converters
