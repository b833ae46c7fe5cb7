--- Redis is not trusted: what is kept there names no token, and whoever writes
--- there makes no token valid.

local fixtures = require("spec.support.fixtures")
local fleet = require("spec.support.fleet")
local guarded_nginx = require("spec.support.guarded_nginx")
local redis = require("spec.support.redis")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local OTHER = "another secret of the specs, of 32 bytes or more"


describe("a fleet #once #fleet", function()
  local server, emulator, gateways

  before_each(function()
    server = redis.start()
    emulator = fixtures.emulator()
  end)

  after_each(function()
    if gateways then
      assert.equal("", fleet.stop(gateways))
      gateways = nil
    end
    server:stop()
  end)

  local function start(fields)
    gateways =
      fleet.start(2, { redis = server, relay = false, fields = fields })
    emulator:clear_requests()
  end

  local function who(gateway, token)
    local status, _, body = gateway:get("/who", bearer(token))
    return status, body
  end

  local function total()
    return (select(2, emulator:requests()))
  end

  -- Where the record of the only token is.
  local function record_key()
    local key
    assert.is_true(system.wait_until(function()
      key = server:command("KEYS", "*:r:*")[1]
      return key
    end))
    return key
  end

  it("asks Genesys where a record was changed", function()
    start()
    local token = emulator:issue()
    assert.equal(200, (who(gateways[1], token)))
    local key = record_key()
    server:command("SET", key, server:command("GET", key) .. " another:scope")
    assert.matches(" miss ", select(2, who(gateways[2], token)))
    assert.equal(2, total())
  end)

  it("asks Genesys where a record was moved to another token", function()
    start()
    local valid, invalid = emulator:issue(), "unknown"
    assert.equal(200, (who(gateways[1], valid)))
    local record = server:command("GET", record_key())
    local monitor = server:monitor()
    assert.equal(401, (who(gateways[1], invalid)))
    local key
    for found in monitor.finish():gmatch('"({gctokens:gctokens}:r:[^"]+)"') do
      key = found
    end
    server:command("SET", key, record)
    assert.equal(401, (who(gateways[2], invalid)))
  end)

  it("does not take back a record that was there before a revocation",
    function()
      start()
      local token = emulator:issue()
      assert.equal(200, (who(gateways[1], token)))
      local key = record_key()
      local record = server:command("GET", key)
      gateways[1]:get("/call?method=revoke&with=" .. token)
      server:command("SET", key, record)
      for _, gateway in ipairs(gateways) do
        assert.equal(401, (who(gateway, token)))
      end
    end)

  -- The other fleet has a database of its own: what is moved from there would
  -- be found, if it were believed.
  it("believes no record that another secret has signed", function()
    start()
    local own = gateways
    local token = emulator:issue()
    assert.equal(200, (who(own[1], token)))
    local key = record_key()
    local monitor = server:monitor()
    start({ secret = OTHER, database = 1 })
    assert.equal(200, (who(gateways[1], token)))
    local forged = monitor.finish():match('"({gctokens:gctokens}:r:[^"]+)" '
      .. '"({gctokens:gctokens}:l:[^"]+)"')
    assert.not_equal(key, forged, "keys need the secret, too")
    server:command("SELECT", 1)
    local record
    assert.is_true(system.wait_until(function()
      record = server:command("GET", forged)
      return record
    end))
    server:command("SELECT", 0)
    server:command("SET", key, record)
    assert.matches(" miss ", select(2, who(own[2], token)))
    assert.equal("", fleet.stop(own))
  end)

  it("changes its secret without refusing a request", function()
    start({ secret = { fleet.SECRET } })
    local token = emulator:issue()
    local function set_secret(gateway, list)
      local path = gateway.directory .. "/nginx.conf"
      local text = assert(system.read(path))
      local changed, count = text:gsub('%["secret"%] = %b{}',
        (('["secret"] = ' .. fixtures.literal(list)):gsub("%%", "%%%%")))
      assert.equal(1, count)
      system.write(path, changed)
      -- Requests go on while nginx reloads.
      local old = gateway:workers()
      system.run("kill -HUP " .. gateway.pid)
      repeat
        for _, any in ipairs(gateways) do
          assert.equal(200, (who(any, token)))
        end
      until gateway:wait_for_workers(old)
    end
    for _, list in ipairs({
      { fleet.SECRET, OTHER }, { OTHER, fleet.SECRET }, { OTHER },
    }) do
      for _, gateway in ipairs(gateways) do
        set_secret(gateway, list)
        -- Whatever their keys are, both obey.
        local revoked = emulator:issue()
        for _, any in ipairs(gateways) do
          assert.equal(200, (who(any, revoked)))
        end
        local _, _, answer =
          gateways[1]:get("/call?method=revoke&with=" .. revoked)
        assert.equal("true", answer)
        assert.is_true(system.wait_until(function()
          return who(gateways[2], revoked) == 401
        end))
      end
    end
  end)

  it("shows no token and no secret to Redis, or to logs", function()
    start()
    local monitor = server:monitor()
    local tokens = {}
    for i = 1, 5 do
      tokens[i] = emulator:issue()
      for _, gateway in ipairs(gateways) do
        who(gateway, tokens[i])
      end
    end
    gateways[1]:get("/call?method=revoke&with=" .. tokens[1])
    gateways[1]:get("/call?method=invalidate&with=" .. tokens[2])
    local recorded = monitor.finish()
    server:command("SAVE")
    local dump = assert(system.read(server.directory .. "/dump.rdb"))
    assert.is_true(#recorded > 5000 and #dump > 500)
    tokens[#tokens + 1] = fleet.SECRET
    for _, text in ipairs({ recorded, dump, gateways[1]:log(),
      gateways[2]:log() }) do
      for _, hidden in ipairs(tokens) do
        assert.is_nil(text:find(hidden, 1, true))
      end
    end
  end)
end)
