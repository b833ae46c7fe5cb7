--- Starts an emulator, a Redis and two gateways in the foreground, to play
--- with:
--
--   make fleet

local fixtures = require("spec.support.fixtures")
local fleet = require("spec.support.fleet")
local redis = require("spec.support.redis")
local socket = require("socket")

local emulator = fixtures.emulator()
local server = redis.start()
local gateways = fleet.start(2, { redis = server, relay = false })

print(("Redis      redis-cli -p %d"):format(server.port))
print(("emulator   %s"):format(emulator.http_url))
for i, gateway in ipairs(gateways) do
  print(("gateway %d  %s"):format(i, gateway.url))
end
print(([[

TOKEN=%s
curl -i -H "Authorization: Bearer $TOKEN" %s/who
curl -i -H "Authorization: Bearer $TOKEN" %s/who
curl '%s/call?method=revoke&with='$TOKEN
curl %s/metrics

Ctrl-C ends all of them.]]):format(emulator.tokens.agent, gateways[1].url,
  gateways[2].url, gateways[1].url, gateways[2].url))

-- They end with this process, however that ends. A sleep is not interrupted by
-- Ctrl-C, so it is short.
io.stdout:flush()
pcall(function()
  while true do
    socket.sleep(0.5)
  end
end)
