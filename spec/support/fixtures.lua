--- What the specs share: one running emulator, started by the first spec that
-- needs it, and short ways to make clients for it.

local emulator = require("spec.support.emulator")
local system = require("spec.support.system")

local fixtures = {
  quote = system.quote,
  run = system.run,
}

local running


--- The emulator, as after its start.
function fixtures.emulator()
  if not running then
    running = emulator.start()
  end
  running:reset()
  return running
end


--- Options of a client for it; `extra` may change them.
function fixtures.options(extra)
  local options = {
    base_url = running.http_url,
    login_url = running.http_url,
    access_token = running.tokens.admin,
    env = false,
    retry = { base_delay = 0.001 },
  }
  for name, value in pairs(extra or {}) do
    options[name] = value
  end
  return options
end


--- A client for it.
function fixtures.client(extra)
  return require("gctokens").new(fixtures.options(extra))
end


--- An engine for it.
function fixtures.engine(extra)
  local options = { base_url = running.http_url }
  for name, value in pairs(extra or {}) do
    options[name] = value
  end
  return require("gctokens.core").new(options)
end


--- A script for the interpreter that runs the specs, run in a process of its
--- own with the paths of this one, and further environment variables. Returns
--- its output and exit code.
function fixtures.script(source, environment)
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(source)
  file:close()
  local variables = ""
  for variable, value in pairs(environment or {}) do
    variables = ("%s%s=%s "):format(variables, variable, fixtures.quote(value))
  end
  local output, code = fixtures.run((
    "%sLUA_PATH=%s LUA_CPATH=%s %s %s"):format(variables,
    fixtures.quote(package.path), fixtures.quote(package.cpath),
    os.getenv("GCTOKENS_LUA") or "lua5.4", fixtures.quote(name)))
  os.remove(name)
  return output, code
end


--- A value as Lua source, for configurations with Lua in them.
function fixtures.literal(value)
  if type(value) ~= "table" then
    return type(value) == "string" and ("%q"):format(value) or tostring(value)
  end
  local fields = {}
  for key, field in pairs(value) do
    fields[#fields + 1] = ("[%s] = %s"):format(
      fixtures.literal(key), fixtures.literal(field))
  end
  return "{ " .. table.concat(fields, ", ") .. " }"
end


return fixtures
