--- The least that a client of the Tokens API can be in nginx, written by hand
--- on cosockets: what gctokens is measured against. It trusts the server.

local cjson = require("cjson")

local ngx = ngx


local cosocket = {}


local function read_headers(socket)
  local headers = {}
  while true do
    local line, err = socket:receive()
    if not line then
      return nil, err
    end
    if line == "" then
      return headers
    end
    local name, value = line:match("^([^:]+):%s*(.-)%s*$")
    if name then
      headers[name:lower()] = value
    end
  end
end


local function read_response(socket)
  local line, err = socket:receive()
  if not line then
    return nil, err
  end
  local status = tonumber(line:match("^HTTP/1%.1 (%d%d%d)"))
  local headers
  headers, err = read_headers(socket)
  if not headers then
    return nil, err
  end
  local body
  body, err = socket:receive(tonumber(headers["content-length"]))
  if not body then
    return nil, err
  end
  return status, headers, body
end


--- A function that makes one call of GET /api/v2/tokens/me below `path`:
--- the decoded body, or nil and a message.
function cosocket.client(host, port, path, token)
  local request = table.concat({
    "GET " .. path .. "/api/v2/tokens/me HTTP/1.1",
    "Host: " .. host .. ":" .. port,
    "User-Agent: cosocket",
    "Accept: application/json",
    "Accept-Encoding: gzip",
    "Authorization: Bearer " .. token,
    "", "",
  }, "\r\n")
  local options = { pool_size = 1000 }
  return function()
    local socket = ngx.socket.tcp()
    socket:settimeouts(5000, 5000, 5000)
    local ok, err = socket:connect(host, port, options)
    if not ok then
      return nil, err
    end
    ok, err = socket:send(request)
    if not ok then
      return nil, err
    end
    local status, headers, body = read_response(socket)
    if status ~= 200 then
      socket:close()
      return nil, headers
    end
    socket:setkeepalive(60000)
    return cjson.decode(body), nil, headers
  end
end


return cosocket
