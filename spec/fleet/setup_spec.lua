--- Setting up a fleet: the README's nginx.conf, and what is wrong with options.

local fixtures = require("spec.support.fixtures")
local fleet = require("spec.support.fleet")
local guard_options = require("gctokens.guard.options")
local guarded_nginx = require("spec.support.guarded_nginx")
local nginx = require("spec.support.nginx")
local readmes = require("spec.documentation.readmes")
local redis = require("spec.support.redis")
local system = require("spec.support.system")

local README = "lua/gctokens/guard/fleet/README.md"
local SECRET = ("s"):rep(32)


describe("the option fleet", function()
  local function raised(fields)
    local ok, message = pcall(guard_options.read, {
      region = "us-east-1", check_ngx_lua = false, fleet = fields,
    })
    assert.is_false(ok)
    return message
  end

  local function with(field, value)
    return { host = "redis", secret = SECRET, [field] = value }
  end

  it("says which field is wrong", function()
    for _, case in ipairs({
      { with("host", ""), "whose host is" },
      { with("port", 65536), "whose port is a whole number from 1 to 65535" },
      { with("database", -1), "whose database is a whole number from 0" },
      { with("name", "a b"), "whose name is a string of letters" },
      { with("name", "{a}"), "whose name is a string of letters" },
      { with("poll_interval", 0), "whose poll_interval is" },
      { with("pool_size", 0), "whose pool_size is" },
      { with("tls", "yes"), "whose tls is a boolean" },
      { with("user", "a"), "without \"user\"" },
      { true, "must be false or a table" },
    }) do
      assert.matches(case[2], raised(case[1]), 1, true)
    end
  end)

  it("wants secrets of 32 bytes, and shows none", function()
    for _, secret in ipairs({
      "short", { "short" }, { SECRET, "short" }, {}, { a = SECRET },
    }) do
      local message = raised(with("secret", secret))
      assert.matches("whose secret is a string of 32 bytes or more", message)
      assert.is_nil(message:find("short", 1, true))
      assert.is_nil(message:find(SECRET, 1, true))
    end
  end)

  it("says which field is missing", function()
    for _, case in ipairs({
      { { secret = SECRET }, "needs a field host, or a field socket" },
      { with("socket", "/run/redis.sock"), "needs a field host, or" },
      { { host = "a" }, "needs a field secret" },
      { with("username", "a"), "needs a field password" },
      { { socket = "/run/redis.sock", secret = SECRET, tls = true },
        "needs a field server_name" },
    }) do
      assert.matches('gctokens.guard.new: option "fleet" ' .. case[2],
        raised(case[1]), 1, true)
    end
  end)
end)


describe("a gateway of a fleet #once", function()
  local server, certificates, emulator

  before_each(function()
    certificates = redis.certificates()
    server = redis.start({ tls = certificates .. "/server" })
    emulator = fixtures.emulator()
  end)

  after_each(function()
    server:stop()
    system.remove_directory(certificates)
  end)

  local function replaced(text, from, to)
    local first, last = text:find(from, 1, true)
    assert(first, from .. " is not in the README")
    return text:sub(1, first - 1) .. to .. text:sub(last + 1)
  end

  -- But for addresses, the emulator in place of Genesys Cloud, and the tree's
  -- own files.
  local function configuration()
    local text = readmes.block(README, "nginx").text
    for from, to in pairs({
      ["load_module modules/ndk_http_module.so;"] =
        "@USER@ daemon on; pid nginx.pid; error_log error.log warn;"
        .. "\n@LOAD_NDK@",
      ["load_module modules/ngx_http_lua_module.so;"] = "@LOAD_LUA@",
      ["http {"] = [[http {
        lua_package_path "@TREE@/lua/?.lua;;";
        lua_package_cpath "@TREE@/build/luajit/?.so;;";]],
      ["/etc/ssl/certs/ca-certificates.crt"] = certificates .. "/ca.pem",
      ["init_by_lua_block {"] = "init_by_lua_block {\n"
        .. fleet.package_path(),
      ['region = "us-east-1",'] = ("base_url = %q,"):format(emulator.http_url),
      ['"b3d3a6a6-1a2b-4c3d-8e4f-5a6b7c8d9e0f"'] =
        '"6e1ceecf-2ecd-40ad-829b-f9408038536c"',
      ['host = "redis.internal",'] = ('host = "127.0.0.1", port = %d, '
        .. 'server_name = "localhost", connect_timeout = 1,'):format(
        server.tls_port),
      ["guard:warm_up()"] = "guard:warm_up() dofile(ngx.config.prefix() .. "
        .. '"owner.lua").watch(@OWNER@, @TEMPORARY@)',
      ["proxy_pass http://127.0.0.1:9000;"] = "content_by_lua_block { "
        .. "ngx.print(ngx.ctx.gctokens.cache) }",
      ["127.0.0.1:8080"] = "127.0.0.1:@PORT_1@",
    }) do
      text = replaced(text, from, to)
    end
    return text
  end

  it("is set up as the README says, with the rights that it names", function()
    local _, blocks = readmes.read(README)
    for _, block in ipairs(blocks) do
      if block.kind == "acl" then
        local words = { "ACL", "SETUSER" }
        for word in block.text:gsub("^user ", ""):gmatch("%S+") do
          words[#words + 1] = word
        end
        server:call(words)
      end
    end
    local gateways = {}
    for i = 1, 2 do
      gateways[i] = nginx.start({
        template = configuration(),
        env = { REDIS_PASSWORD = "PASSWORD", GCTOKENS_FLEET_SECRET = SECRET },
      })
    end
    assert.is_true(system.wait_until(function()
      return (server:command("GET", "{gctokens:gctokens}:m") or "")
        :find(";.*;")
    end), gateways[1]:log())
    local token = guarded_nginx.bearer(emulator:issue())
    assert.equal("miss", select(3, gateways[1]:get("/api/", token)))
    assert.equal("fleet", select(3, gateways[2]:get("/api/", token)))
    assert.equal("", gateways[1]:stop() .. gateways[2]:stop())
  end)

  it("may reach Redis by a Unix socket", function()
    local gateway = nginx.start(fleet.options({}, {}, {
      socket = server.socket,
    }))
    assert.is_true(system.wait_until(function()
      return fleet.follows(gateway)
    end), gateway:log())
    gateway:stop()
  end)

  it("refuses a dict of another fleet", function()
    local _, message = nginx.try(guarded_nginx.options({
      init = fleet.package_path(),
      after = ([[
        require("gctokens.guard").new({
          base_url = %q, fleet = { host = "b", secret = ("s"):rep(32) },
        })
      ]]):format(emulator.http_url),
    }, { fleet = { host = "a", secret = SECRET } }))
    assert.matches("belongs to another fleet", message)
  end)
end)
