--- One question per living token and fleet.

local fixtures = require("spec.support.fixtures")
local fleet = require("spec.support.fleet")
local guarded_nginx = require("spec.support.guarded_nginx")
local redis = require("spec.support.redis")
local socket = require("socket")
local system = require("spec.support.system")

local PATH = "/api/v2/tokens/me"
local bearer = guarded_nginx.bearer


describe("a fleet of three gateways #once #fleet", function()
  local server, emulator, gateways

  setup(function()
    server = redis.start()
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:command("FLUSHALL")
    emulator = fixtures.emulator()
  end)

  after_each(function()
    assert.equal("", fleet.stop(gateways))
  end)

  local function total()
    return (select(2, emulator:requests()))
  end

  local function start(guard_options, nginx_options)
    gateways = fleet.start(3, {
      redis = server, relay = false, guard = guard_options,
      nginx = nginx_options,
    })
    emulator:clear_requests()
  end

  -- Sends `count` requests to the gateways in turn, all at once; the token of
  -- each is that of its number.
  local function burst(count, token_of)
    local pending = {}
    for i = 1, count do
      pending[i] =
        gateways[i % #gateways + 1]:send("/who", bearer(token_of(i)))
    end
    for i = 1, count do
      assert.equal(200, (pending[i]:receive()))
    end
  end

  it("asks once for 150 requests with one token", function()
    start()
    local token = emulator:issue()
    emulator:fault({ path = PATH, delay = 0.1 })
    burst(150, function()
      return token
    end)
    assert.equal(1, total())
  end)

  it("asks once for each of 1 000 tokens at all gateways", function()
    start()
    local tokens = {}
    for i = 1, 1000 do
      tokens[i] = emulator:issue()
    end
    emulator:clear_requests()
    for from = 0, 900, 100 do
      burst(300, function(i)
        return tokens[from + math.ceil(i / 3)]
      end)
    end
    assert.equal(1000, total())
  end)

  it("asks once a period, ahead of its end", function()
    local ttl, ahead, periods = 1, 0.3, 5
    start({ ttl = ttl, refresh_ahead = ahead, l1_ttl = 0.05 })
    local token = emulator:issue()
    local started = socket.gettime()
    local misses = 0
    while socket.gettime() - started < periods * ttl do
      for _, gateway in ipairs(gateways) do
        local status, _, body = gateway:get("/who", bearer(token))
        assert.equal(200, status)
        misses = misses + (body:find("miss", 1, true) and 1 or 0)
      end
      socket.sleep(0.02)
    end
    local elapsed = socket.gettime() - started
    assert.is_true(total() >= periods, total())
    -- The shortest period is a tenth shorter than ttl.
    assert.is_true(total() <= elapsed / (0.9 * ttl - ahead) + 1, total())
    assert.equal(1, misses, "only the first request has waited for Genesys")
  end)

  it("asks elsewhere when the gateway that asks is killed", function()
    start({ lookup_timeout = 4 })
    local token = emulator:issue()
    emulator:fault({ path = PATH, delay = 5 })
    local killed = gateways[1]:send("/who", bearer(token))
    assert.is_true(system.wait_until(function()
      return total() == 1
    end))
    local waiting = gateways[2]:send("/who", bearer(token))
    assert.is_true(system.wait_until(function()
      return guarded_nginx.metric(gateways[2],
        "gctokens_guard_fleet_waits_total") == 1
    end))
    local at = socket.gettime()
    system.run("kill -KILL " .. gateways[1]:workers()[1])
    assert.equal(200, (waiting:receive()))
    assert.is_true(socket.gettime() - at < 2.5)
    assert.equal(2, total())
    killed:receive()
    gateways[1]:clear_log()
    assert.equal(200, (gateways[3]:get("/who", bearer(token))))
    assert.equal(2, total())
  end)

  it("tells others of a limit, and asks no more until it ends", function()
    start({ error_ttl = 0.01 })
    local token = emulator:issue()
    emulator:fault({ path = PATH, status = 429, body = "{}",
      headers = { ["Retry-After"] = "3" } })
    assert.equal(503, (gateways[1]:get("/who", bearer(token))))
    assert.equal(503, (gateways[2]:get("/who", bearer(token))))
    assert.equal(1, total())
    for _, gateway in ipairs(gateways) do
      gateway:clear_log()
    end
  end)

  it("shares no verdict but that a token is valid", function()
    start()
    for _, gateway in ipairs(gateways) do
      assert.equal(401, (gateway:get("/who", bearer("unknown"))))
    end
    assert.equal(3, total())
  end)

  it("finds its records after a reload", function()
    start()
    local token = emulator:issue()
    assert.equal(200, (gateways[1]:get("/who", bearer(token))))
    gateways[2]:reload()
    assert.equal(200, (gateways[2]:get("/who", bearer(token))))
    assert.equal(1, total())
  end)

  it("says in the metrics what it has spared", function()
    start()
    local token = emulator:issue()
    for _, gateway in ipairs(gateways) do
      gateway:get("/who", bearer(token))
    end
    local function metric(gateway, name)
      return guarded_nginx.metric(gateway, "gctokens_guard_" .. name)
    end
    assert.equal(1, metric(gateways[1], 'fleet_looks_total{answer="lead"}'))
    assert.equal(1, metric(gateways[2], 'fleet_looks_total{answer="record"}'))
    assert.equal(1, metric(gateways[2], 'lookups_total{from="fleet"}'))
    assert.equal(1, metric(gateways[2], "fleet_reachable"))
    assert.is_true(system.wait_until(function()
      return metric(gateways[2], "fleet_machines") == 3
    end))
    assert.is_true(metric(gateways[3], "fleet_poll_age_seconds") < 5)
  end)
end)
