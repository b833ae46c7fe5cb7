-- The pictures of the status page in the guard's README: `make screenshots`.
-- The gateway is real. Of the ten minutes that the page shows, most are made up
-- here: the totals that the guard would have had.

local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local node = require("spec.clients.support.node")
local system = require("spec.support.system")

local FOLDER = "lua/gctokens/guard/images/"

-- A day's traffic in small: waves, a token that has expired, and half a minute
-- in which Genesys failed.
local MADE_UP = [[
  local clock = require("gctokens.guard.clock")
  local history = require("gctokens.guard.status.history")
  local prometheus = require("gctokens.guard.status.prometheus")
  local totals, part = {}, 1 -- of a step that is over
  local function add(name, count)
    totals[name] =
      (totals[name] or 0) + math.max(0, math.floor(count * part))
  end
  local now = clock.now()
  for i = history.steps + 1, 0, -1 do
    local age = i * history.step
    if i == 0 then
      part = now % history.step / history.step
    end
    local wave = 1 + 0.35 * math.sin(i / 6) + 0.08 * math.sin(i * 2.3)
    local fails = i >= 14 and i <= 16
    local requests = 12400 * wave
    add("allowed", requests * (fails and 0.93 or 0.985))
    add("missing", 14 + 9 * math.sin(i * 1.7))
    add("invalid_token", 90 * wave + (i > 22 and i < 27 and 400 or 0))
    add("insufficient_scope", 22 + 6 * math.cos(i))
    add("invalid_request", i % 7 == 0 and 3 or 0)
    add("unavailable", fails and 640 or 0)
    add("l1", requests * 0.71)
    add("l2", requests * 0.26)
    add("negative", 84 * wave)
    add("stale", fails and 190 or 0)
    add("breaker", i == 14 and 420 or 0)
    add("error", fails and 60 or 0)
    add("miss", requests * 0.021)
    local calls = requests * 0.021
    add("call 2xx", fails and 4 or calls)
    add("call 401", 6 * wave)
    add("call 5xx", fails and 38 or 0)
    add("call timeout", fails and 9 or 0)
    local slow = fails and 0.5 or 0.04 + 0.03 * math.sin(i / 3)
    add(prometheus.bucket(0.04), calls * 0.22)
    add(prometheus.bucket(0.08), calls * (0.72 - slow))
    add(prometheus.bucket(0.2), calls * slow)
    add(prometheus.bucket(0.4), calls * slow / 6)
    guard.history:tick(now - age, totals)
  end
  for name, count in pairs(totals) do
    guard.counters.pinned:set("c" .. name, count)
    guard.counters.totals[name] = count
  end
]]

local SERVER = [[
  location = /status {
    content_by_lua_block { guard:status() }
  }
  location = /records {
    content_by_lua_block {
      for i = 1, 31000 do
        ngx.shared.gctokens:set("p" .. ("%032d"):format(i), ("x"):rep(120))
      end
    }
  }
]]


local emulator = fixtures.emulator()
local gateway = guarded_nginx.start({ server = SERVER, after = MADE_UP })
local bearer = guarded_nginx.bearer
gateway:get("/records")
for i = 1, 3 do
  gateway:get("/who", bearer(emulator.tokens.agent))
  gateway:get("/who", bearer("expired" .. i))
  gateway:get("/who")
  gateway:get("/kept_policy", bearer(emulator.tokens.client))
  gateway:get("/who", bearer("expired" .. i))
end
local pictures = {
  { path = FOLDER .. "status-1280.png", width = 1280, scheme = "light" },
  { path = FOLDER .. "status-390.png", width = 390, scheme = "dark" },
}
node.run("screenshots.js", {
  url = gateway.url .. "/status", pictures = pictures,
})
for _, picture in ipairs(pictures) do
  local output, code = system.run(
    "pngquant --force --strip --ext .png 64 " .. picture.path)
  assert(code == 0, output)
end
gateway:stop()
emulator:stop()
