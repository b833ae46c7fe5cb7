-- The control API under /_emulator/: JSON in and out, 400 with a message on
-- input that makes no sense, so that a typing error cannot pass for a test.

local faults = require "app.faults"
local json = require "app.json"
local limits = require "app.limits"
local recorder = require "app.recorder"
local responses = require "app.responses"
local seeds = require "app.seeds"
local state = require "app.state"
local tokens = require "app.tokens"

local _M = {}


local function is_count(value)
  return type(value) == "number" and value >= 0 and value == math.floor(value)
end


local function is_positive(value)
  return type(value) == "number" and value > 0 and value < math.huge
end


local function is_text(value)
  return type(value) == "string"
end


local function is_flag(value)
  return type(value) == "boolean"
end


-- Lua's empty table is sent as an object, which here means the same.
local function is_list(value)
  if json.is_object(value) then
    return next(value) == nil
  end
  for i = 1, json.is_array(value) and #value or 0 do
    if not is_text(value[i]) then
      return false
    end
  end
  return json.is_array(value)
end


local function is_header_map(value)
  for name, header in pairs(json.is_object(value) and value or {}) do
    local fits = is_text(header) or header == false or is_list(header)
    if name == "" or not fits then
      return false
    end
  end
  return json.is_object(value)
end


local TOKEN_FIELDS = {
  user = { is_text, "the name or id of a user" },
  client = { is_text, "the name or id of a client" },
  permissions = { is_list, "a list of strings" },
  scopes = { is_list, "a list of strings" },
  expires_in = { is_positive, "a positive number of seconds" },
  access_token = {
    function(value)
      return is_text(value) and value:find("^%S+$") ~= nil
    end,
    "a string without white space",
  },
  cloned_user = {
    function(value)
      return value == true or json.is_object(value) and is_text(value.id)
        and json.is_object(value.organization)
        and is_text(value.organization.id)
    end,
    "true or {id, organization = {id}}",
  },
}

local FAULT_FIELDS = {
  count = {
    function(value)
      return is_count(value) and value > 0
    end,
    "a positive whole number",
  },
  method = { is_text, "a string" },
  path = {
    function(value)
      return is_text(value) and value:find("^/[^?]*$") ~= nil
    end,
    "a raw path without a query",
  },
  delay = {
    function(value)
      return value == 0 or is_positive(value)
    end,
    "a number of seconds",
  },
  status = {
    function(value)
      return is_count(value) and value >= 200 and value <= 599
    end,
    "a status from 200 to 599",
  },
  code = {
    function(value)
      return is_text(value) and responses.is_code(value)
    end,
    "an error code the emulator knows",
  },
  headers = { is_header_map, "a map to strings, lists of strings or false" },
  body = { is_text, "a string" },
  raw = { is_text, "a string" },
  raw_base64 = {
    function(value)
      return is_text(value) and ngx.decode_base64(value) ~= nil
    end,
    "base64",
  },
  reset = { is_flag, "a boolean" },
  cut = { is_count, "a whole number of bytes" },
  drip = {
    function(value)
      return is_positive(value) and value >= 0.001
    end,
    "a number of seconds, at least 0.001",
  },
  fill = {
    function(value)
      return is_count(value) and value >= faults.minimum_fill
    end,
    "a whole number of bytes, at least " .. faults.minimum_fill,
  },
  then_process = { is_flag, "a boolean" },
}

local SETTINGS_FIELDS = {
  rate_per_minute = { is_count, "a whole number" },
  oauth_rate_per_minute = { is_count, "a whole number" },
  expires_in = { is_positive, "a positive number of seconds" },
  hipaa = { is_flag, "a boolean" },
  record = { is_flag, "a boolean" },
  unlimited_users = { is_flag, "a boolean" },
}

local CLOCK_FIELDS = {
  advance = {
    function(value)
      return value == 0 or is_positive(value)
    end,
    "a number of seconds",
  },
}

-- What of a fault makes something happen.
local EFFECTS = {
  "body", "code", "cut", "delay", "drip", "fill", "headers", "raw",
  "raw_base64", "reset", "status",
}


-- Returns the request's body as an object with known fields only, or nil and
-- what is wrong with it. A field that is null counts as absent.
local function read(request, fields)
  local input, message = json.decode(request.body == "" and "{}"
    or request.body)
  if not json.is_object(input) then
    return nil, "the body must be a JSON object: " .. tostring(message)
  end
  local result = {}
  for name, value in pairs(input) do
    local field = fields[name]
    if not field then
      return nil, "unknown field " .. name
    end
    if value ~= json.null then
      if not field[1](value) then
        return nil, name .. " must be " .. field[2]
      end
      result[name] = value
    end
  end
  return result
end


local function describe(request)
  local current = state.current()
  local described = {
    tokens = {},
    users = {},
    clients = {},
    settings = current.settings,
    timeout = current.timeout,
    now = state.now(),
    organization = seeds.organization,
  }
  for name, value in pairs(request.server) do
    described[name] = value
  end
  for name, token in pairs(seeds.tokens) do
    described.tokens[name] = token.access_token
  end
  for name, user in pairs(seeds.users) do
    described.users[name] = user.id
  end
  for name, client in pairs(seeds.clients) do
    described.clients[name] = { id = client.id, secret = client.secret }
  end
  return described
end


function _M.reset()
  state.reset()
  tokens.reset()
  limits.reset()
  faults.clear()
  recorder.clear()
  return {}
end


local function issue(request)
  local spec, message = read(request, TOKEN_FIELDS)
  if not spec then
    return nil, message
  end
  local user = spec.user and tokens.user(spec.user)
  if spec.user and not user and not tokens.is_uuid(spec.user) then
    return nil, "unknown user " .. spec.user
  end
  spec.user = user and user.id or spec.user
  spec.client = spec.client or spec.user and "desktop" or "service"
  spec.client = tokens.client_name(spec.client)
  if not spec.client then
    return nil, "unknown client"
  end
  if spec.cloned_user == true then
    spec.cloned_user = seeds.cloned_user
  end
  return { access_token = tokens.issue(spec) }
end


local function add_fault(request)
  local fault, message = read(request, FAULT_FIELDS)
  if not fault then
    return nil, message
  end
  local has_effect = false
  for _, name in ipairs(EFFECTS) do
    has_effect = has_effect or fault[name] ~= nil
  end
  if not has_effect then
    return nil, "the fault has no effect: none of "
      .. table.concat(EFFECTS, ", ")
  end
  fault.count = fault.count or 1
  return { waiting = faults.add(fault) }
end


local function change_settings(request)
  local changes, message = read(request, SETTINGS_FIELDS)
  if not changes then
    return nil, message
  end
  state.change_settings(changes)
  return state.current().settings
end


local function advance_clock(request)
  local change, message = read(request, CLOCK_FIELDS)
  if not change then
    return nil, message
  end
  state.advance(change.advance or 0)
  return { now = state.now() }
end


local ROUTES = {
  ["GET /_emulator/"] = describe,
  ["POST /_emulator/reset"] = _M.reset,
  ["POST /_emulator/tokens"] = issue,
  ["GET /_emulator/requests"] = recorder.list,
  ["DELETE /_emulator/requests"] = function()
    recorder.clear()
    return {}
  end,
  ["POST /_emulator/faults"] = add_fault,
  ["DELETE /_emulator/faults"] = function()
    faults.clear()
    return {}
  end,
  ["POST /_emulator/settings"] = change_settings,
  ["POST /_emulator/clock"] = advance_clock,
}


-- Returns the response to a control request.
function _M.handle(request)
  local handler = ROUTES[request.method .. " " .. request.path]
  if not handler then
    return {
      status = 404,
      body = json.encode({
        error = "no control operation " .. request.method .. " "
          .. request.path,
      }),
    }
  end
  local result, message = handler(request)
  if not result then
    return { status = 400, body = json.encode({ error = message }) }
  end
  if type(result) == "table" then
    result = json.encode(result)
  end
  return { status = 200, body = result }
end


return _M
