--- Runs scripts of spec/clients in Node.js, with the packages that
--- `make test-clients` has installed.
--
--   local result = node.run("fetch.js", { page = application.url, calls = {} })
--   local server = node.start("websocket_server.js")
--   server:stop()

local cjson = require("cjson")
local system = require("spec.support.system")

local PACKAGES = "build/clients/node_modules"
local SECONDS = 60 -- until a script is ended that hangs

local node = {}


--- Gives a script a table, as JSON in its first argument. Returns what it
--- returned, see support/script.js. Raises when it failed.
---@param script string
---@param input table
---@return any result
function node.run(script, input)
  local errors = os.tmpname()
  local output, code = system.run(
    ("NODE_PATH=%s timeout -k 5 %d node spec/clients/%s %s 2> %s"):format(
      PACKAGES, SECONDS, script, system.quote(cjson.encode(input)), errors))
  local said = system.read(errors)
  os.remove(errors)
  if code ~= 0 then
    error(("%s ended with %d: %s%s"):format(script, code, output, said), 2)
  end
  return cjson.decode(output)
end


local Server = {}

local server_metatable = { __index = Server }


--- Starts a server that prints its port, see support/server.js. It ends with
--- this process at the latest.
---@param script string
---@return table server with `port` and `address`
function node.start(script)
  local output = os.tmpname()
  local pid = system.run(
    ("NODE_PATH=%s node spec/clients/%s $PPID > %s 2>&1 & echo $!"):format(
      PACKAGES, script, output)):match("%d+")
  local port
  system.wait_until(function()
    port = system.read(output):match("^(%d+)\n")
    return port or not system.is_running(pid)
  end)
  local said = system.read(output)
  os.remove(output)
  if not port then
    error(script .. " does not start: " .. said, 2)
  end
  return setmetatable({
    pid = pid, port = tonumber(port), address = "127.0.0.1:" .. port,
  }, server_metatable)
end


function Server:stop()
  system.run("kill " .. self.pid)
end


return node
