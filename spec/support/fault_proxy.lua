--- A way to the emulator that goes wrong as wanted: a process that carries
--- bytes between clients and the emulator's ports, HTTP or TLS on the same
--- port, or plays scripts in place of that. For what the emulator's own faults
--- cannot do: the server's end of connections and handshakes.
--
--   local relay = require("spec.support.fault_proxy").start(emulator)
--   relay:play({ { { "request" }, { "send", "HTTP/1.1 2" }, { "reset" } } })
--   ... the first connection to relay.http_url is cut, the next are carried
--   relay:stop()
--
-- The steps are in relay/steps.lua.

local cjson = require "cjson"
local socket = require "socket"
local system = require "spec.support.system"

local LIMIT = 3600 -- seconds after which a relay ends, whatever it does

local Relay = {}
local mt = { __index = Relay }

local relays = {}


--- Starts one for a running emulator; it ends with this process, too, and after
--- `limit` (an hour) seconds.
function relays.start(emulator, limit)
  local pipe = assert(io.popen(
    ("exec timeout --kill-after=1 %d lua5.4 spec/support/fault_proxy/server.lua"
      .. " %s %d %d"):format(limit or LIMIT, system.quote(emulator.directory),
      emulator.http_url:match("%d+$"), emulator.https_url:match("%d+$"))))
  local port, control_port = pipe:read("*n", "*n")
  assert(control_port, "could not start the relay")
  local control = assert(socket.connect("127.0.0.1", control_port))
  control:setoption("tcp-nodelay", true)
  return setmetatable({
    pipe = pipe,
    control = control,
    http_url = ("http://127.0.0.1:%d"):format(port),
    https_url = ("https://127.0.0.1:%d"):format(port),
  }, mt)
end


local function command(self, ...)
  assert(self.control:send(cjson.encode({ ... }) .. "\n"))
  return cjson.decode((assert(self.control:receive("*l"))))
end


--- Scripts, lists of steps, for the next connections, all of them `times` (1)
--- over; connections after those reach the emulator. Replaces what was to be
--- played, and counts anew.
function Relay:play(scripts, times)
  command(self, "play", scripts, times or 1)
end


--- How many requests have been read in scripts.
function Relay:requests()
  return math.floor(command(self, "requests").requests)
end


--- Ends the connections that there are.
function Relay:drop()
  command(self, "drop")
end


--- From now on connecting takes for ever.
function Relay:fill()
  command(self, "fill")
end


--- And from now on it does not.
function Relay:empty()
  command(self, "empty")
end


function Relay:stop()
  self.control:close()
  self.pipe:close()
end


return relays
