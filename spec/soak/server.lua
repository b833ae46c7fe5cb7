--- A Tokens API that cannot be relied on, for the soak:
--
--   lua5.4 server.lua DIRECTORY SEED
--
-- It listens on a free port of loopback, which it writes to DIRECTORY/port, and
-- ends when its standard input does. DIRECTORY/server.log has one line for
-- each request that arrived whole: "request", number, id of the call,
-- operation, number of requests on its connection, token, and of the response
-- that was drawn: action, status, answer (see spec.soak.responses).

local socket = require("socket")

local records = require("spec.soak.records")
local responses = require("spec.soak.responses")

local directory, seed = arg[1], tonumber(arg[2])
local record = records.open(directory .. "/server.log")
local number = 0 -- of requests

-- What the threads of connections wait for.
local reading = {} -- socket -> thread
local sleeping = {} -- thread -> when it goes on, seconds
local running = true

math.randomseed(seed)


-- ---- a connection ----------------------------------------------------------

local operations = {
  ["GET /api/v2/tokens/me"] = "get_tokens_me",
  ["HEAD /api/v2/tokens/me"] = "head_tokens_me",
  ["DELETE /api/v2/tokens/me"] = "delete_tokens_me",
  ["GET /api/v2/tokens/timeout"] = "get_tokens_timeout",
  ["PUT /api/v2/tokens/timeout"] = "put_tokens_timeout",
}


-- The operation of a request, and the id of the call that it is of.
local function identify(head)
  local user_id = head:match("^DELETE /api/v2/tokens/(%S+) ")
  if user_id and user_id ~= "me" then
    return "delete_token", user_id
  end
  return operations[head:match("^%u+ [^ ?]+")] or "unknown",
    head:match("\r\nX%-Soak%-Call: (%S+)\r\n") or "unknown"
end


local function token_of(head)
  return head:match("\r\nAuthorization: Bearer (%S+)\r\n") or "none"
end


-- The bytes up to and with a text, or that many; nil when it ends before.
local function read_until(connection, find)
  while true do
    local to = find(connection.bytes)
    if to then
      local taken = connection.bytes:sub(1, to)
      connection.bytes = connection.bytes:sub(to + 1)
      return taken
    end
    reading[connection.socket] = coroutine.running()
    coroutine.yield()
    local bytes, message, rest = connection.socket:receive(16384)
    connection.bytes = connection.bytes .. (bytes or rest)
    if message == "closed" then
      return nil
    end
  end
end


local function read_request(connection)
  local head = read_until(connection, function(bytes)
    return select(2, bytes:find("\r\n\r\n", 1, true))
  end)
  local length = head and tonumber(
    head:lower():match("\r\ncontent%-length: (%d+)\r\n") or 0)
  local body = head and read_until(connection, function(bytes)
    return #bytes >= length and length
  end)
  if not body then
    return nil
  end
  local operation, call = identify(head)
  number = number + 1
  connection.count = connection.count + 1
  return {
    operation = operation, call = call, serial = tostring(number),
    token = token_of(head), method = head:match("^%u+"), random = math.random,
    -- why a HEAD got 401, which is no attempt of its call
    is_look = head:find("preserveIdleTTL", 1, true) ~= nil,
  }
end


local function sleep(seconds)
  sleeping[coroutine.running()] = socket.gettime() + seconds
  coroutine.yield()
end


-- A client that has gone away is none of the server's business.
local function carry_out(connection, plan)
  for _, step in ipairs(plan) do
    if type(step) == "number" then
      sleep(step)
    else
      connection.socket:send(step)
    end
  end
end


local function close(connection, how)
  if how == "reset" then
    connection.socket:setoption("linger", { on = true, timeout = 0 })
  end
  connection.socket:close()
end


local function serve(connection)
  if responses.refuses(math.random) then
    return close(connection, "reset")
  end
  while true do
    local request = read_request(connection)
    if not request then
      return close(connection, "close")
    end
    local plan = responses.draw(request)
    if not request.is_look then
      record:write("request", request.serial, request.call, request.operation,
        connection.count, request.token, plan.action, plan.status or "-",
        plan.answer)
    end
    carry_out(connection, plan)
    if plan.ends then
      return close(connection, plan.ends)
    end
  end
end


-- ---- all of them -----------------------------------------------------------

local listener = assert(socket.bind("127.0.0.1", 0, 128))
listener:settimeout(0)

local standard_input = {
  getfd = function()
    return 0
  end,
  dirty = function()
    return false
  end,
}


local function go_on(thread, ...)
  assert(coroutine.resume(thread, ...))
end


local function accept_all()
  local accepted = listener:accept()
  while accepted do
    accepted:settimeout(0)
    accepted:setoption("tcp-nodelay", true)
    go_on(coroutine.create(serve), { socket = accepted, bytes = "", count = 0 })
    accepted = listener:accept()
  end
end


-- What is ready now, or has become so when the first sleeper is due.
local function wait()
  local wanted = { standard_input, listener }
  for connection in pairs(reading) do
    wanted[#wanted + 1] = connection
  end
  local soonest
  for _, at in pairs(sleeping) do
    soonest = math.min(soonest or at, at)
  end
  return (socket.select(wanted, nil,
    soonest and math.max(0, soonest - socket.gettime())))
end


local function serve_ready(ready)
  for _, one in ipairs(ready) do
    if one == standard_input then
      running = false
    elseif one == listener then
      accept_all()
    else
      local thread = reading[one]
      reading[one] = nil
      go_on(thread)
    end
  end
end


local function wake_sleepers()
  local now, due = socket.gettime(), {}
  for thread, at in pairs(sleeping) do
    if at <= now then
      due[#due + 1] = thread
    end
  end
  for _, thread in ipairs(due) do
    sleeping[thread] = nil
    go_on(thread)
  end
end


records.publish(directory .. "/port", (select(2, listener:getsockname())))
while running do
  serve_ready(wait())
  wake_sleepers()
end
os.remove(directory .. "/port")
