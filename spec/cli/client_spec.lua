--- The client of a command: where its token comes from, TLS, proxies.

local cli = require("spec.support.cli")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")


describe("the client of gctokens", function()
  local emulator, directory

  before_each(function()
    emulator = fixtures.emulator()
    directory = system.make_directory()
  end)

  after_each(function()
    system.remove_directory(directory)
  end)

  local function verify(arguments, options)
    return cli.call(emulator, "verify", arguments, options)
  end

  local function verify_with_file(text)
    local name = directory .. "/token"
    system.write(name, text)
    return verify({ "--token-file", name }, { token = false })
  end

  local function assert_refused(code, reason, result)
    assert.equal(code, result.code, result.stderr)
    assert.equal("", result.stdout)
    assert.matches(reason, result.stderr)
    assert.equal(0, select(2, emulator:requests()))
  end

  describe("the token", function()
    it("comes from a file, without the white space around it", function()
      local token = emulator.tokens.agent
      for _, text in ipairs({
        token, token .. "\n", "\n " .. token .. "\r\n\n",
        "\239\187\191" .. token .. "\r\n",
      }) do
        assert.equal(0, verify_with_file(text).code)
      end
    end)

    it("comes from standard input", function()
      local result = verify({ "--token-file", "-" }, {
        token = false, stdin = emulator.tokens.agent .. "\n",
      })
      assert.equal(0, result.code)
    end)

    it("of a file comes before the one in the environment", function()
      local result = verify({ "--token-file", "-" }, {
        token = emulator.tokens.agent, stdin = "a-token-of-yesterday",
      })
      assert.equal(1, result.code)
    end)

    it("is requested with client credentials, and not shown", function()
      local result = verify({ "--verbose" }, {
        token = false,
        env = {
          GENESYSCLOUD_OAUTHCLIENT_ID = emulator.clients.service.id,
          GENESYSCLOUD_OAUTHCLIENT_SECRET = emulator.clients.service.secret,
        },
      })
      assert.equal(0, result.code)
      local requests = emulator:requests()
      assert.equal("/oauth/token", requests[1].uri)
      local token = requests[2].headers.authorization:match("^Bearer (%S+)$")
      assert.is_nil(result.stderr:find(token, 1, true))
    end)

    it("in the environment comes before client credentials", function()
      assert.equal(0, verify({}, {
        env = {
          GENESYSCLOUD_OAUTHCLIENT_ID = "nobody",
          GENESYSCLOUD_OAUTHCLIENT_SECRET = "nothing",
        },
      }).code)
    end)

    it("is required: without one it exits with 4", function()
      for _, env in ipairs({
        {}, { GENESYSCLOUD_OAUTHCLIENT_ID = "half of it" },
        { GENESYSCLOUD_OAUTHCLIENT_SECRET = "the other half" },
        { GENESYSCLOUD_ACCESS_TOKEN = "" },
      }) do
        assert_refused(4, "there is no access token: set "
          .. "GENESYSCLOUD_ACCESS_TOKEN, or .+, or give %-%-token%-file",
          verify({}, { token = false, env = env }))
      end
    end)

    it("must be the only thing in its file", function()
      local token = emulator.tokens.agent
      for _, text in ipairs({
        "", "\n", token .. "\n" .. token, "Bearer " .. token,
      }) do
        assert_refused(2, "must hold one access token and nothing else",
          verify_with_file(text))
      end
      assert_refused(2, "it has more than 65536 bytes",
        verify_with_file(("x"):rep(65537)))
    end)

    it("is refused when it is not a bearer token", function()
      for _, token in ipairs({
        '"quoted-hunter2"', "hunter2\1", "hunter2\0", "hunter2=x", "h\228nter2",
      }) do
        local result = verify_with_file(token)
        assert_refused(2, "access_token is not a bearer token", result)
        assert.is_nil(result.stderr:find("nter2", 1, true))
      end
      assert_refused(2, "access_token is not a bearer token",
        verify({}, { token = "hunter2 hunter2" }))
    end)

    it("is refused when its file cannot be read", function()
      for name, reason in pairs({
        [directory .. "/missing"] = "No such file or directory",
        [directory] = "Is a directory",
        ["/proc/self/mem"] = "/proc/self/mem: ", -- an error of reading
      }) do
        assert_refused(3, "^gctokens: could not read .*" .. reason,
          verify({ "--token-file", name }, { token = false }))
      end
    end)
  end)

  describe("TLS", function()
    local function verify_at(url, ...)
      return cli.run({ "verify", "--base-url", url, ... }, {
        env = { GENESYSCLOUD_ACCESS_TOKEN = emulator.tokens.agent },
      })
    end

    it("trusts the certificates of --ca-file", function()
      local result =
        verify_at(emulator.https_url, "--ca-file", emulator.ca_file)
      assert.same({ code = 0, stdout = "valid\n", stderr = "" }, result)
    end)

    it("trusts no others, and exits with 3", function()
      for _, arguments in ipairs({
        { emulator.https_url },
        { emulator.https_url, "--ca-file", emulator.foreign_ca_file },
        { emulator.expired_url, "--ca-file", emulator.ca_file },
        { emulator.wrong_host_url, "--ca-file", emulator.ca_file },
        { emulator.https_url, "--ca-file", directory .. "/missing" },
      }) do
        local result = verify_at(arguments[1], arguments[2], arguments[3])
        assert_refused(3, "%(tls error%)\n$", result)
      end
    end)
  end)

  it("goes through a proxy, and does not show its password", function()
    for _, way in ipairs({
      { arguments = { "--proxy", "http://me:hunter2@127.0.0.1:1" } },
      { env = { https_proxy = "http://me:hunter2@127.0.0.1:1" } },
    }) do
      local words = {
        "verify", "--region", "eu-west-1", "--retries", "0", "-v",
      }
      for _, word in ipairs(way.arguments or {}) do
        words[#words + 1] = word
      end
      local env = way.env or {}
      env.GENESYSCLOUD_ACCESS_TOKEN = emulator.tokens.agent
      local result = cli.run(words, { env = env })
      assert.equal(3, result.code)
      assert.matches("https://api.mypurecloud.ie/.+127.0.0.1.+COULDNT_CONNECT",
        result.stderr)
      assert.is_nil(result.stderr:find("hunter2", 1, true))
    end
  end)
end)
