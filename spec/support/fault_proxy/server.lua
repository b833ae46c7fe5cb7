--- The process of a fault proxy: server.lua CERTIFICATES HTTP_PORT HTTPS_PORT
--- Prints its two ports, that for clients and that for control, and ends when
--- the control connection does. See ../fault_proxy.lua.

local cjson = require "cjson"
local socket = require "socket"
local steps = require "spec.support.fault_proxy.steps"
local threads = require "spec.support.fault_proxy.threads"

local TUNNEL = { { "tunnel" } }
local BACKLOG = 4 -- connections that wait for being accepted; few, to fill it
local SOON = 0.05 -- seconds in which loopback connects, if it does

local proxy = {
  certificates = arg[1],
  http_port = tonumber(arg[2]),
  https_port = tonumber(arg[3]),
  scripts = {}, -- of the next connections
  peers = {}, -- those that are connected
  requests = 0, -- read in scripts
  is_stalled = false,
  default = TUNNEL,
}

local commands = {}


local function listen(backlog)
  local listener = assert(socket.tcp())
  assert(listener:bind("127.0.0.1", 0))
  assert(listener:listen(backlog))
  listener:settimeout(0)
  return listener, select(2, listener:getsockname())
end


local function play(peer, script)
  proxy.peers[peer] = true
  for _, step in ipairs(script) do
    if not steps[step[1]](peer, step[2], step[3]) then
      break
    end
  end
  peer.connection:close()
  proxy.peers[peer] = nil
end


local function serve(listener)
  while true do
    threads.await_readable(listener)
    local connection = not proxy.fillers and threads.accept(listener)
    if connection then
      local script = table.remove(proxy.scripts, 1) or proxy.default
      threads.start(play, {
        connection = connection, received = "", proxy = proxy,
      }, script)
    else
      threads.sleep(SOON)
    end
  end
end


--- Scripts for the next connections, in order, `times` over; the connections
--- after those are tunnels.
function commands.play(scripts, times)
  proxy.scripts, proxy.requests = {}, 0
  for _ = 1, times do
    for _, script in ipairs(scripts) do
      table.insert(proxy.scripts, script)
    end
  end
  return {}
end


function commands.requests()
  return { requests = proxy.requests }
end


--- What connections are when no scripts are left.
function commands.default(script)
  proxy.default = script
  return {}
end


--- Where later connections are carried to.
function commands.target(port)
  proxy.http_port = math.floor(port)
  proxy.https_port = proxy.http_port
  return {}
end


--- Nothing passes through tunnels, or it does again.
function commands.stall(is_stalled)
  proxy.is_stalled = is_stalled
  return {}
end


--- Ends all connections.
function commands.drop()
  for peer in pairs(proxy.peers) do
    peer.connection:shutdown("both")
  end
  return {}
end


--- Lets nobody connect: fills the queue of the port, and accepts none.
function commands.fill()
  proxy.fillers = {}
  repeat
    local filler = assert(socket.tcp())
    filler:settimeout(0)
    filler:connect("127.0.0.1", proxy.port)
    table.insert(proxy.fillers, filler)
    local _, connected = socket.select({}, { filler }, SOON)
  until not connected[filler]
  return {}
end


function commands.empty()
  for _, filler in ipairs(proxy.fillers or {}) do
    filler:close()
  end
  proxy.fillers = nil
  repeat
    local connection = threads.accept(proxy.listener)
    if connection then
      connection:close()
    end
  until not connection
  return {}
end


--- Ends it. The end of the control connection does, too; but processes that
--- were started since may hold that open.
function commands.stop()
  os.exit()
end


-- One line of JSON in, the command's name and arguments; one out.
local function obey(listener)
  threads.await_readable(listener)
  local control = threads.accept(listener)
  local parts = {}
  while true do
    local bytes = threads.read(control)
    if not bytes then
      os.exit()
    end
    parts[#parts + 1] = bytes
    if bytes:sub(-1) == "\n" then
      local command = cjson.decode(table.concat(parts))
      local answer = commands[command[1]](command[2], command[3])
      threads.write(control, cjson.encode(answer) .. "\n")
      parts = {}
    end
  end
end


local control, control_port = listen(1)
proxy.listener, proxy.port = listen(BACKLOG)
print(proxy.port, control_port)
io.stdout:flush()
threads.start(serve, proxy.listener)
threads.start(obey, control)
threads.run()
