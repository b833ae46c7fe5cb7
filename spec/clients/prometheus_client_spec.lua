-- The guard's metrics and alerts, with Prometheus itself and its own tool.

local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local prometheus = require("spec.clients.support.prometheus")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local ALERTS = "lua/gctokens/guard/alerts.yml"

-- The guard's metrics between those of another exporter, as one text.
local SERVER = [[
  location = /joined {
    content_by_lua_block {
      ngx.header["Content-Type"] = "text/plain; version=0.0.4"
      ngx.print("# HELP app_orders_total Orders.\n",
        "# TYPE app_orders_total counter\napp_orders_total 7\n",
        guard:metrics_text(),
        "# HELP app_up Whether it runs.\n# TYPE app_up gauge\napp_up 1\n")
    }
  }
]]


describe("with Prometheus", function()
  local emulator, gateway, server

  setup(function()
    emulator = fixtures.emulator()
    gateway = guarded_nginx.start({ server = SERVER, workers = 2 })
    for _ = 1, 5 do
      gateway:get("/who", bearer(emulator.tokens.agent))
      gateway:get("/who", bearer("invalid"))
      gateway:get("/who")
    end
    server = prometheus.start({
      target = "127.0.0.1:" .. gateway.port, path = "/joined", rules = ALERTS,
    })
  end)

  teardown(function()
    server:stop()
    assert.equal("", gateway:stop())
  end)

  -- The value of an expression with one sample, once it is as expected.
  local function await(expected, expression)
    local value
    system.wait_until(function()
      local sample = server:query(expression)[1]
      value = sample and sample.value
      return value == expected
    end)
    assert.equal(expected, value, expression)
  end

  it("promtool finds nothing wrong with the metrics", function()
    for _, path in ipairs({ "/metrics", "/joined" }) do
      local name = os.tmpname()
      system.write(name, select(3, gateway:get(path)))
      local output, code =
        system.run("promtool check metrics < " .. system.quote(name))
      os.remove(name)
      assert.equal("", output)
      assert.equal(0, code)
    end
  end)

  it("HELP and TYPE of a metric come once", function()
    local seen = {}
    local _, _, text = gateway:get("/metrics")
    for line in text:gmatch("# %u+ [%w_]+") do
      assert.is_nil(seen[line], line)
      seen[line] = true
    end
    assert.is_true(seen["# TYPE gctokens_guard_requests_total"])
  end)

  it("the gateway is scraped without an error", function()
    await(1, "up")
    for _, target in ipairs(server:targets()) do
      assert.equal("", target.lastError)
      assert.equal("up", target.health)
    end
  end)

  it("the counters add up to what there was", function()
    await(5, 'gctokens_guard_requests_total{outcome="allowed"}')
    await(10, 'sum(gctokens_guard_requests_total{outcome!="allowed"})')
    await(2, "sum(gctokens_guard_api_calls_total)")
    await(2, "gctokens_guard_api_call_seconds_count")
    await(7, "app_orders_total")
    await(1, "app_up")
  end)

  it("the histogram tells how long calls took", function()
    await(1, "count(histogram_quantile(0.95, "
      .. "gctokens_guard_api_call_seconds_bucket) > 0)")
  end)

  it("every metric has its type and a help text", function()
    await(1, "up")
    local metadata, kinds = server:metadata(), {}
    for name, entries in pairs(metadata) do
      if name:find("^gctokens_guard_") then
        assert.equal(1, #entries, name)
        assert.matches("^%u.*%.$", entries[1].help)
        kinds[entries[1].type] = (kinds[entries[1].type] or 0) + 1
      end
    end
    assert.equal(1, kinds.histogram)
    assert.is_true(kinds.counter >= 8)
    assert.is_true(kinds.gauge >= 3)
  end)

  it("the alerts are rules that it takes, and none fires", function()
    await(1, "up")
    assert.same({}, server:query("ALERTS"))
  end)

  -- An alert on a metric that there is not would never fire.
  it("the alerts are about metrics that there are", function()
    await(1, "up")
    local names = {}
    for name in assert(system.read(ALERTS)):gmatch("gctokens_guard_[%w_]+") do
      names[name] = true
    end
    assert.is_true(names.gctokens_guard_breaker_open)
    names.gctokens_guard = nil -- the group
    for name in pairs(names) do
      assert.truthy(server:query(name)[1], name)
    end
  end)

  it("the alerts fire when they should, and only then", function()
    local output, code =
      system.run("promtool test rules spec/clients/alerts_test.yml")
    assert.equal(0, code, output)
    output, code = system.run("promtool check rules " .. ALERTS)
    assert.equal(0, code, output)
  end)
end)
