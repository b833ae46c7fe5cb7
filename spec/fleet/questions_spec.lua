--- One question per living token and fleet.

local fixtures = require("spec.support.fixtures")
local fleet = require("spec.support.fleet")
local guarded_nginx = require("spec.support.guarded_nginx")
local redis = require("spec.support.redis")

local bearer = guarded_nginx.bearer


describe("a fleet of three gateways #once", function()
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
      redis = server, guard = guard_options, nginx = nginx_options,
    })
    emulator:clear_requests()
  end

  it("asks once for 150 requests with one token", function()
    start()
    local token = emulator:issue()
    emulator:fault({ path = "/api/v2/tokens/me", delay = 0.1 })
    local pending = {}
    for i = 1, 150 do
      pending[i] = gateways[i % 3 + 1]:send("/who", bearer(token))
    end
    for i = 1, 150 do
      assert.equal(200, (pending[i]:receive()))
    end
    assert.equal(1, total())
  end)
end)
