--- Runs a script of this folder in Node.js, with the packages that
--- `make test-clients` has installed.
--
--   local result = node.run("page.js", { url = gateway.url })

local cjson = require("cjson")
local system = require("spec.support.system")

local PACKAGES = "build/clients/node_modules"
local SECONDS = 60 -- until a script is ended that hangs

local node = {}


--- Gives a script of spec/clients a table, as JSON in its first argument.
--- Returns what it returned, see script.js. Raises when it failed.
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


return node
