--- Connections to Redis: verified, never shared by what must not share one, and
-- never used again after anything went wrong.

local fixtures = require("spec.support.fixtures")
local fleet = require("spec.support.fleet")
local guarded_nginx = require("spec.support.guarded_nginx")
local nginx = require("spec.support.nginx")
local redis = require("spec.support.redis")
local socket = require("socket")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer

-- Of the run with connections that break.
local SECONDS = tonumber(os.getenv("FLEET_SECONDS") or 8)


describe("the fleet's connections #once #fleet", function()
  local server, certificates, gateways

  setup(function()
    certificates = redis.certificates()
    fixtures.emulator()
  end)

  teardown(function()
    system.remove_directory(certificates)
  end)

  after_each(function()
    fleet.stop(gateways or {})
    gateways = nil
    server:stop()
  end)

  local function who(gateway, token)
    return gateway:get("/who", bearer(token))
  end

  describe("by TLS", function()
    local function start(certificate, fields, trusted)
      server = redis.start({ tls = certificates .. "/" .. certificate })
      return nginx.start(fleet.options({
        http = ("lua_ssl_trusted_certificate %s/%s.pem;"):format(
          certificates, trusted or "ca"),
      }, {}, guarded_nginx.merged({
        port = server.tls_port, tls = true, server_name = "localhost",
      }, fields)))
    end

    it("are made to a server that is verified", function()
      local gateway = start("server", {})
      assert.is_true(system.wait_until(function()
        return fleet.follows(gateway)
      end))
      assert.equal("", gateway:stop())
    end)

    for name, case in pairs({
      ["of another host"] = { "wrong-host", {} },
      ["of another name"] = { "server", { server_name = "redis.internal" } },
      ["that has expired"] = { "expired", {} },
      ["of another authority"] = { "foreign", {} },
      ["that nobody signed"] = { "self-signed", {} },
      ["without trust"] = { "server", {}, "foreign-ca" },
    }) do
      it("are not made to one with a certificate " .. name, function()
        local gateway = start(case[1], case[2], case[3])
        assert.is_true(system.wait_until(function()
          return gateway:log():find("could not verify Redis by TLS", 1, true)
        end), gateway:log())
        assert.equal(200, (who(gateway, fixtures.emulator():issue())))
        assert.is_nil(server:command("KEYS", "*")[1])
        gateway:stop()
      end)
    end
  end)

  it("of two fleets at one server are not shared", function()
    server = redis.start()
    for _, name in ipairs({ "a", "b" }) do
      server:command("ACL", "SETUSER", name, "on", ">password", "+@all",
        "~{gctokens:" .. name .. "}:*")
    end
    local function literal(name, database)
      return fixtures.literal({
        base_url = fixtures.options().base_url, dict = "dict_" .. name,
        fleet = {
          host = "127.0.0.1", port = server.port, secret = fleet.SECRET,
          username = name, password = "password", name = name,
          database = database, connect_timeout = 1, read_timeout = 1,
        },
      })
    end
    local gateway = nginx.start({
      http = "lua_shared_dict dict_a 1m; lua_shared_dict dict_b 1m;"
        .. "init_by_lua_block {" .. fleet.package_path() .. [[
          guards = {}
          guards.a = require("gctokens.guard").new(]] .. literal("a", 0) .. [[)
          guards.b = require("gctokens.guard").new(]] .. literal("b", 1) .. [[)
        }]],
      server = [[
        location / {
          access_by_lua_block { guards[ngx.var.arg_name]:access() }
          content_by_lua_block { ngx.print("passed") }
        }
      ]],
    })
    local emulator = fixtures.emulator()
    for i = 1, 60 do
      assert.equal(200, (gateway:get("/?name=" .. (i % 2 == 0 and "a" or "b"),
        bearer(emulator:issue()))))
    end
    for database, name in pairs({ [0] = "a", [1] = "b" }) do
      server:command("SELECT", database)
      local _, count = table.concat(server:command("KEYS", "*"), "\n")
        :gsub("{gctokens:" .. name .. "}:r:", "")
      assert.equal(30, count)
      assert.equal(server:command("DBSIZE"), #server:command("KEYS",
        "{gctokens:" .. name .. "}:*"))
    end
    assert.equal("", gateway:stop())
  end)

  it("are used again when all went well", function()
    server = redis.start()
    gateways = fleet.start(1, { redis = server, relay = false })
    local emulator = fixtures.emulator()
    for _ = 1, 50 do
      assert.equal(200, (who(gateways[1], emulator:issue())))
    end
    local made = tonumber(server:command("INFO", "stats")
      :match("total_connections_received:(%d+)"))
    assert.is_true(made < 20, made)
    assert.equal("", gateways[1]:log())
  end)

  it("bring whole answers that arrive byte by byte", function()
    server = redis.start()
    gateways = fleet.start(2, { redis = server })
    gateways[2].relay:always({ { "tunnel", { is_split = true } } })
    gateways[2].relay:drop()
    assert.is_true(system.wait_until(function()
      return fleet.follows(gateways[2])
    end))
    local emulator = fixtures.emulator()
    local token = emulator:issue()
    assert.equal(200, (who(gateways[1], token)))
    local _, _, body = who(gateways[2], token)
    assert.matches(" fleet ", body)
  end)

  -- Every token has an organisation of its own. A verdict in the place of
  -- another's would show another name.
  local TRANSPORT = [[
    options.transport = function(request)
      local token = request.headers.Authorization:match("^Bearer (.*)$")
      if token:find("^bad") then
        return { status = 401,
          headers = { ["content-type"] = "application/json" },
          body = '{"code":"bad.credentials","message":"no","status":401}' }
      end
      return { status = 200, headers = {},
        body = ('{"organization":{"id":"%s","name":"%s"}}'):format(
          token:match("%d+"), token:match("%d+")) }
    end
    guard = require("gctokens.guard").new(options)
  ]]

  local function receive_body(connection, length)
    if length then
      return assert(connection:receive(tonumber(length)))
    end
    local body = ""
    repeat
      local size = tonumber(assert(connection:receive("*l")), 16)
      local chunk = assert(connection:receive(size + 2))
      body = body .. chunk:sub(1, size)
    until size == 0
    return body
  end

  -- Sends requests at once, and checks each response.
  local function check_requests(gateway, tokens)
    local connection = assert(socket.connect("127.0.0.1", gateway.port))
    connection:settimeout(20)
    local requests = {}
    for i, token in ipairs(tokens) do
      requests[i] = "GET /who HTTP/1.1\r\nHost: a\r\n"
        .. "Authorization: Bearer " .. token .. "\r\n\r\n"
    end
    assert(connection:send(table.concat(requests)))
    for _, token in ipairs(tokens) do
      local status = assert(connection:receive("*l")):match(" (%d+) ")
      local length, line
      repeat
        line = assert(connection:receive("*l"))
        length = line:match("^[Cc]ontent%-[Ll]ength: (%d+)") or length
      until line == ""
      local body = receive_body(connection, length)
      assert.equal(token:find("^bad") and "401" or "200", status)
      if status == "200" then
        assert.equal(token:match("%d+"), body:match("^%S+"))
      end
    end
    connection:close()
  end

  it("that break at random bring no verdict to the wrong token", function()
    server = redis.start()
    local SERVER = "keepalive_requests 1000000;"
    gateways = {}
    for i = 1, 2 do
      local relay = require("spec.support.fault_proxy").in_front_of(server.port)
      relay:always({ { "tunnel", { random = 0.3 } } })
      local options = guarded_nginx.merged({ base_url = "http://127.0.0.1:1",
        ttl = 0.2, negative_ttl = 0.2, refresh_ahead = 0.02 }, {
          fleet = {
            host = "127.0.0.1", port = relay.port, secret = fleet.SECRET,
            ttl_alone = 0.2, connect_timeout = 0.1, read_timeout = 0.1,
          },
        })
      gateways[i] = nginx.start(fleet.options({
        server = SERVER,
        after = "local options = " .. fixtures.literal(options) .. TRANSPORT,
      }, options, options.fleet))
      gateways[i].relay = relay
    end
    local random = require("gctokens.core").random
    local function random_token()
      return (random() < 0.1 and "bad" or "token")
        .. math.floor(random() * 300)
    end
    local ends, requests = socket.gettime() + SECONDS, 0
    repeat
      for _, gateway in ipairs(gateways) do
        local tokens = {}
        for i = 1, 100 do
          tokens[i] = random_token()
        end
        check_requests(gateway, tokens)
        requests = requests + 100
      end
    until socket.gettime() > ends
    local records, losses = 0, 0
    for _, gateway in ipairs(gateways) do
      records = records + guarded_nginx.metric(gateway,
        'gctokens_guard_fleet_looks_total{answer="record"}')
      losses = losses + select(2, gateway:log():gsub("cannot be reached", ""))
    end
    assert.is_true(losses > 0 and records > 0, losses .. " " .. records)
    io.write(("[%d requests, %d records, %d losses] "):format(
      requests, records, losses))
  end)
end)
