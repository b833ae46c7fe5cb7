--- One attempt of an operation through a function of the user, which does the
-- I/O in place of the engine. It is called as it is: an error that it raises
-- goes through to the caller, and it may yield on every Lua.

local core = require("gctokens.core")
local errors = require("gctokens.errors")


-- The kinds that the function may name, and whether trying again may help.
local RETRYABLE = {
  transport = true, timeout = true, tls = false, proxy = false,
}


local Transport = {}

local transport_metatable = {
  __name = "gctokens.transport",
  __index = Transport,
}


-- ---- the function's error ---------------------------------------------------

-- The kind, the message, and the status that a proxy answered with.
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


-- `sent` is the request object, whose secrets the message must not show.
local function failed(operation, sent, err)
  local kind, message, proxy_status = explain(err)
  return nil, errors.new(kind, operation,
    "the transport failed: " .. core.redact(message, sent), {
      attempts = 1,
      retryable = RETRYABLE[kind] or (proxy_status or 0) >= 500,
      proxy_status = proxy_status,
      response = { attempts = 1, sent = 1, raw_headers = "", headers = {} },
    })
end


-- ---- the attempt -----------------------------------------------------------

--- Makes one attempt. An error without a response was refused before the
--- function was called.
---@param now fun(): number the clock, seconds
---@param operation string
---@param arguments table? of the core; gets what follows
---@param access_token string?
---@param headers table<string, string>?
---@param timeout number seconds
---@param connect_timeout number seconds
---@return any result
---@return table? err
---@return table? response
function Transport:attempt(now, operation, arguments, access_token, headers,
                           timeout, connect_timeout)
  if self.closed then
    return nil, errors.new("closed", operation, "the client is closed")
  end
  arguments = arguments or {}
  arguments.access_token, arguments.headers = access_token, headers
  arguments.base_url = arguments.base_url or self.base_url
  arguments.user_agent = self.user_agent
  local request, refused, sent = core.request(
    operation, arguments, self.allow_http)
  if not request then
    return nil, refused
  end
  request.timeout, request.connect_timeout = timeout, connect_timeout
  self.calls = self.calls + 1
  local started = now()
  local received, send_err = self.send(request)
  local elapsed = now() - started
  local result, err, response
  if not received and send_err ~= nil then
    result, err = failed(operation, sent, send_err)
  else
    result, err, response = core.response(
      sent, received, self.max_response_bytes)
  end
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


---@param options table of options.for_client, with a transport
function transport.new(options)
  return setmetatable({
    send = options.transport,
    base_url = options.base_url,
    allow_http = options.allow_http,
    user_agent = options.user_agent,
    max_response_bytes = options.max_response_bytes,
    calls = 0,
    closed = false,
  }, transport_metatable)
end


return transport
