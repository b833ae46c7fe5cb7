-- Where every request arrives: routed by its raw URI, recorded, hit by a fault
-- if one waits for it, answered.

local access = require "app.access"
local control = require "app.control"
local faults = require "app.faults"
local oauth = require "app.oauth"
local operations = require "app.operations"
local process_info = require "ngx.process"
local recorder = require "app.recorder"
local responses = require "app.responses"
local state = require "app.state"
local timeout = require "app.timeout"

local TOKENS = "/api/v2/tokens/"
local CONTROL = "/_emulator/"

-- path -> method -> operation
local ROUTES = {
  ["/oauth/token"] = {
    POST = oauth.post_token,
  },
  [TOKENS .. "me"] = {
    GET = operations.get_tokens_me,
    HEAD = operations.head_tokens_me,
    DELETE = operations.delete_tokens_me,
  },
  [TOKENS .. "timeout"] = {
    GET = operations.get_tokens_timeout,
    PUT = operations.put_tokens_timeout,
  },
}

local USER_ROUTE = {
  DELETE = operations.delete_token,
}

-- What nginx refuses by itself -> the code the API has for it. Other statuses
-- (malformed or oversized request lines and headers) are a bad request.
local REFUSALS = {
  [405] = "method.not.allowed",
  [413] = "request.entity.too.large",
  [500] = "internal.server.error",
}

local server = {} -- what the control API tells about this server

local _M = {}


function _M.init(ports)
  server.http_url = "http://127.0.0.1:" .. ports.http
  server.https_url = "https://127.0.0.1:" .. ports.https
  server.expired_url = "https://127.0.0.1:" .. ports.expired
  server.wrong_host_url = "https://127.0.0.1:" .. ports.wrong_host
  server.foreign_url = "https://127.0.0.1:" .. ports.foreign
  server.ca_file = ngx.config.prefix() .. "ca.pem"
  server.foreign_ca_file = ngx.config.prefix() .. "foreign-ca.pem"
  control.reset()
end


-- A path segment is decoded exactly once, and a plus sign is just that.
local function decode_segment(segment)
  return (segment:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end


local function find_route(request)
  local path = request.path
  local route = ROUTES[path]
  if not route and path:sub(1, #TOKENS) == TOKENS then
    local segment = path:sub(#TOKENS + 1)
    if segment ~= "" and not segment:find("/", 1, true) then
      request.user_id = decode_segment(segment)
      route = ROUTES[TOKENS .. request.user_id] or USER_ROUTE
    end
  end
  return route
end


local function not_allowed(request, route)
  local methods = {}
  for method in pairs(route) do
    methods[#methods + 1] = method
  end
  table.sort(methods)
  responses.add_header(request, "Allow", table.concat(methods, ", "))
  return responses.error(request, "method.not.allowed")
end


-- What the API does with a request. Returns the response.
local function process(request)
  local current = state.current()
  request.settings = current.settings
  request.timeout = current.timeout
  request.now = ngx.now() + current.clock_offset
  local route = find_route(request)
  if not route then
    return responses.error(request, "not.found")
  end
  local operation = route[request.method]
  if not operation then
    return not_allowed(request, route)
  end
  if operation.is_public then
    return operation.handle(request)
  end
  -- The second is the access token, or the response when there is no token.
  local token, second = access.check(request, operation)
  if not token then
    return second
  end
  return operation.handle(request, token, second)
end


local function read_request()
  local uri = ngx.var.request_uri
  local query = uri:find("?", 1, true)
  ngx.req.read_body()
  return {
    method = ngx.req.get_method(),
    uri = uri,
    path = query and uri:sub(1, query - 1) or uri,
    has_query = query ~= nil,
    body = ngx.req.get_body_data() or "",
    response_headers = {},
  }
end


local function handle_control(request)
  server.pid = process_info.get_master_pid()
  request.server = server
  return responses.send(request, control.handle(request))
end


function _M.handle()
  local request = read_request()
  if request.path:sub(1, #CONTROL) == CONTROL then
    return handle_control(request)
  end
  request.correlation_id = responses.correlation_id()
  responses.add_header(
    request, "ININ-Correlation-Id", request.correlation_id
  )
  if state.current().settings.record then
    recorder.add(request)
  end
  local fault = faults.take(request)
  if fault then
    return faults.apply(fault, request, process)
  end
  local response = process(request)
  recorder.answered(request, response.status)
  return responses.send(request, response)
end


-- Answers in nginx's place what it refuses before any handler sees it.
function _M.refuse()
  local status = ngx.status
  local request = {
    correlation_id = responses.correlation_id(),
    response_headers = {},
  }
  responses.add_header(
    request, "ININ-Correlation-Id", request.correlation_id
  )
  return responses.send(request, responses.error(
    request, REFUSALS[status] or "bad.request",
    status == 413 and { maximum = timeout.maximum_bytes } or nil
  ))
end


return _M
