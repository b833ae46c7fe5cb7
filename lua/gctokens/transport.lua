--- One attempt of an operation through a function of the user, which does the
-- I/O in place of the engine. It is called as it is: an error that it raises
-- goes through to the caller, and it may yield on every Lua.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local redact = require("gctokens.redact")


-- The kinds that the function may name, and whether trying again may help.
local RETRYABLE = {
  transport = true, timeout = true, tls = false, proxy = false,
}


local Transport = {}

local transport_metatable = {
  __name = "gctokens.transport",
  __index = Transport,
}


-- ---- what the function returned --------------------------------------------

local function failed(kind, operation, reason, retryable, proxy_status)
  return nil, errors.new(kind, operation, reason, {
    attempts = 1,
    retryable = retryable,
    proxy_status = proxy_status,
    response = { attempts = 1, sent = 1, raw_headers = "", headers = {} },
  })
end


-- The arguments as they are now, for judging the response: body and headers,
-- which that does not need, are tables that the caller may change in the
-- meantime.
local function without_tables(arguments)
  local kept = {}
  for name, value in pairs(arguments) do
    if type(value) ~= "table" then
      kept[name] = value
    end
  end
  return kept
end


-- Of an error that the function returned: the kind, the words, and what a proxy
-- has answered.
local function explain(err)
  local kind, message, status
  if type(err) == "table" then
    kind, message = rawget(err, "kind"), rawget(err, "message")
    status = kind == "proxy" and tonumber(rawget(err, "proxy_status"))
  end
  if RETRYABLE[kind] == nil then
    kind = "transport"
  end
  if type(message) ~= "string" then
    message = errors.describe(err)
  end
  return kind, message, status or nil
end


-- A line break in one would begin another header.
local function is_line(text)
  return type(text) == "string" and not text:gsub("\t", ""):find("%c")
end


local function is_header_value(value)
  if type(value) ~= "table" then
    return is_line(value)
  end
  for i = 1, #value do
    if not is_line(value[i]) then
      return false
    end
  end
  return true
end


local function has_only_texts(headers)
  for name, value in next, headers do
    if not is_line(name) or name:find(":", 1, true)
       or not is_header_value(value) then
      return false
    end
  end
  return true
end


-- What makes a response unusable, or nil.
local function flaw(response)
  if type(response) ~= "table" then
    return type(response) .. " in place of a table"
  end
  local status, headers, body = response.status, response.headers, response.body
  if type(status) ~= "number" or not (status >= 100 and status <= 999)
     or status % 1 ~= 0 then
    return "a status that is not a whole number from 100 to 999"
  elseif headers ~= nil and type(headers) ~= "table" then
    return ("headers that are a %s, not a table"):format(type(headers))
  elseif headers and not has_only_texts(headers) then
    return "headers that are not all lines of text, or lists of them"
  elseif body ~= nil and type(body) ~= "string" then
    return ("a body that is a %s, not a string"):format(type(body))
  end
end


-- A response that cannot be used would be no better the next time.
local function judge(self, operation, sent, hidden, response, why)
  if not response and why ~= nil then
    local kind, message, proxy_status = explain(why)
    return failed(kind, operation,
      "the transport failed: " .. core.redact(message, hidden),
      RETRYABLE[kind] or (proxy_status or 0) >= 500, proxy_status)
  end
  local wrong = flaw(response)
  if wrong then
    return failed("transport", operation,
      "the transport returned " .. wrong, false)
  end
  return core.response(operation, response.status, response.headers,
    response.body,
    sent, self.max_response_bytes)
end


-- ---- the attempt -----------------------------------------------------------

--- Makes one attempt. An error without a response was refused before the
--- function was called.
---@param operation string
---@param arguments table of the core; gets what the client sets
---@param now fun(): number the clock, seconds
---@return any result
---@return table? err
---@return table? response
function Transport:attempt(operation, arguments, now)
  if self.closed then
    return nil, errors.new("closed", operation, "the client is closed")
  end
  arguments.base_url = arguments.base_url or self.base_url
  arguments.user_agent = self.user_agent
  local request, refused = core.request(
    operation, arguments, self.allow_http)
  if not request then
    return nil, refused
  end
  request.timeout = arguments.timeout
  request.connect_timeout = arguments.connect_timeout
  local sent = without_tables(arguments)
  local hidden = redact.of(request, arguments)
  self.calls = self.calls + 1
  local started = now()
  local answered, why = self.send(request)
  local elapsed = now() - started
  local result, err, response = judge(
    self, operation, sent, hidden, answered, why)
  response = response or err.response
  response.elapsed = elapsed
  return result, err, response
end


-- ---- in place of an engine -------------------------------------------------

--- What is known without an engine.
---@return gctokens.Stats
function Transport:stats()
  return { calls = self.calls }
end


function Transport:close()
  self.closed = true
end


local transport = {}


---@param settings table of options.for_client, with a transport
function transport.new(settings)
  return setmetatable({
    send = settings.transport,
    base_url = settings.base_url,
    allow_http = settings.allow_http,
    user_agent = settings.user_agent,
    max_response_bytes = settings.max_response_bytes,
    calls = 0,
    closed = false,
  }, transport_metatable)
end


return transport
