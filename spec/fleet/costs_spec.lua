--- What a fleet costs: nothing for what is cached, one round trip to Redis for
--- what another gateway knows.

local fixtures = require("spec.support.fixtures")
local fleet = require("spec.support.fleet")
local guarded_nginx = require("spec.support.guarded_nginx")
local redis = require("spec.support.redis")
local socket = require("socket")

local bearer = guarded_nginx.bearer
local KEEPALIVE = { server = "keepalive_requests 1000000;" }


describe("a fleet #once #fleet", function()
  local server, emulator, gateways

  before_each(function()
    server = redis.start()
    emulator = fixtures.emulator()
    gateways = fleet.start(2, {
      redis = server, relay = false, nginx = KEEPALIVE,
    })
  end)

  after_each(function()
    assert.equal("", fleet.stop(gateways))
    server:stop()
  end)

  -- How many scripts Redis has run.
  local function scripts()
    local count = 0
    local statistics = server:command("INFO", "commandstats")
    for calls in statistics:gmatch("cmdstat_evalsha:calls=(%d+)") do
      count = count + tonumber(calls)
    end
    return count
  end

  it("asks Redis nothing for what is cached", function()
    local token = bearer(emulator:issue())
    assert.equal(200, (gateways[1]:get("/plain", token)))
    assert.equal(200, (gateways[1]:get("/who", token)))
    local before, from = scripts(), socket.gettime()
    local statuses = guarded_nginx.stream(gateways[1], 10000, "/who", token)
    assert.equal(10000, statuses[200])
    local polls = (socket.gettime() - from) / 0.45 * #gateways + 2
    -- A refresh ahead of the end may be one more.
    assert.is_true(scripts() - before <= polls + 2, scripts() - before)
  end)

  it("asks Redis once for what another gateway knows", function()
    local tokens = {}
    for i = 1, 100 do
      tokens[i] = bearer(emulator:issue())
      assert.equal(200, (gateways[1]:get("/who", tokens[i])))
    end
    local before, from = scripts(), socket.gettime()
    for i = 1, 100 do
      assert.matches(" fleet ", select(3, gateways[2]:get("/who", tokens[i])))
    end
    local polls = (socket.gettime() - from) / 0.45 * #gateways + 2
    assert.is_true(scripts() - before <= 100 + polls, scripts() - before)
  end)

  -- A script that waits for a connection does not tell how Redis is.
  it("does not take Redis for lost when its own connections are few",
    function()
      fleet.stop(gateways)
      gateways = fleet.start(1, {
        redis = server, nginx = KEEPALIVE,
        fields = { pool_size = 1, connect_timeout = 0.05, read_timeout = 2 },
      })
      gateways[1].relay:always({ { "tunnel", { is_split = true } } })
      gateways[1].relay:drop()
      local tokens = {}
      for i = 1, 100 do
        tokens[i] = emulator:issue()
      end
      local statuses = guarded_nginx.burst(gateways[1], 100, "/who",
        function(i)
          return tokens[i]
        end)
      assert.same({ [200] = 100 }, statuses)
      assert.is_true(fleet.follows(gateways[1]))
    end)

  it("takes some hundred bytes of Redis for a token", function()
    local function used()
      return tonumber(server:command("INFO", "memory")
        :match("used_memory_dataset:(%d+)"))
    end
    for _ = 1, 100 do -- buffers and scripts are there then
      gateways[1]:get("/who", bearer(emulator:issue()))
    end
    local before = used()
    for _ = 1, 1000 do
      gateways[1]:get("/who", bearer(emulator:issue()))
    end
    local bytes = (used() - before) / 1000
    assert.is_true(bytes > 100 and bytes < 1000, bytes)
    io.write(("[%.0f bytes a token] "):format(bytes))
  end)
end)
