--- One HTTP/1.1 request and its response over an own connection to loopback,
--- byte by byte as wanted. Between sending and receiving the caller may do
--- something else, such as sending more requests.
--
--   local pending = exchange.send(port, { path = "/", headers = {} })
--   local status, headers, body = pending:receive()

local socket = require "socket"

local TIMEOUT = 10 -- seconds for any single read or write

local exchange = {}
local Pending = {}
local mt = { __index = Pending }


-- The lines of the headers, sorted so that they are always the same.
local function header_lines(headers)
  local lines = {}
  for name, values in pairs(headers) do
    if type(values) ~= "table" then
      values = { values }
    end
    for _, value in ipairs(values) do
      if value ~= false then
        lines[#lines + 1] = name .. ": " .. value .. "\r\n"
      end
    end
  end
  table.sort(lines)
  return table.concat(lines)
end


local function head_and_body(port, request)
  local headers = {
    ["host"] = "127.0.0.1:" .. port,
    ["connection"] = "close",
    ["content-length"] = request.body and #request.body,
  }
  local own = {}
  for name, value in pairs(request.headers or {}) do
    headers[name:lower()] = nil
    own[name] = value
  end
  return (request.method or "GET") .. " " .. (request.path or "/")
    .. " HTTP/1.1\r\n" .. header_lines(headers) .. header_lines(own) .. "\r\n"
    .. (request.body or "")
end


-- A time-out is a failure of the spec, a closed connection is an outcome.
local function check(self, value, message)
  if value == nil and message ~= "closed" then
    self:close()
    error("127.0.0.1:" .. self.port .. ": " .. tostring(message) .. " after "
      .. self.request, 0)
  end
  return value
end


--- Sends a request: method ("GET"), path ("/"), headers (name -> text, list of
--- texts, or false for none), body; or raw, the exact bytes in place of those.
--- Unless given, Host, Content-Length and Connection: close are added.
function exchange.send(port, request)
  local bytes = request.raw or head_and_body(port, request)
  local connection = assert(socket.tcp())
  connection:settimeout(TIMEOUT)
  local self = setmetatable({
    connection = connection,
    port = port,
    request = bytes:match("^[^\r\n]*"),
  }, mt)
  if check(self, connection:connect("127.0.0.1", port)) then
    connection:setoption("tcp-nodelay", true)
    check(self, connection:send(bytes))
  end
  return self
end


--- Sends more bytes, of a request that was raw.
function Pending:send(bytes)
  check(self, self.connection:send(bytes))
end


local function read_line(self)
  return check(self, self.connection:receive("*l"))
end


local function read_bytes(self, count)
  return count == 0 and "" or check(self, self.connection:receive(count))
end


-- Header lines up to the empty one: lower-case names to values, repeated ones
-- joined with commas.
local function read_headers(self)
  local headers = {}
  while true do
    local line = read_line(self)
    if not line then
      return nil
    elseif line == "" then
      return headers
    end
    local name, value = line:match("^([^:]+):%s*(.-)%s*$")
    if not name then
      error("not a header line: " .. line, 0)
    end
    name = name:lower()
    headers[name] = headers[name] and headers[name] .. ", " .. value or value
  end
end


local function read_chunks(self)
  local chunks = {}
  while true do
    local line = read_line(self)
    local size = line and tonumber(line:match("^%x+"), 16)
    local chunk = size and read_bytes(self, size)
    if not chunk or not read_line(self) then
      return nil
    elseif size == 0 then
      return table.concat(chunks)
    end
    chunks[#chunks + 1] = chunk
  end
end


local function read_body(self, status, headers)
  if self.request:match("^HEAD ") or status == 204 or status == 304 then
    return ""
  elseif headers["transfer-encoding"] == "chunked" then
    return read_chunks(self)
  elseif headers["content-length"] then
    return read_bytes(self, tonumber(headers["content-length"]))
  end
  return check(self, self.connection:receive("*a"))
end


local function read_reply(self)
  local line = read_line(self)
  if not line then
    return nil
  end
  local status = tonumber(line:match("^HTTP/%d%.%d (%d%d%d)"))
  if not status then
    error("not a status line: " .. line, 0)
  end
  local headers = read_headers(self)
  local body = headers and read_body(self, status, headers)
  if body then
    return status, headers, body
  end
end


--- Reads the response and closes: status, headers (lower-case), body, or nil
--- and "closed" when the connection ended before it was complete.
function Pending:receive()
  local status, headers, body = read_reply(self)
  self:close()
  if not status then
    return nil, "closed"
  end
  return status, headers, body
end


--- Closes the connection, which then need not be received from.
function Pending:close()
  self.connection:close()
end


--- The same with a RST.
function Pending:abort()
  self.connection:setoption("linger", { on = true, timeout = 0 })
  self.connection:close()
end


return exchange
