--- Points in time as ISO 8601 and RFC 3339 write them.

local iso8601 = {}


local DAY = 86400 -- seconds

-- From the first day of the year 0, counted from March on, to 1970-01-01.
local EPOCH_DAYS = 719469

local DATE = {
  "^(%d%d%d%d)%-(%d%d)%-(%d%d)$",
  "^(%d%d%d%d)(%d%d)(%d%d)$",
}

local TIME = {
  "^(%d%d):(%d%d):(%d%d)$",
  "^(%d%d)(%d%d)(%d%d)$",
  "^(%d%d):(%d%d)$",
  "^(%d%d)(%d%d)$",
}

local OFFSET = {
  "^([+-])(%d%d):?(%d%d)$",
  "^([+-])(%d%d)$",
}

local MONTH_DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }


-- What the first pattern that fits captures.
local function match(text, patterns)
  for _, pattern in ipairs(patterns) do
    local first, second, third = text:match(pattern)
    if first then
      return first, second, third
    end
  end
  return nil
end


local function days_of(year, month)
  local is_leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and is_leap and 29 or MONTH_DAYS[month] or 0
end


-- Days since 1970-01-01, in the Gregorian calendar.
local function parse_date(text)
  local year, month, day = match(text, DATE)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if not year or day < 1 or day > days_of(year, month) then
    return nil
  end
  if month < 3 then
    year, month = year - 1, month + 12
  end
  return 365 * year + math.floor(year / 4) - math.floor(year / 100)
    + math.floor(year / 400) + math.floor((153 * (month - 3) + 2) / 5)
    + day - EPOCH_DAYS
end


-- Seconds since midnight; whether a leap second is among them.
local function parse_time(text)
  local whole, fraction = text:match("^([%d:]+)[.,](%d+)$")
  local hour, minute, second = match(whole or text, TIME)
  if not hour or (fraction and not second) then
    return nil
  end
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second or 0)
  local total = hour * 3600 + minute * 60 + second
  if fraction then
    fraction = fraction:sub(1, 9)
    total = total + tonumber(fraction) / 10 ^ #fraction
  end
  if hour > 24 or minute > 59 or second > 60 or (hour == 24 and total > DAY)
  then
    return nil
  end
  return total, second == 60
end


-- Seconds east of Greenwich.
local function parse_offset(text)
  if text == "Z" or text == "z" then
    return 0
  end
  local sign, hours, minutes = match(text, OFFSET)
  hours, minutes = tonumber(hours), tonumber(minutes or 0)
  if not sign or hours > 23 or minutes > 59 then
    return nil
  end
  return (sign == "-" and -1 or 1) * (hours * 3600 + minutes * 60)
end


--- Reads a date with a time and an offset from UTC: extended or basic format,
--- letters in either case, a space for the T, a point or a comma before the
--- fraction, no seconds, 24:00 at the end of a day, second 60 at the end of a
--- day of UTC. A local time, without an offset, is no point in time.
---@param text string
---@return number? seconds since 1970-01-01T00:00:00Z; nil: it cannot be read
function iso8601.parse(text)
  local date, time, offset =
    text:match("^([%d-]+)[Tt ]([%d:.,]+) ?([Zz+-][%d:]*)$")
  if not date then
    return nil
  end
  local days, east = parse_date(date), parse_offset(offset)
  local seconds, has_leap_second = parse_time(time)
  if not days or not seconds or not east then
    return nil
  end
  local at = days * DAY + seconds - east
  if has_leap_second and math.floor(at) % DAY ~= 0 then
    return nil
  end
  return at
end


return iso8601
