--- Stands in for lua-resty-http, which runs in nginx only: as much of it as the
-- README uses, over LuaSocket. It takes what the original takes, no more.

local luasocket = require("spec.support.luasocket")

local resty_http = {}


local Client = {}

local client_metatable = { __index = Client }

local PARAMETERS = {
  method = true, headers = true, body = true, ssl_verify = true,
  keepalive_timeout = true, keepalive_pool = true,
}


function resty_http.new()
  return setmetatable({}, client_metatable)
end


-- All three are whole milliseconds.
function Client:set_timeouts(connect, send, read)
  for _, milliseconds in ipairs({ connect, send, read }) do
    assert(milliseconds >= 1 and milliseconds % 1 == 0)
  end
  self.timeout = read / 1000
end


function Client:request_uri(uri, parameters)
  for name in pairs(parameters) do
    assert(PARAMETERS[name], name)
  end
  assert(parameters.ssl_verify == true)
  local response, err = luasocket({
    url = uri,
    method = parameters.method,
    headers = parameters.headers,
    body = parameters.body,
    timeout = self.timeout,
  })
  if not response then
    return nil, err.message
  end
  response.has_body = response.body ~= ""
  return response
end


return resty_http
