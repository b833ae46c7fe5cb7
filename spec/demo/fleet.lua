--- A tour of a fleet: two gateways and a Redis, against the emulator. It is
--- left out where there is no redis-server.
--
--   make demo

local fixtures = require("spec.support.fixtures")
local fleet = require("spec.support.fleet")
local redis = require("spec.support.redis")
local show = require("spec.demo.show")
local system = require("spec.support.system")

show.heading("A fleet: what one gateway finds out, all know")
if not fixtures.run("command -v redis-server"):find("redis") then
  print("  (left out: there is no redis-server)")
  os.exit(0)
end

-- All of these end with this process.
local emulator = fixtures.emulator()
local server = redis.start()
local gateways = fleet.start(2, { redis = server, relay = false })

local names = { "one", "two" }

local function curl(number, token)
  show.code(("curl -i -H \"Authorization: Bearer $AGENT\" http://%s/who")
    :format(names[number]))
  show.response((fixtures.run(("curl -si -H %s %s/who; echo"):format(
    fixtures.quote("Authorization: Bearer " .. token),
    gateways[number].url))))
end

local function calls()
  print(("    -> calls to Genesys so far: %d"):format(
    select(2, emulator:requests())))
end

show.code("fleet = { host = \"redis\", secret = ... }   -- on both")
emulator:clear_requests()
curl(1, emulator.tokens.agent)
calls()
curl(2, emulator.tokens.agent)
calls()

show.heading("A token that is revoked at one gateway")
show.code("guard:revoke(<the agent's token>)   -- at the first")
show.result((select(3, gateways[1]:get("/call?method=revoke&with="
  .. emulator.tokens.agent))))
system.wait_until(function()
  return gateways[2]:get("/who", {
    Authorization = "Bearer " .. emulator.tokens.agent,
  }) == 401
end)
curl(2, emulator.tokens.agent)

fleet.stop(gateways)
server:stop()
emulator:stop()
