local fixtures = require("spec.support.fixtures")
local core = require("gctokens.core")
local gctokens = require("gctokens")
local options = require("gctokens.options")


local function resolve(given)
  given = given or {}
  if given.env == nil then
    given.env = false
  end
  return options.for_client(core, given)
end


local function refusal(given)
  local ok, message = pcall(gctokens.new, given)
  assert.is_false(ok)
  return message
end


describe("gctokens.options", function()
  it("has the documented defaults", function()
    local settings = resolve()
    assert.equal("https://api.mypurecloud.com", settings.base_url)
    assert.equal("https://login.mypurecloud.com", settings.login_url)
    assert.equal(15, settings.timeout)
    assert.equal(5, settings.connect_timeout)
    assert.equal(60, settings.deadline)
    assert.same({
      max_attempts = 4, base_delay = 0.25, max_delay = 8,
      max_retry_after = 180,
    }, settings.retry)
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
    end)

  it("raises on options that are not a table", function()
    for _, value in ipairs({ "x", 1, true, print }) do
      assert.matches("options must be a table", refusal(value))
    end
  end)

  -- every option with one value of each type it does not take
  local samples = {
    string = "x", number = 3, boolean = true, table = {}, ["function"] = print,
  }
  local accepted = {
    region = { "string" }, base_url = { "string" }, login_url = { "string" },
    allow_http = { "boolean" }, access_token = { "string", "function" },
    client_id = { "string" }, client_secret = { "string" },
    timeout = { "number" }, connect_timeout = { "number" },
    deadline = { "number" }, retry = { "boolean", "table" },
    ca_file = { "string" }, ca_path = { "string" },
    client_cert = { "string" }, client_key = { "string" },
    proxy = { "string" }, no_proxy = { "string" },
    max_response_bytes = { "number" }, max_connections = { "number" },
    headers = { "table" }, user_agent = { "string" },
    on_attempt = { "function" }, loop = { "table" }, env = { "boolean" },
    transport = { "function" },
  }
  for name, types in pairs(accepted) do
    it("names the option " .. name .. " when its type is wrong", function()
      local fits = {}
      for _, kind in ipairs(types) do
        fits[kind] = true
      end
      for kind, value in pairs(samples) do
        if not fits[kind] then
          local message = refusal({ [name] = value })
          assert.matches('option "' .. name .. '" must be .*got '
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

  it("takes what is in the table, not what a metatable adds", function()
    local settings = resolve(setmetatable({ env = false, timeout = 3 }, {
      __index = { deadline = 9, access_token = "t", timeuot = 1 },
    }))
    assert.equal(3, settings.timeout)
    assert.equal(60, settings.deadline)
    assert.is_nil(settings.access_token)
  end)

  it("never shows the value, which may be a secret", function()
    assert.not_matches("hunter2", refusal({ client_id = { "hunter2" } }))
    assert.not_matches("hunter2",
      refusal({ base_url = "https://u:hunter2@api.example.com" }))
  end)

  describe("where to", function()
    it("comes from the region", function()
      local settings = resolve({ region = "EU_WEST_1" })
      assert.equal("https://api.mypurecloud.ie", settings.base_url)
      assert.equal("https://login.mypurecloud.ie", settings.login_url)
    end)

    it("raises for a region that does not exist", function()
      assert.matches('option "region" cannot be used: "eu%-west%-9" is neither',
        refusal({ region = "eu-west-9" }))
    end)

    it("is overridden by base_url", function()
      local settings = resolve({
        region = "eu-west-1", base_url = "https://api.example.com/",
      })
      assert.equal("https://api.example.com", settings.base_url)
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
      local settings = resolve({
        access_token = "t", client_id = "i", client_secret = "s",
      })
      assert.equal("t", settings.access_token)
      assert.is_nil(settings.client_id)
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
