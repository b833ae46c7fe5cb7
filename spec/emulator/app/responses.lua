-- Responses and how they are sent. A response is a table {status, body,
-- headers}; headers that every response to a request has are in the request
-- itself.

local json = require "app.json"

-- code -> status and message, as the published API description has them.
local ERRORS = {
  ["bad.request"] = {
    400, "The request could not be understood by the server due to malformed"
      .. " syntax.",
  },
  ["invalid.query.param.value"] = {
    400, "Value [{value}] is not valid for parameter [{parameter}]. Allowable"
      .. " values are: {allowed}",
  },
  ["invalid.value"] = {
    400, "Value [{value}] is not valid for field type [{type}]. Allowable"
      .. " values are: {allowed}",
  },
  ["invalid.property"] = {
    400, "Value [{value}] is not a valid property for object [{object}]",
  },
  ["constraint.validation"] = { 400, "{constraint}" },
  ["token.timeout.exceeded"] = {
    400, "When HIPAA is not enabled timeout must be between 300 and 28800"
      .. " seconds",
  },
  ["token.timeout.exceeded.hipaa"] = {
    400, "When HIPAA is enabled timeout must be between 300 and 900 seconds",
  },
  ["authentication.required"] = {
    401, "No authentication bearer token specified in authorization header.",
  },
  ["bad.credentials"] = { 401, "Invalid login credentials." },
  ["not.authorized"] = {
    403, "You are not authorized to perform the requested action.",
  },
  ["missing.any.permissions"] = {
    403, "Unable to perform the requested action. You must have at least one"
      .. " of the following permissions assigned: {permissions}",
  },
  ["app.not.authorized.for.scope"] = {
    403, "App not authorized to use scope {scope}",
  },
  ["not.found"] = { 404, "The requested resource was not found." },
  ["method.not.allowed"] = { 405, "HTTP 405 Method Not Allowed" },
  ["client.timeout"] = {
    408, "The client did not produce a request within the server timeout"
      .. " limit. This can be caused by a slow network connection and/or"
      .. " large payloads.",
  },
  ["request.conflict"] = {
    409, "The request conflicts with the current state of the target"
      .. " resource.",
  },
  ["request.entity.too.large"] = {
    413, "The request is over the size limit. Maximum bytes: {maximum}",
  },
  ["unsupported.media.type"] = {
    415, "Unsupported Media Type - Unsupported or incorrect media type, such"
      .. " as an incorrect Content-Type value in the header.",
  },
  ["too.many.requests.retry.after"] = {
    429, "Rate limit exceeded the maximum. Retry the request in [{seconds}]"
      .. " seconds",
  },
  ["internal.server.error"] = {
    500, "The server encountered an unexpected condition which prevented it"
      .. " from fulfilling the request.",
  },
  ["service.unavailable"] = {
    503, "Service Unavailable - The server is currently unavailable (because"
      .. " it is overloaded or down for maintenance).",
  },
  ["request.timeout"] = { 504, "The request timed out." },
  ["authentication.request.timeout"] = {
    504, "Authentication request timeout.",
  },
}

local _M = {}


function _M.is_code(code)
  return ERRORS[code] ~= nil
end


-- A random UUID, made from nginx's random id of the request.
function _M.correlation_id()
  local hex = ngx.var.request_id
  return hex:sub(1, 8) .. "-" .. hex:sub(9, 12) .. "-4" .. hex:sub(14, 16)
    .. "-a" .. hex:sub(18, 20) .. "-" .. hex:sub(21)
end


-- The response with an ErrorBody. `params` fill the message's braces.
function _M.error(request, code, params)
  local status, template = ERRORS[code][1], ERRORS[code][2]
  local body = {
    code = code,
    status = status,
    message = template,
    contextId = request.correlation_id,
    details = json.array(),
    errors = json.array(),
  }
  if params then
    local texts = {}
    for name, value in pairs(params) do
      texts[name] = tostring(value)
    end
    body.message = template:gsub("{(%w+)}", texts)
    body.messageWithParams = template
    body.messageParams = texts
  end
  return { status = status, body = json.encode(body) }
end


-- Adds a header to whatever response the request will have. They are a list of
-- names and values: unlike `pairs`, a loop over it is compiled.
function _M.add_header(request, name, value)
  local headers = request.response_headers
  headers[#headers + 1] = name
  headers[#headers + 1] = value
end


-- Sends status and headers, among them the length of the whole body, which
-- the caller then prints.
function _M.send_headers(request, response)
  local body = response.body or ""
  ngx.status = response.status
  if response.status ~= 204 and response.status ~= 304 then
    ngx.header["Content-Length"] = response.length or #body
  end
  ngx.header["Content-Type"] = body ~= "" and "application/json" or nil
  local headers = request.response_headers
  for i = 1, #headers, 2 do
    ngx.header[headers[i]] = headers[i + 1]
  end
  if response.headers then
    for name, value in pairs(response.headers) do
      -- false takes away one that would be sent otherwise.
      ngx.header[name] = value or nil
    end
  end
  ngx.send_headers()
end


function _M.send(request, response)
  _M.send_headers(request, response)
  if response.body and response.body ~= "" then
    ngx.print(response.body)
  end
end


return _M
