-- The body of PUT /api/v2/tokens/timeout: read, and checked against the
-- published schema and error codes.

local json = require "app.json"
local responses = require "app.responses"

local SECONDS = { 300, 28800 }
local HIPAA_SECONDS = { 300, 900 }
local PRIORITY = { 1, 5 }
local UNITS = { Minutes = true, Hours = true }

-- type -> whether a value is of it, and how the error calls what would be
local TYPES = {
  integer = {
    function(value)
      return type(value) == "number" and value == math.floor(value)
    end,
    "whole numbers",
  },
  boolean = {
    function(value)
      return type(value) == "boolean"
    end,
    "true, false",
  },
  string = {
    function(value)
      return type(value) == "string"
    end,
    "strings",
  },
  array = { json.is_array, "arrays" },
}

local FIELDS = {
  { "idleTokenTimeoutSeconds", "integer" },
  { "enableIdleTokenTimeout", "boolean" },
  { "inactivityTimeoutUnit", "string" },
  { "inactivityTimeoutGroupsEnabled", "boolean" },
  { "inactivityTimeoutGroupBundles", "array" },
}

local _M = {
  maximum_bytes = 512000,
}


local function is(kind, value)
  return TYPES[kind][1](value)
end


local function is_between(range, value)
  return is("integer", value) and value >= range[1] and value <= range[2]
end


-- Returns what is wrong with a group bundle, or nil.
local function bundle_fault(bundle)
  if not json.is_object(bundle) then
    return "inactivityTimeoutGroupBundles must hold objects"
  end
  if not is_between(PRIORITY, bundle.priority) then
    return "priority must be between 1 and 5"
  end
  if not is_between(SECONDS, bundle.timeoutSeconds) then
    return "timeoutSeconds must be between 300 and 28800"
  end
  local unit = bundle.inactivityTimeoutUnit
  if unit ~= nil and unit ~= json.null and not UNITS[unit] then
    return "inactivityTimeoutUnit must be Minutes or Hours"
  end
  if not json.is_array(bundle.groups) then
    return "groups must be an array"
  end
  for i = 1, #bundle.groups do
    if not is("string", bundle.groups[i]) then
      return "groups must hold strings"
    end
  end
end


-- Returns the known fields that are given; null is the same as not given.
local function known_fields(request, body)
  local changes = {}
  for _, field in ipairs(FIELDS) do
    local name, kind = field[1], field[2]
    local value = body[name]
    if value ~= nil and value ~= json.null then
      if not is(kind, value) then
        return nil, responses.error(request, "invalid.value", {
          value = type(value) == "table" and json.encode(value) or value,
          type = kind,
          allowed = TYPES[kind][2],
        })
      end
      changes[name] = value
    end
  end
  return changes
end


local function check_values(request, changes)
  local seconds = changes.idleTokenTimeoutSeconds
  if seconds then
    local hipaa = request.settings.hipaa
    if not is_between(hipaa and HIPAA_SECONDS or SECONDS, seconds) then
      return responses.error(
        request, "token.timeout.exceeded" .. (hipaa and ".hipaa" or "")
      )
    end
  end
  local unit = changes.inactivityTimeoutUnit
  if unit and not UNITS[unit] then
    return responses.error(request, "invalid.property", {
      value = unit,
      object = "inactivityTimeoutUnit",
    })
  end
  for _, bundle in ipairs(changes.inactivityTimeoutGroupBundles or {}) do
    local fault = bundle_fault(bundle)
    if fault then
      return responses.error(
        request, "constraint.validation", { constraint = fault }
      )
    end
  end
end


-- Returns the fields to change, or nil and the response that refuses them.
function _M.read(request)
  local text = request.body
  if text == "" then
    return {}
  end
  if #text > _M.maximum_bytes then
    return nil, responses.error(
      request, "request.entity.too.large", { maximum = _M.maximum_bytes }
    )
  end
  local media_type = ngx.var.content_type or ""
  if media_type:lower():match("^[^%s;]*") ~= "application/json" then
    return nil, responses.error(request, "unsupported.media.type")
  end
  local body = json.decode(text)
  if not json.is_object(body) then
    return nil, responses.error(request, "bad.request")
  end
  local changes, refusal = known_fields(request, body)
  refusal = refusal or check_values(request, changes)
  if refusal then
    return nil, refusal
  end
  return changes
end


return _M
