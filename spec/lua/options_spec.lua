--- Options of gctokens.new and of calls: checks, environment and defaults.

local fixtures = require("spec.support.fixtures")
local call_options = require("gctokens.call_options")
local client_help = require("gctokens.options.client_help")
local core = require("gctokens.core")
local gctokens = require("gctokens")
local operations = require("gctokens.options.operations")
local options = require("gctokens.options")
local rows = require("gctokens.options.client")
local system = require("spec.support.system")


local function resolve(user_options)
  user_options = user_options or {}
  if user_options.env == nil then
    user_options.env = false
  end
  return options.for_client(core, user_options)
end


local function refusal(user_options)
  local ok, message = pcall(gctokens.new, user_options)
  assert.is_false(ok)
  return message
end


describe("gctokens.options", function()
  it("has the documented defaults", function()
    local client_options = resolve()
    assert.equal("https://api.mypurecloud.com", client_options.base_url)
    assert.equal("https://login.mypurecloud.com", client_options.login_url)
    assert.equal(15, client_options.timeout)
    assert.equal(5, client_options.connect_timeout)
    assert.equal(60, client_options.deadline)
    assert.same({
      max_attempts = 4, base_delay = 0.25, max_delay = 8,
      max_retry_after = 180,
    }, client_options.retry)
  end)

  it("takes every default of the table of options", function()
    local client_options = resolve({ env = true, access_token = "t" })
    for name, default in pairs(options.defaults) do
      assert.same(default, client_options[name], name)
    end
  end)

  it("completes a partial retry table", function()
    local policy = resolve({ retry = { max_attempts = 2 } }).retry
    assert.equal(2, policy.max_attempts)
    assert.equal(0.25, policy.base_delay)
    assert.is_false(resolve({ retry = false }).retry)
  end)

  it("raises on an unknown name, naming it, at the caller's line",
    function()
      assert.matches('options_spec.lua:%d+: gctokens.new: there is no option '
        .. '"timeuot", did you mean "timeout"%?', refusal({ timeuot = 1 }))
      assert.matches('no option "something_else"$',
        refusal({ something_else = 1 }))
      assert.matches("option names are strings, got number",
        refusal({ "x" }))
      local token = ("t0ken"):rep(17)
      local message = refusal({ [token] = true })
      assert.matches("no option of a name with 85 bytes$", message)
      assert.is_nil(message:find("t0ken", 1, true))
    end)

  it("raises on options that are not a table", function()
    for _, value in ipairs({ "x", 1, true, false, print }) do
      assert.matches("options must be a table", refusal(value))
    end
  end)

  -- a value of each of Lua's types, and which of them a type of option takes
  local samples = {
    string = "x", number = 3, boolean = true, table = {}, ["function"] = print,
  }
  local taken = {
    boolean = { boolean = true }, count = { number = true },
    ["function"] = { ["function"] = true }, headers = { table = true },
    loop = { table = true }, seconds = { number = true },
    string = { string = true }, text = { string = true },
    token = { string = true, ["function"] = true },
  }
  for _, row in ipairs(rows) do
    it("names the option " .. row.name .. " when its type is wrong", function()
      for kind, value in pairs(samples) do
        local fits = taken[row.type][kind] or row.fields and kind == "table"
        if not fits then
          local message = refusal({ [row.name] = value })
          assert.matches('option "' .. row.name .. '" must be .*got '
            .. (kind == "number" and "3" or kind), message)
        end
      end
    end)
  end

  it("refuses numbers that are no use", function()
    for _, name in ipairs({ "timeout", "connect_timeout", "deadline" }) do
      for _, value in ipairs({ 0, -1, 0 / 0, math.huge }) do
        assert.matches('option "' .. name .. '"', refusal({ [name] = value }))
      end
    end
    for _, name in ipairs({ "max_response_bytes", "max_connections" }) do
      for _, value in ipairs({ 0, -1, 1.5, 0 / 0, math.huge, 2 ^ 40 }) do
        assert.matches('option "' .. name .. '"', refusal({ [name] = value }))
      end
    end
  end)

  it("refuses empty texts and NUL bytes", function()
    assert.matches('option "ca_file"', refusal({ ca_file = "" }))
    assert.matches('option "ca_file"', refusal({ ca_file = "a\0b" }))
  end)

  it("looks into retry, headers and loop", function()
    assert.matches("max_attempts", refusal({ retry = { max_attempts = 0 } }))
    assert.matches('without "tries"', refusal({ retry = { tries = 1 } }))
    assert.equal(0, resolve({ retry = { base_delay = 0 } }).retry.base_delay)
    assert.equal(1,
      resolve({ retry = { max_attempts = 1 } }).retry.max_attempts)
    for _, pause in ipairs({ -0.5, math.huge }) do
      assert.matches("base_delay is a number of seconds, 0 or more",
        refusal({ retry = { base_delay = pause } }))
    end
    assert.matches("max_attempts is a whole number from 1, not 0",
      refusal({ retry = { max_attempts = 0 } }))
    assert.matches('"headers"', refusal({ headers = { a = 1 } }))
    assert.matches('"headers"', refusal({ headers = { "a" } }))
    assert.matches("function wait", refusal({
      loop = { now = print, sleep = print },
    }))
    assert.matches("event is a function", refusal({
      loop = { now = print, sleep = print, wait = print, event = 1 },
    }))
  end)

  it("says what is wrong in fields, too", function()
    local _, err = resolve({ timeout = 0 })
    assert.same({
      message = 'gctokens.new: option "timeout" must be a number of seconds '
        .. "above 0, got 0",
      reason = "must be a number of seconds above 0, got 0",
      option = "timeout",
    }, err)
    _, err = resolve({ timeuot = 1 })
    assert.equal("timeuot", err.option)
    assert.equal('there is no option "timeuot", did you mean "timeout"?',
      err.reason)
  end)

  it("takes what is in the table, not what a metatable adds", function()
    local client_options = resolve(setmetatable({ env = false, timeout = 3 }, {
      __index = { deadline = 9, access_token = "t", timeuot = 1 },
    }))
    assert.equal(3, client_options.timeout)
    assert.equal(60, client_options.deadline)
    assert.is_nil(client_options.access_token)
  end)

  it("never shows the value, which may be a secret", function()
    assert.not_matches("hunter2", refusal({ client_id = { "hunter2" } }))
    assert.not_matches("hunter2",
      refusal({ base_url = "https://u:hunter2@api.example.com" }))
  end)

  describe("where to", function()
    it("comes from the region", function()
      local client_options = resolve({ region = "EU_WEST_1" })
      assert.equal("https://api.mypurecloud.ie", client_options.base_url)
      assert.equal("https://login.mypurecloud.ie", client_options.login_url)
    end)

    it("raises for a region that does not exist", function()
      assert.matches('option "region" cannot be used: "eu%-west%-9" is neither',
        refusal({ region = "eu-west-9" }))
    end)

    it("is overridden by base_url", function()
      local client_options = resolve({
        region = "eu-west-1", base_url = "https://api.example.com/",
      })
      assert.equal("https://api.example.com", client_options.base_url)
    end)

    it("has a login next to the API for hosts of Genesys only", function()
      for domain in pairs({
        ["mypurecloud.com"] = true, ["usw2.pure.cloud"] = true,
        ["new9.pure.cloud"] = true, ["use2.us-gov-pure.cloud"] = true,
      }) do
        assert.equal("https://login." .. domain, resolve({
          base_url = "https://API." .. domain .. "/",
        }).login_url)
      end
      for _, url in ipairs({
        "https://api.example.com", "https://gateway.example.com/gc",
        "https://mypurecloud.com", "https://api.mypurecloud.com.example.com",
        "https://api.evilmypurecloud.com", "https://api.mypurecloud.com:8443",
        "https://api.mypurecloud.com/gateway", "https://api.pure.cloud",
        "https://api.xpure.cloud", "https://login.mypurecloud.com",
        "http://127.0.0.1:8080", "https://localhost",
      }) do
        local given = { base_url = url }
        assert.is_nil(resolve(given).login_url, url)
        given.client_id, given.client_secret = "i", "hunter2"
        local message = refusal(given)
        assert.matches('option "login_url" is needed', message)
        assert.not_matches("hunter2", message)
        given.login_url = "https://id.example.com"
        assert.equal("https://id.example.com", resolve(given).login_url)
        given.login_url, given.access_token = nil, "t"
        assert.is_nil(resolve(given).login_url, url)
      end
    end)

    it("takes a login_url of its own", function()
      assert.equal("https://id.example.com", resolve({
        login_url = "https://id.example.com",
      }).login_url)
    end)

    it("is https, or http to this machine, unless allow_http", function()
      for _, url in ipairs({
        "http://127.0.0.1:8080", "http://localhost", "http://[::1]:1",
        "http://127.1.2.3",
      }) do
        assert.is_string(resolve({ base_url = url }).base_url)
      end
      for _, url in ipairs({
        "http://example.com", "http://127.example.com",
        "http://localhost.example.com", "ftp://example.com", "example.com",
        "https://", "file:///etc/passwd", "https://a b.com",
        "https://example.com/?x", "https://example.com/#x",
        "https://user@example.com", "http://127.999.1.1",
        "http://127.1.2.3.4", "https://example.com\n",
        "https://" .. ("a"):rep(5000) .. ".com",
      }) do
        assert.matches('option "base_url"', refusal({ base_url = url }))
        assert.matches('option "login_url"', refusal({ login_url = url }))
      end
      assert.equal("http://example.com", resolve({
        base_url = "http://example.com", allow_http = true,
      }).base_url)
    end)
  end)

  describe("credentials", function()
    it("must be complete", function()
      assert.matches('option "client_secret" is needed together with client_id',
        refusal({ client_id = "x", env = false }))
      assert.matches('option "client_id" is needed together with client_secret',
        refusal({ client_secret = "x", env = false }))
    end)

    it("give way to an access token", function()
      local client_options = resolve({
        access_token = "t", client_id = "i", client_secret = "s",
      })
      assert.equal("t", client_options.access_token)
      assert.is_nil(client_options.client_id)
    end)
  end)

  describe("the environment", function()
    -- in a process of its own, because Lua cannot set variables
    local function in_environment(variables, given, what)
      local output, code = fixtures.run(("%s LUA_PATH=%s LUA_CPATH=%s %s -e %s")
        :format(variables, fixtures.quote(package.path),
          fixtures.quote(package.cpath),
          os.getenv("GCTOKENS_LUA") or "lua5.4", fixtures.quote(([[
            local core = require("gctokens.core")
            local s, err = require("gctokens.options").for_client(core, %s)
            if not s then
              error(err.message, 0)
            end
            print(%s)
          ]]):format(given or "{}", what
            or "s.base_url, s.access_token, s.client_id, s.client_secret"))))
      return output:gsub("%s+$", ""), code
    end

    it("names token, credentials and region as Genesys' tools do", function()
      assert.equal("https://api.mypurecloud.de\ttok\tnil\tnil",
        (in_environment("GENESYSCLOUD_ACCESS_TOKEN=tok "
          .. "GENESYSCLOUD_OAUTHCLIENT_ID=i "
          .. "GENESYSCLOUD_OAUTHCLIENT_SECRET=s "
          .. "GENESYSCLOUD_REGION=eu-central-1")))
      assert.equal("https://api.mypurecloud.com\tnil\ti\ts",
        (in_environment("GENESYSCLOUD_OAUTHCLIENT_ID=i "
          .. "GENESYSCLOUD_OAUTHCLIENT_SECRET=s")))
    end)

    it("gives way to the code", function()
      assert.equal("https://api.mypurecloud.ie\tmine\tnil\tnil",
        (in_environment("GENESYSCLOUD_ACCESS_TOKEN=tok "
          .. "GENESYSCLOUD_REGION=eu-central-1",
          '{ access_token = "mine", region = "mypurecloud.ie" }')))
      assert.equal("https://api.mypurecloud.com\tnil\ti\ts",
        (in_environment("GENESYSCLOUD_ACCESS_TOKEN=tok",
          '{ client_id = "i", client_secret = "s" }')))
    end)

    it("counts as unset when it is empty", function()
      assert.equal("https://api.mypurecloud.com\tnil\tnil\tnil",
        (in_environment("GENESYSCLOUD_ACCESS_TOKEN= GENESYSCLOUD_REGION=")))
    end)

    it("is not read with env = false", function()
      assert.equal("https://api.mypurecloud.com\tnil\tnil\tnil",
        (in_environment("GENESYSCLOUD_ACCESS_TOKEN=tok "
          .. "GENESYSCLOUD_REGION=nowhere", "{ env = false }")))
    end)

    it("is named when it holds a wrong region", function()
      local output, code = in_environment("GENESYSCLOUD_REGION=nowhere")
      assert.equal(1, code)
      assert.matches('from GENESYSCLOUD_REGION.*"nowhere" is neither',
        output)
    end)

    it("is named when it holds half of the credentials, or a secret that "
      .. "has nowhere to go", function()
      assert.matches('option "client_secret" is needed together with client_id '
        .. "%(from GENESYSCLOUD_OAUTHCLIENT_ID%)",
        (in_environment("GENESYSCLOUD_OAUTHCLIENT_ID=i")))
      assert.matches('option "login_url" is needed',
        (in_environment("GENESYSCLOUD_OAUTHCLIENT_ID=i "
          .. "GENESYSCLOUD_OAUTHCLIENT_SECRET=s",
          '{ base_url = "https://gateway.example" }')))
    end)

    it("says which certificates are trusted, as it does to curl", function()
      local function trust(variables, given)
        return (in_environment(variables, given, "s.ca_file, s.ca_path, "
          .. "s.origins.ca_file, s.origins.ca_path"))
      end
      local default = core.default_ca_file
      local all = "CURL_CA_BUNDLE=/c SSL_CERT_FILE=/f SSL_CERT_DIR=/d"
      assert.equal("/c\tnil\tCURL_CA_BUNDLE\tnil", trust(all))
      assert.equal("/f\t/d\tSSL_CERT_FILE\tSSL_CERT_DIR",
        trust("CURL_CA_BUNDLE= SSL_CERT_FILE=/f SSL_CERT_DIR=/d"))
      assert.equal("/f\tnil\tSSL_CERT_FILE\tnil", trust("SSL_CERT_FILE=/f"))
      -- a directory adds to what libcurl trusts
      assert.equal(default .. "\t/d\tnil\tSSL_CERT_DIR",
        trust("SSL_CERT_DIR=/d"))
      assert.equal("nil\tnil\tnil\tnil", trust("SSL_CERT_FILE="))
      assert.equal("nil\tnil\tnil\tnil", trust(all, "{ env = false }"))
      assert.equal("/mine\tnil\tnil\tnil", trust(all, '{ ca_file = "/mine" }'))
      assert.equal("nil\t/mine\tnil\tnil", trust(all, '{ ca_path = "/mine" }'))
      assert.equal("nil\tnil\tnil\tnil", trust(all, "{ transport = print }"))
    end)
  end)

  describe("with a transport", function()
    it("are not those that only the engine heeds", function()
      for _, row in ipairs(rows) do
        if row.engine == "alone" then
          local user_options = { transport = print }
          user_options[row.name] = row.type == "count" and 1 or "x"
          assert.matches('option "' .. row.name .. '" has no effect together '
            .. 'with option "transport"', refusal(user_options))
        end
      end
    end)
  end)

  describe("of one call", function()
    local client
    setup(function()
      fixtures.emulator()
      client = fixtures.client()
    end)

    it("are checked like the client's, at the caller's line", function()
      for name, value in pairs({
        timeout = 0, deadline = "1", retry = 3, headers = { 1 },
        access_token = 5, connect_timeout = -1, region = "us-east-1",
        preserve_idle_ttl = true,
      }) do
        local ok, message = pcall(function()
          local result = client:head_tokens_me({ [name] = value })
          return result
        end)
        assert.is_false(ok, name)
        assert.matches("options_spec.lua:%d+: head_tokens_me: .*" .. name,
          message)
      end
    end)

    it("must be a table", function()
      assert.has_error(function()
        client:get_tokens_me("x")
      end)
    end)

    it("know what only one operation takes", function()
      assert.is_table(client:get_tokens_me({ preserve_idle_ttl = true }))
      assert.has_error(function()
        client:get_tokens_me({ validate = true })
      end)
      assert.has_error(function()
        client:get_tokens_me({ preserve_idle_ttl = "true" })
      end)
    end)
  end)
end)


describe("the tables of options", function()
  local function described(list, visit)
    for _, row in ipairs(list) do
      visit(row)
      described(row.fields or {}, visit)
    end
  end

  local function each_row(visit)
    described(rows, visit)
    for _, list in pairs(operations) do
      described(list, visit)
    end
  end

  it("have each option once, with help", function()
    local seen = {}
    each_row(function(row)
      assert.is_nil(seen[row.name], row.name)
      seen[row.name] = true
      assert.is_table(client_help[row.name], row.name .. " has no help")
      assert.matches("%S", client_help[row.name].help)
    end)
    for name in pairs(client_help) do
      assert.is_true(seen[name], name .. " has help, but no row")
    end
  end)

  it("have a check for each type, which lets the default through", function()
    for _, row in ipairs(rows) do
      assert.is_function(options.checks[row.name], row.name)
      if row.default ~= nil then
        assert.is_true(options.checks[row.name](row.default), row.name)
      end
    end
    assert.is_true(options.checks.retry(options.defaults.retry))
    local client_options = resolve()
    for operation, list in pairs(operations) do
      for _, row in ipairs(list) do
        local ok, message = pcall(call_options.complete, client_options,
          operation, { [row.name] = io.stdout }, {})
        assert.is_false(ok)
        assert.matches('option "' .. row.name .. '" must be ', message)
        assert.has_no_error(function()
          call_options.complete(client_options, operation,
            { [row.name] = row.default }, {})
        end)
      end
    end
  end)

  it("say what the engine takes: what it knows, and all of it but what comes "
    .. "with each call", function()
    local taken = { timeout = true, connect_timeout = true }
    for _, row in ipairs(rows) do
      if row.engine then
        taken[row.name] = true
        local ok, message = pcall(core.new, { [row.name] = print })
        assert.is_false(ok)
        assert.not_matches("there is no option", message)
      end
    end
    local fields = system.read("lua/gctokens/meta/core.lua")
      :match("%-%-%-@class gctokens.Engine[OS]%w+\n(.-)\n\n")
    for name in fields:gmatch("@field ([%w_]+)") do
      assert.is_true(taken[name], name)
    end
  end)

  it("have the defaults that the engine has of its own", function()
    local count = 0
    for name, value in system.read("csrc/engine/options.h")
      :gmatch("GCT_DEFAULT_([%u_]+) = (%d[%d <]*)") do
      local base, shift = value:match("^(%d+) << (%d+)")
      count = count + 1
      assert.equal(options.defaults[name:lower()],
        base and base * 2 ^ shift or tonumber(value), name)
    end
    assert.equal(4, count)
  end)

  it("give an operation its own defaults", function()
    local arguments = {}
    call_options.complete(resolve(), "delete_tokens_of",
      { rate_per_minute = false }, arguments)
    assert.same({
      concurrency = 8, rate_per_minute = false, dedupe_window = 4096,
    }, arguments)
  end)
end)
