--- Redis that lost its memory, or a part of it: every gateway asks anew, and no
--- token passes on what was lost.

local fixtures = require("spec.support.fixtures")
local fleet = require("spec.support.fleet")
local guarded_nginx = require("spec.support.guarded_nginx")
local redis = require("spec.support.redis")
local scripts = require("gctokens.guard.fleet.scripts")
local socket = require("socket")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local LOG = "{gctokens:gctokens}:log"


describe("a fleet whose Redis has lost #once #fleet", function()
  local server, replica, emulator, gateways

  before_each(function()
    server = redis.start()
    emulator = fixtures.emulator()
    gateways = fleet.start(2, { redis = server })
  end)

  after_each(function()
    fleet.stop(gateways)
    server:stop()
    if replica then
      replica:stop()
      replica = nil
    end
  end)

  local function who(gateway, token)
    return (gateway:get("/who", bearer(token)))
  end

  local function call(gateway, method, argument)
    return select(3, gateway:get("/call?method=" .. method .. "&with="
      .. (argument or "")))
  end

  local function await(condition, message)
    assert.is_true(system.wait_until(condition), message)
  end

  -- The mark of another machine.
  local function mark_at(any_server)
    any_server:command("EVAL", scripts.mark, 2, LOG, "{gctokens:gctokens}:r:x",
      "4711", "", "", "t", "x")
  end

  local function known_token()
    local token = emulator:issue()
    for _, gateway in ipairs(gateways) do
      assert.equal(200, who(gateway, token))
    end
    return token
  end

  -- From when a gateway has first refused it, it refuses it for good.
  local function assert_refused(gateway, token)
    await(function()
      return who(gateway, token) == 401
    end, gateway:log())
    local until_time = socket.gettime() + 1
    repeat
      assert.equal(401, who(gateway, token))
    until socket.gettime() > until_time
  end

  for name, lose in pairs({
    ["all, by FLUSHALL"] = function()
      server:command("FLUSHALL")
    end,
    ["its log, which was deleted"] = function()
      server:command("DEL", LOG)
    end,
    ["its log, which was emptied"] = function()
      server:command("XTRIM", LOG, "MAXLEN", "0")
    end,
    ["its last mark"] = function()
      local last = server:command("XREVRANGE", LOG, "+", "-", "COUNT", "1")
      server:command("XDEL", LOG, last[1][1])
    end,
    ["the marks past a gateway's place, which were trimmed"] = function()
      mark_at(server)
      mark_at(server)
      server:command("XTRIM", LOG, "MAXLEN", "1")
    end,
    ["all, as it was started empty"] = function()
      server:kill()
      server:run()
    end,
    ["all, and has got as many marks since"] = function()
      server:kill()
      server:run()
      for _ = 1, 5 do
        mark_at(server)
      end
    end,
  }) do
    it(name, function()
      local token = known_token()
      local other = known_token()
      gateways[2].relay:stall()
      assert.equal("true", call(gateways[1], "revoke", token))
      lose()
      gateways[2].relay:stall(false)
      gateways[2].relay:drop()
      assert_refused(gateways[2], token)
      assert_refused(gateways[1], token)
      assert.equal(200, who(gateways[2], other))
    end)
  end

  -- A replica that stopped following before the mark.
  local function start_replica()
    replica = redis.start({ lines = { "replicaof 127.0.0.1 " .. server.port } })
    await(function()
      return replica:command("XLEN", LOG) == server:command("XLEN", LOG)
        and replica:command("INFO", "replication"):find(
          "master_link_status:up", 1, true)
    end)
    replica:command("REPLICAOF", "NO", "ONE")
  end

  local function promote()
    for _, gateway in ipairs(gateways) do
      gateway.relay:lead_to(replica.port)
    end
    server:kill()
  end

  it("its last mark, with a replica that was promoted", function()
    local token = known_token()
    start_replica()
    gateways[2].relay:stall()
    assert.equal("true", call(gateways[1], "revoke", token))
    promote()
    gateways[2].relay:stall(false)
    assert_refused(gateways[2], token)
  end)

  it("its last mark, whose number another has taken", function()
    local token = known_token()
    start_replica()
    gateways[2].relay:stall()
    assert.equal("true", call(gateways[1], "revoke", token))
    gateways[1].relay:stall()
    promote()
    mark_at(replica)
    mark_at(replica)
    gateways[2].relay:stall(false)
    await(function()
      return fleet.follows(gateways[2])
    end)
    -- Who has made the mark comes back, and knows that it is missing.
    gateways[1].relay:stall(false)
    assert_refused(gateways[2], token)
  end)
end)
