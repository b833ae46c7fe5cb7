--- A body that passes validation is what the published schema says.
-- Input: the body, as value.lua reads it.

local cjson = require("cjson")
local core = require("gctokens.core")
local read = require("spec.properties.value")


local function whole(lowest, highest)
  return function(value)
    return type(value) == "number" and value % 1 == 0 and value >= lowest
      and value <= highest
  end
end

local function boolean(value)
  return type(value) == "boolean"
end

local function unit(value)
  return value == "Minutes" or value == "Hours"
end

local function list_of(is_item)
  return function(value)
    local count = 0
    for key in pairs(type(value) == "table" and value or { x = true }) do
      if type(key) ~= "number" then
        return false
      end
      count = count + 1
    end
    for i = 1, count do
      if not is_item(value[i]) then
        return false
      end
    end
    return true
  end
end

local function object(fields, required)
  return function(value)
    for key, item in pairs(type(value) == "table" and value or { false }) do
      if type(key) ~= "string" or fields[key] and not fields[key](item) then
        return false
      end
    end
    for _, name in ipairs(required) do
      if value[name] == nil then
        return false
      end
    end
    return true
  end
end

local is_body = object({
  idleTokenTimeoutSeconds = whole(300, 28800),
  enableIdleTokenTimeout = boolean,
  inactivityTimeoutUnit = unit,
  inactivityTimeoutGroupsEnabled = boolean,
  inactivityTimeoutGroupBundles = list_of(object({
    priority = whole(1, 5),
    timeoutSeconds = whole(300, 28800),
    inactivityTimeoutUnit = unit,
    groups = list_of(function(value)
      return type(value) == "string"
    end),
  }, { "priority", "timeoutSeconds", "groups" })),
}, {})


return function(input)
  local value = read(input)
  if type(value) ~= "table" then
    return
  end
  local request, err = core.request("put_tokens_timeout", {
    base_url = "https://api.example.com", access_token = "token", body = value,
  })
  if request then
    assert(is_body(value), request.body)
    assert(type(cjson.decode(request.body)) == "table")
  else
    assert(err.kind == "argument" and err.message:find("body", 1, true))
  end
end
