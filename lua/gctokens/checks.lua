--- Checks of option values. A check is a function that returns true, or what
-- would have been right: "a number of seconds above 0".

local errors = require("gctokens.errors")

local checks = {}


--- What of a wrong value may be shown: a number is no secret, anything else
--- may hold one.
---@param value any
---@return string
function checks.shown(value)
  if value == "" then
    return "an empty string"
  end
  return type(value) == "number" and tostring(value) or type(value)
end


---@param kind type
function checks.is(kind)
  return function(value)
    return type(value) == kind or "a " .. kind
  end
end


function checks.is_text(value)
  return type(value) == "string" and value ~= ""
    and not value:find("\0", 1, true)
    or "a string, not empty, without NUL bytes"
end


function checks.is_seconds(value)
  return type(value) == "number" and value > 0 and value < math.huge
    or "a number of seconds above 0"
end


function checks.is_pause(value)
  return type(value) == "number" and value >= 0 and value < math.huge
    or "a number of seconds, 0 or more"
end


function checks.is_count(value)
  return type(value) == "number" and value >= 1 and value < 2 ^ 31
    and math.floor(value) == value
    or "a whole number from 1"
end


--- A check for a table of named settings.
---@param fields table<string, function> name -> check
---@param wanted string what is wanted, for messages
function checks.is_table_of(fields, wanted)
  return function(value)
    if type(value) ~= "table" then
      return wanted
    end
    for name, setting in pairs(value) do
      local check = fields[name]
      if not check then
        return ("%s, without %q"):format(wanted, tostring(name))
      end
      local verdict = check(setting)
      if verdict ~= true then
        return ("a table whose %s is %s, not %s"):format(
          name, verdict, checks.shown(setting))
      end
    end
    return true
  end
end


--- Raises when one named value is unknown or wrong.
---@param where string who was called, for messages
---@param name any
---@param value any
---@param known table<string, function> name -> check
function checks.one(where, name, value, known)
  if type(name) ~= "string" then
    errors.misuse(("%s: option names are strings, got %s"):format(
      where, type(name)))
  end
  local check = known[name]
  if not check then
    local hint = require("gctokens.spelling").hint(name, known)
    errors.misuse(("%s: there is no option %q%s"):format(where, name, hint))
  end
  local verdict = check(value)
  if verdict ~= true then
    errors.misuse(("%s: option %q must be %s, got %s"):format(
      where, name, verdict, checks.shown(value)))
  end
end


--- Raises on the first value of a table that is unknown or wrong.
---@param where string
---@param given table
---@param known table<string, function> name -> check
function checks.all(where, given, known)
  for name, value in pairs(given) do
    checks.one(where, name, value, known)
  end
end


--- A copy of what is in the table itself: what a metatable adds would be half
--- seen.
---@param where string
---@param value any
---@return table
function checks.copy(where, value)
  if type(value) ~= "table" then
    errors.misuse(("%s: options must be a table, got %s"):format(
      where, type(value)))
  end
  local plain = {}
  for name, option in next, value do
    plain[name] = option
  end
  return plain
end


return checks
