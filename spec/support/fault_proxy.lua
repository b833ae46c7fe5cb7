--- A TCP proxy in front of the emulator that injects faults. It forwards bytes
--- to the emulator's ports, HTTP and TLS on one port, or plays a script for a
--- connection. The emulator's own faults cannot break connections or
--- handshakes.
--   local proxy = require("spec.support.fault_proxy").start(emulator)
--   proxy:play({ { { "request" }, { "send", "HTTP/1.1 2" }, { "reset" } } })
--   ... the first connection to proxy.http_url is cut, the next are carried
--   proxy:stop()
--
-- The steps are in fault_proxy/steps.lua.

local cjson = require "cjson"
local socket = require "socket"
local system = require "spec.support.system"

local LIMIT = 3600 -- seconds after which a fault proxy ends, whatever it does

local FaultProxy = {}
local mt = { __index = FaultProxy }

local fault_proxy = {}


--- Starts one in front of a port of loopback, such as Redis'.
function fault_proxy.in_front_of(port)
  local url = "http://127.0.0.1:" .. port
  return fault_proxy.start({ directory = "", http_url = url, https_url = url })
end


--- Starts one for a running emulator; it ends with this process, too, and after
--- `limit` (an hour) seconds.
function fault_proxy.start(emulator, limit)
  local pipe = assert(io.popen(
    ("exec timeout --kill-after=1 %d lua5.4 spec/support/fault_proxy/server.lua"
      .. " %s %d %d"):format(limit or LIMIT, system.quote(emulator.directory),
      emulator.http_url:match("%d+$"), emulator.https_url:match("%d+$"))))
  local port, control_port = pipe:read("*n", "*n")
  assert(control_port, "could not start the fault proxy")
  local control = assert(socket.connect("127.0.0.1", control_port))
  control:setoption("tcp-nodelay", true)
  return setmetatable({
    pipe = pipe,
    control = control,
    port = port,
    http_url = ("http://127.0.0.1:%d"):format(port),
    https_url = ("https://127.0.0.1:%d"):format(port),
  }, mt)
end


local function command(self, ...)
  assert(self.control:send(cjson.encode({ ... }) .. "\n"))
  return cjson.decode((assert(self.control:receive("*l"))))
end


--- Plays scripts, lists of steps, for the next connections, the whole list
--- `times` (1) times. Later connections reach the emulator. Replaces earlier
--- scripts and resets the count of requests.
function FaultProxy:play(scripts, times)
  command(self, "play", scripts, times or 1)
end


--- How many requests have been read in scripts.
function FaultProxy:requests()
  return math.floor(command(self, "requests").requests)
end


--- Plays a script for every later connection; without one, carries them.
function FaultProxy:always(script)
  command(self, "default", script or { { "tunnel" } })
end


--- Carries later connections to another port, and ends those that there are.
function FaultProxy:lead_to(port)
  command(self, "target", port)
  command(self, "drop")
end


--- Nothing passes through connections that are carried, until `stall(false)`.
function FaultProxy:stall(is_stalled)
  command(self, "stall", is_stalled ~= false)
end


--- Closes all open connections.
function FaultProxy:drop()
  command(self, "drop")
end


--- Fills the listen queue: connecting hangs from now on.
function FaultProxy:fill()
  command(self, "fill")
end


--- Empties the listen queue again.
function FaultProxy:empty()
  command(self, "empty")
end


function FaultProxy:stop()
  self.control:send(cjson.encode({ "stop" }) .. "\n")
  self.control:close()
  self.pipe:close()
end


return fault_proxy
