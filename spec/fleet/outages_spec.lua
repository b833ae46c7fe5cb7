--- Redis that is stopped, slow, cut off, or refuses: no outage, and no verdict
--- that outlives its own end.

local fixtures = require("spec.support.fixtures")
local fleet = require("spec.support.fleet")
local guarded_nginx = require("spec.support.guarded_nginx")
local redis = require("spec.support.redis")
local socket = require("socket")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local metric = guarded_nginx.metric

local USER = { "ACL", "SETUSER", "gateway", "on", ">right", "~*", "-@all",
  "+evalsha", "+eval", "+persist", "+xadd",
  "+xrange", "+xrevrange", "+time", "+get", "+set", "+del", "+select" }


describe("a fleet whose Redis #once #fleet", function()
  local server, emulator, gateways

  -- `fields` with relay 1 only: gateway 2 keeps its line to Redis.
  local function start(fields, guard_options)
    gateways = fleet.start(2, {
      redis = server, guard = guard_options,
      fields = guarded_nginx.merged(
        { connect_timeout = 0.1, read_timeout = 0.1 }, fields or {}),
    })
  end

  before_each(function()
    server = redis.start()
    server:call(USER)
    emulator = fixtures.emulator()
  end)

  after_each(function()
    if gateways then
      fleet.stop(gateways)
      gateways = nil
    end
    server:stop()
  end)

  local function who(gateway, token)
    local status, _, body = gateway:get("/who", bearer(token))
    return status, body
  end

  local function call(gateway, method, argument)
    return select(3, gateway:get("/call?method=" .. method .. "&with="
      .. (argument or "")))
  end

  local function state(gateway)
    return select(3, gateway:get("/state"))
  end

  local function remembers(gateway, token)
    local status, body = who(gateway, token)
    return status == 200 and body:find(" l[12] ") ~= nil
  end

  local function await(condition, message)
    assert.is_true(system.wait_until(condition), message)
  end

  -- The guard's own lines; nginx has some for connections that are reset.
  local function lines(gateway)
    return select(2, gateway:log():gsub("gctokens%.guard: ", ""))
  end

  -- What holds during every outage of the first gateway.
  local function check_outage(name)
    local known, cold = emulator:issue(), {}
    for i = 1, 20 do
      cold[i] = emulator:issue()
    end
    return known, function()
      local from = socket.gettime()
      await(function()
        who(gateways[1], emulator:issue())
        return state(gateways[1]):find("^false")
      end, name)
      local failed = metric(gateways[1],
        'gctokens_guard_fleet_looks_total{answer="failed"}')
      local began = socket.gettime()
      for _, token in ipairs(cold) do
        assert.equal(200, (who(gateways[1], token)), name)
        assert.equal(200, (who(gateways[1], known)), name)
      end
      local looked = metric(gateways[1],
        'gctokens_guard_fleet_looks_total{answer="failed"}') - failed
      assert.is_true(looked <= (socket.gettime() - began) / 0.4 + 1, name)
      assert.matches("^fleet .*this machine did, and the fleet was not told",
        call(gateways[1], "invalidate", known), name)
      assert.is_false(remembers(gateways[1], known), name)
      assert.is_true(lines(gateways[1]) <= 2 * (socket.gettime() - from + 1),
        gateways[1]:log())
    end
  end

  local function check_return(name, known)
    await(function()
      return fleet.follows(gateways[1]) and fleet.follows(gateways[2])
    end, name .. "\n" .. gateways[1]:log() .. gateways[2]:log())
    await(function()
      return not remembers(gateways[2], known)
    end, name)
    assert.equal(200, (who(gateways[1], emulator:issue())))
  end

  -- name -> { how it begins, how it ends }
  local FAULTS = {
    ["is stopped"] = {
      function() server:signal("STOP") end,
      function() server:signal("CONT") end,
    },
    ["does not answer this gateway"] = {
      function() gateways[1].relay:stall() end,
      function() gateways[1].relay:stall(false) end,
    },
    ["resets this gateway's connections"] = {
      function()
        gateways[1].relay:always({ { "some" }, { "reset" } })
        gateways[1].relay:drop()
      end,
      function() gateways[1].relay:always() end,
    },
    ["hangs up on this gateway"] = {
      function()
        gateways[1].relay:always({})
        gateways[1].relay:drop()
      end,
      function() gateways[1].relay:always() end,
    },
    ["speaks another protocol"] = {
      function()
        gateways[1].relay:always({ { "some" }, { "send", "HTTP/1.1 400\r\n" } })
        gateways[1].relay:drop()
      end,
      function() gateways[1].relay:always() end,
    },
    ["is killed, and comes back empty"] = {
      function() server:kill() end,
      function() server:run() end,
    },
    ["has become a replica"] = {
      function() server:command("REPLICAOF", "127.0.0.1", "1") end,
      function() server:command("REPLICAOF", "NO", "ONE") end,
    },
  }

  for name, fault in pairs(FAULTS) do
    it(name, function()
      start()
      local known, check = check_outage(name)
      assert.equal(200, (who(gateways[1], known)))
      assert.equal(200, (who(gateways[2], known)))
      fault[1]()
      check()
      fault[2]()
      check_return(name, known)
    end)
  end

  it("has another password, or other rights, than it had", function()
    start({ username = "gateway", password = "right" })
    local function disconnect()
      for _, gateway in ipairs(gateways) do
        gateway.relay:drop()
      end
    end
    for name, fault in pairs({
      password = { "<right", ">right" },
      rights = { "-evalsha", "+evalsha" },
      keys = { "resetkeys", "~*" },
      writing = { "-set", "+set" },
    }) do
      local known, check = check_outage(name)
      assert.equal(200, (who(gateways[1], known)))
      assert.equal(200, (who(gateways[2], known)))
      server:command("ACL", "SETUSER", "gateway", fault[1])
      disconnect()
      check()
      server:command("ACL", "SETUSER", "gateway", fault[2])
      check_return(name, known)
      for _, gateway in ipairs(gateways) do
        local log = gateway:log()
        assert.is_nil(log:find("right", 1, true), log)
        gateway:clear_log()
      end
    end
  end)

  -- Redis lets a script go on that has begun to write, and PERSIST is a write.
  for name, disturb in pairs({
    ["forgets its scripts"] = { "SCRIPT", "FLUSH" },
    ["has no memory left"] = { "CONFIG", "SET", "maxmemory", "1" },
    ["closes all connections"] = { "CLIENT", "KILL", "TYPE", "normal" },
  }) do
    it(name .. ": nobody notices", function()
      start()
      for _ = 1, 5 do
        server:call(disturb)
        server:reconnect()
        local token = emulator:issue()
        assert.equal(200, (who(gateways[1], token)))
        await(function()
          return server:command("KEYS", "*:l:*")[1] == nil
        end)
        assert.matches(" fleet ", select(2, who(gateways[2], token)))
      end
      assert.equal("", gateways[1]:log() .. gateways[2]:log())
    end)
  end

  it("is down when a gateway starts, which then goes alone", function()
    local port = server.port
    server:kill()
    local gateway = require("spec.support.nginx").start(
      fleet.options({}, {}, { port = port, connect_timeout = 0.1,
        read_timeout = 0.1 }))
    assert.equal(200, (who(gateway, emulator:issue())))
    server:run()
    await(function()
      return fleet.follows(gateway)
    end)
    assert.equal(2, lines(gateway), gateway:log())
    gateway:stop()
  end)

  -- nginx waits 30 s for a resolver.
  it("has a name that no resolver answers for", function()
    local resolver = assert(socket.udp())
    assert(resolver:setsockname("127.0.0.1", 0))
    local port = select(2, resolver:getsockname())
    local gateway = require("spec.support.nginx").start(fleet.options({
      http = ("resolver 127.0.0.1:%d ipv6=off;"):format(port),
    }, {}, {
      host = "redis.internal", connect_timeout = 0.1, read_timeout = 0.1,
    }))
    for _ = 1, 5 do
      local at = socket.gettime()
      assert.equal(200, (who(gateway, emulator:issue())))
      assert.is_true(socket.gettime() - at < 5)
    end
    await(function()
      return gateway:log():find("could not run a script in Redis within 0.2 s",
        1, true)
    end, gateway:log())
    local at = socket.gettime()
    gateway:reload()
    assert.is_true(socket.gettime() - at < 10)
    gateway:stop()
    resolver:close()
  end)

  it("is gone: verdicts end by themselves, and new ones last ttl_alone",
    function()
      start({ ttl_alone = 2 }, { ttl = 0.5, refresh_ahead = 0 })
      local token = emulator:issue()
      assert.equal(200, (who(gateways[1], token)))
      assert.equal(200, (who(gateways[2], token)))
      server:signal("STOP")
      emulator:clear_requests()
      local began = socket.gettime()
      while socket.gettime() - began < 4.5 do
        assert.equal(200, (who(gateways[1], token)))
        socket.sleep(0.02)
      end
      -- At 0.5 s for once, then every 1.8 to 2.2 s.
      local asked = select(2, emulator:requests())
      assert.is_true(asked >= 2 and asked <= 4, asked)
      server:signal("CONT")
    end)

  it("is cut off from one gateway: what is revoked elsewhere ends there with "
    .. "its record", function()
    start({ ttl_alone = 1 }, { ttl = 1, refresh_ahead = 0 })
    local token = emulator:issue()
    assert.equal(200, (who(gateways[1], token)))
    gateways[1].relay:stall()
    local known_until = socket.gettime() + 1.1
    assert.equal("true", call(gateways[2], "revoke", token))
    local last
    await(function()
      last = socket.gettime()
      return who(gateways[1], token) == 401
    end)
    assert.is_true(last < known_until + 1, last - known_until)
    gateways[1].relay:stall(false)
  end)

  it("is out of reach: the one that revoked is told so, and the others later",
    function()
      start()
      local token = emulator:issue()
      assert.equal(200, (who(gateways[1], token)))
      assert.equal(200, (who(gateways[2], token)))
      gateways[1].relay:stall()
      assert.matches("^fleet ", call(gateways[1], "revoke", token))
      assert.equal(401, (who(gateways[1], token)))
      assert.is_true(remembers(gateways[2], token))
      gateways[1].relay:stall(false)
      await(function()
        return who(gateways[2], token) == 401
      end)
    end)

  it("was out of reach for more marks than are kept: all is forgotten",
    function()
      start()
      local token = emulator:issue()
      assert.equal(200, (who(gateways[2], token)))
      gateways[1].relay:stall()
      for i = 1, 150 do
        call(gateways[1], "invalidate", "token" .. i)
      end
      assert.is_true(remembers(gateways[2], token))
      gateways[1].relay:stall(false)
      await(function()
        return not remembers(gateways[2], token)
      end)
    end)
end)
