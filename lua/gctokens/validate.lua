--- Checks of options. A check is a function that returns true, or what would
-- have been right: "a number of seconds above 0".

local errors = require("gctokens.errors")

local LONGEST_NAME = 40 -- bytes; no option's name is as long

local validate = {}


--- What of a wrong value may be shown. A number is no secret; anything else may
--- hold one.
---@param value any
---@return string
function validate.shown(value)
  if value == "" then
    return "an empty string"
  end
  return type(value) == "number" and tostring(value) or type(value)
end


local function is(kind)
  return function(value)
    return type(value) == kind or "a " .. kind
  end
end


validate.is_boolean = is("boolean")
validate.is_function = is("function")
validate.is_string = is("string")


function validate.is_text(value)
  return type(value) == "string" and value ~= ""
    and not value:find("\0", 1, true)
    or "a string, not empty, without NUL bytes"
end


function validate.is_seconds(value)
  return type(value) == "number" and value > 0 and value < math.huge
    or "a number of seconds above 0"
end


function validate.is_delay(value)
  return type(value) == "number" and value >= 0 and value < math.huge
    or "a number of seconds, 0 or more"
end


function validate.is_count(value)
  return type(value) == "number" and value >= 1 and value < 2 ^ 31
    and math.floor(value) == value
    or "a whole number from 1"
end


function validate.is_token(value)
  return type(value) == "string" or type(value) == "function"
    or "a string or a function"
end


--- Whether a table is a list of such elements, and not empty. ipairs would stop
--- at a hole, and lose the elements behind it. What a metatable adds is none.
---@param value table
---@param is_element fun(element: any): boolean
---@return boolean
function validate.is_list_of(value, is_element)
  local count = 0
  for _ in next, value do
    count = count + 1
  end
  for i = 1, count do
    if not is_element(rawget(value, i)) then
      return false
    end
  end
  return count > 0
end


--- Names and values are checked when a request is made of them.
function validate.is_headers(value)
  if type(value) ~= "table" then
    return "a table of strings"
  end
  for name, text in pairs(value) do
    if type(name) ~= "string" or type(text) ~= "string" then
      return "a table of strings, names to values"
    end
  end
  return true
end


function validate.is_loop(value)
  if type(value) ~= "table" then
    return "a table"
  end
  for _, name in ipairs({ "now", "sleep", "wait" }) do
    if type(value[name]) ~= "function" then
      return ("a table with a function %s"):format(name)
    end
  end
  for _, name in ipairs({
    "run", "event", "detach", "start_call", "close_engine",
  }) do
    if value[name] ~= nil and type(value[name]) ~= "function" then
      return ("a table whose %s is a function, if it has one"):format(name)
    end
  end
  return true
end


-- "a, b and c", for messages
local function names_of(rows)
  local names = {}
  for i, row in ipairs(rows) do
    names[i] = row.name
  end
  return table.concat(names, ", ", 1, #names - 1) .. " and " .. names[#names]
end


-- What `check` lets through, or a table of fields.
local function is_or_has_fields(check, rows, own)
  local checks = validate.checks_of(rows, own)
  return function(value)
    local verdict = check(value)
    if verdict == true then
      return true
    end
    local expected = ("%s or a table of %s"):format(verdict, names_of(rows))
    if type(value) ~= "table" then
      return expected
    end
    for name, field in pairs(value) do
      if not checks[name] then
        return ("%s, without %q"):format(expected, tostring(name))
      end
      verdict = checks[name](field)
      if verdict ~= true then
        return ("a table whose %s is %s, not %s"):format(
          name, verdict, validate.shown(field))
      end
    end
    return true
  end
end


--- The checks of the options in a table of options.
---@param rows table[] see gctokens.options.client
---@param own table<string, function>? further checks
---@return table<string, function> checks option -> check
function validate.checks_of(rows, own)
  local checks = {}
  for _, row in ipairs(rows) do
    local name = "is_" .. row.type
    local check = own and own[name] or validate[name]
    checks[row.name] = row.fields and is_or_has_fields(check, row.fields, own)
      or check
  end
  return checks
end


--- What is wrong with an option. The library raises the message. The command
--- makes its own of the other fields, as it spells options in another way.
---@class gctokens.OptionError
---@field message string
---@field reason string the message without the caller and the option
---@field option string? its name; absent where that is not a string
---@field origin string? the environment variable that the value is from

---@param where string who was called, for the message
---@param option string?
---@param reason string the rest of the sentence that the option begins
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


-- What is longer than any name may be a token, and is not shown.
local function unknown(where, name, checks)
  if #name > LONGEST_NAME then
    return validate.option_error(where, nil,
      ("there is no option of a name with %d bytes"):format(#name))
  end
  local err = validate.option_error(where, nil, ("there is no option %q%s")
    :format(name, require("gctokens.suggest").hint(name, checks)))
  err.option = name
  return err
end


--- The first option that is unknown or has a wrong value, or nil.
---@param where string who was called, for messages
---@param options table
---@param checks table<string, function> option -> check
---@return gctokens.OptionError?
function validate.first_wrong(where, options, checks)
  for name, value in pairs(options) do
    if type(name) ~= "string" then
      return validate.option_error(where, nil,
        "option names are strings, got " .. type(name))
    elseif not checks[name] then
      return unknown(where, name, checks)
    end
    local verdict = checks[name](value)
    if verdict ~= true then
      return validate.option_error(where, name,
        ("must be %s, got %s"):format(verdict, validate.shown(value)))
    end
  end
end


--- Raises on the first option that is unknown or has a wrong value.
---@param where string
---@param options table
---@param checks table<string, function> option -> check
function validate.all(where, options, checks)
  local err = validate.first_wrong(where, options, checks)
  if err then
    errors.raise(err.message)
  end
end


--- A copy of the options in the table itself. What a metatable adds is left
--- out: `pairs` would not see it.
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
