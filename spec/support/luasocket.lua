--- A transport over LuaSocket: blocking, clear text, a new connection each.

local http = require("socket.http")
local ltn12 = require("ltn12")


return function(request)
  local chunks, headers = {}, {}
  for name, value in pairs(request.headers) do
    headers[name] = value
  end
  if request.body then
    headers["Content-Length"] = #request.body
  end
  local before = http.TIMEOUT
  http.TIMEOUT = request.timeout
  local ok, status, response_headers = http.request({
    url = request.url,
    method = request.method,
    headers = headers,
    source = request.body and ltn12.source.string(request.body),
    sink = ltn12.sink.table(chunks),
    redirect = false,
  })
  http.TIMEOUT = before
  if not ok then
    return nil, {
      kind = status == "timeout" and "timeout" or "transport",
      message = status,
    }
  end
  return {
    status = status, headers = response_headers, body = table.concat(chunks),
  }
end
