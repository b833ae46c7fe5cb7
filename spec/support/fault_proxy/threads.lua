--- Light threads over non-blocking sockets, LuaSec's among them. A thread
--- waits by yielding what it waits for.

local socket = require "socket"

local threads = {}

local CHUNK = 16384 -- bytes
local IDLE = 3600 -- seconds that select may wait when nobody else waits

-- thread -> { reads = socket, writes = socket, at = time }
local waiting = {}

-- Connections that brought their last bytes and their end at once. They must
-- not be read again: after an end without a goodbye OpenSSL 3.6 reports an
-- error without a number, which LuaSec takes for success and reads for ever.
local ended = setmetatable({}, { __mode = "k" })


local function resume(thread, ...)
  local ok, wait = coroutine.resume(thread, ...)
  if not ok then
    error(debug.traceback(thread, wait), 0)
  end
  waiting[thread] = coroutine.status(thread) ~= "dead" and wait or nil
end


function threads.start(body, ...)
  resume(coroutine.create(body), ...)
end


--- Waits for seconds.
function threads.sleep(seconds)
  coroutine.yield({ at = socket.gettime() + seconds })
end


-- Waits for what a socket said that it needs. False: it has failed.
local function await(connection, why, default)
  if why == "wantread" or why == "timeout" and default == "reads" then
    coroutine.yield({ reads = connection })
  elseif why == "wantwrite" or why == "timeout" then
    coroutine.yield({ writes = connection })
  else
    return false
  end
  return true
end


--- Waits for bytes, or for a connection to come in.
function threads.await_readable(connection)
  coroutine.yield({ reads = connection })
end


--- A connection that has come in, or nil.
function threads.accept(listener)
  local connection = listener:accept()
  if connection then
    connection:settimeout(0)
    connection:setoption("tcp-nodelay", true)
  end
  return connection
end


local PASSING = { timeout = true, wantread = true, wantwrite = true }


--- Waits for any bytes; nil when there will be none.
function threads.read(connection)
  while not ended[connection] do
    local whole, why, part = connection:receive(CHUNK)
    local bytes = whole or part
    ended[connection] = not whole and not PASSING[why] or nil
    if bytes and bytes ~= "" then
      return bytes
    elseif not whole and not ended[connection] then
      await(connection, why, "reads")
    end
  end
  return nil
end


--- Sends all bytes; false when nobody takes them. Others have their turn, too.
function threads.write(connection, bytes)
  local sent = 0
  coroutine.yield({ writes = connection })
  while sent < #bytes do
    local last, why, part = connection:send(bytes, sent + 1)
    sent = last or part
    if not last and not await(connection, why, "writes") then
      return false
    end
  end
  return true
end


--- The handshake of a LuaSec connection: whether it came about.
function threads.handshake(connection)
  while true do
    local ok, why = connection:dohandshake()
    if ok then
      return true
    elseif not await(connection, why) then
      return false
    end
  end
end


-- What select is to watch, and until when.
local function wanted()
  local reads, writes = {}, {}
  local due = socket.gettime() + IDLE
  for _, wait in pairs(waiting) do
    reads[#reads + 1] = wait.reads
    writes[#writes + 1] = wait.writes
    due = math.min(due, wait.at or due)
  end
  return reads, writes, due
end


--- Runs the threads, for ever.
function threads.run()
  while true do
    local reads, writes, due = wanted()
    local readable, writable = socket.select(
      reads, writes, math.max(0, due - socket.gettime()))
    local now = socket.gettime()
    local ready = {}
    for thread, wait in pairs(waiting) do
      if wait.at and wait.at <= now or wait.reads and readable[wait.reads]
         or wait.writes and writable[wait.writes] then
        ready[#ready + 1] = thread
      end
    end
    for _, thread in ipairs(ready) do
      resume(thread)
    end
  end
end


return threads
