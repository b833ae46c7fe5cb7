--- Runs in an nginx of its own: sends requests at the same moment, each over a
--- connection of its own, that is open by then.

local new_semaphore = require("ngx.semaphore").new

local ngx = ngx


local function now()
  ngx.update_time()
  return ngx.now()
end


-- One request of a burst, which is a table: port, request, gate (a semaphore
-- that opens for all), connected (how many are), and what came back: seconds,
-- from the opening of the gate to the status line; bodies; failures.
local function take_part(burst)
  local socket = ngx.socket.tcp()
  socket:settimeouts(10000, 10000, 10000)
  local ok, err = socket:connect("127.0.0.1", burst.port)
  burst.connected = burst.connected + 1
  burst.gate:wait(10)
  ok = ok and socket:send(burst.request)
  local line = ok and socket:receive()
  local seconds = now() - burst.started
  if not line or not line:find(" 200 ", 1, true) then
    burst.failures[#burst.failures + 1] = line or err or "closed"
    return
  end
  burst.seconds[#burst.seconds + 1] = seconds
  local body = socket:receive("*a"):match("\r\n\r\n(.*)$")
  burst.bodies[body] = (burst.bodies[body] or 0) + 1
  socket:close()
end


--- Sends them. Returns a table: seconds (a sorted list), bodies (body -> how
--- many responses had it), failures (a list of what came instead of status
--- 200).
return function(port, request, count)
  local burst = {
    port = port, request = request, gate = new_semaphore(), connected = 0,
    seconds = {}, bodies = {}, failures = {},
  }
  local threads = {}
  for i = 1, count do
    threads[i] = ngx.thread.spawn(take_part, burst)
  end
  while burst.connected < count do
    ngx.sleep(0.01)
  end
  ngx.sleep(0.1) -- the other side accepts them
  burst.started = now()
  burst.gate:post(count)
  for i = 1, count do
    ngx.thread.wait(threads[i])
  end
  table.sort(burst.seconds)
  return burst
end
