--- Checks of option values. A check is a function that returns true, or what
-- would have been right: "a number of seconds above 0".

local errors = require("gctokens.errors")

local validate = {}


--- What of a wrong value may be shown: a number is no secret, anything else
--- may hold one.
---@param value any
---@return string
function validate.shown(value)
  if value == "" then
    return "an empty string"
  end
  return type(value) == "number" and tostring(value) or type(value)
end


---@param kind type
function validate.is(kind)
  return function(value)
    return type(value) == kind or "a " .. kind
  end
end


function validate.is_text(value)
  return type(value) == "string" and value ~= ""
    and not value:find("\0", 1, true)
    or "a string, not empty, without NUL bytes"
end


function validate.is_seconds(value)
  return type(value) == "number" and value > 0 and value < math.huge
    or "a number of seconds above 0"
end


function validate.is_pause(value)
  return type(value) == "number" and value >= 0 and value < math.huge
    or "a number of seconds, 0 or more"
end


function validate.is_count(value)
  return type(value) == "number" and value >= 1 and value < 2 ^ 31
    and math.floor(value) == value
    or "a whole number from 1"
end


--- A check for a table of named settings.
---@param fields table<string, function> name -> check
---@param wanted string what is wanted, for messages
function validate.is_table_of(fields, wanted)
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
          name, verdict, validate.shown(setting))
      end
    end
    return true
  end
end


--- What is wrong with an option. Whoever raises it takes the message; the
--- command has its own words for who was called and what the option is called.
---@class gctokens.OptionError
---@field message string
---@field reason string the message without where and which option
---@field option string?
---@field origin string? the environment variable that the value is from

---@param where string who was called, for the message
---@param option string?
---@param reason string what goes on from the option's name, if there is one
---@param origin string?
---@return gctokens.OptionError
function validate.option_error(where, option, reason, origin)
  local subject = option and ("option %q%s "):format(
    option, origin and (" (from %s)"):format(origin) or "") or ""
  return {
    message = ("%s: %s%s"):format(where, subject, reason),
    reason = reason,
    option = option,
    origin = origin,
  }
end


-- What is wrong with one named value, or nil.
local function find(where, name, value, known)
  if type(name) ~= "string" then
    return validate.option_error(where, nil,
      "option names are strings, got " .. type(name))
  end
  local check = known[name]
  if not check then
    local hint = require("gctokens.suggest").hint(name, known)
    return validate.option_error(where, nil,
      ("there is no option %q%s"):format(name, hint))
  end
  local verdict = check(value)
  if verdict ~= true then
    return validate.option_error(where, name,
      ("must be %s, got %s"):format(verdict, validate.shown(value)))
  end
end


--- Raises when one named value is unknown or wrong.
---@param where string who was called, for messages
---@param name any
---@param value any
---@param known table<string, function> name -> check
function validate.one(where, name, value, known)
  local err = find(where, name, value, known)
  if err then
    errors.raise(err.message)
  end
end


--- The first value of a table that is unknown or wrong, or nil.
---@param where string
---@param given table
---@param known table<string, function> name -> check
---@return gctokens.OptionError?
function validate.first_wrong(where, given, known)
  for name, value in pairs(given) do
    local err = find(where, name, value, known)
    if err then
      return err
    end
  end
end


--- Raises on the first value of a table that is unknown or wrong.
---@param where string
---@param given table
---@param known table<string, function> name -> check
function validate.all(where, given, known)
  local err = validate.first_wrong(where, given, known)
  if err then
    errors.raise(err.message)
  end
end


--- A copy of what is in the table itself: what a metatable adds would be half
--- seen.
---@param where string
---@param value any
---@return table
function validate.copy(where, value)
  if type(value) ~= "table" then
    errors.raise(("%s: options must be a table, got %s"):format(
      where, type(value)))
  end
  local plain = {}
  for name, option in next, value do
    plain[name] = option
  end
  return plain
end


return validate
