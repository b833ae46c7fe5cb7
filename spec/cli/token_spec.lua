--- gctokens token: prints a fresh access token.

local cjson = require("cjson")
local cli = require("spec.support.cli")
local fixtures = require("spec.support.fixtures")


describe("gctokens token", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  local function token(arguments, changes)
    local env = {
      GENESYSCLOUD_OAUTHCLIENT_ID = emulator.clients.service.id,
      GENESYSCLOUD_OAUTHCLIENT_SECRET = emulator.clients.service.secret,
    }
    for name, value in pairs(changes or {}) do
      env[name] = value
    end
    return cli.call(emulator, "token", arguments, {
      token = false, env = env,
    })
  end

  it("prints a fresh access token, and nothing else", function()
    local result = token()
    assert.equal(0, result.code)
    assert.equal("", result.stderr)
    local text = assert(result.stdout:match("^(%S+)\n$"))
    assert.equal(0, cli.call(emulator, "verify", {}, { token = text }).code)
    assert.not_equal(result.stdout, token().stdout)
  end)

  it("prints an object with --json", function()
    local object = cjson.decode(token({ "--json" }).stdout)
    assert.matches("^%S+$", object.access_token)
  end)

  it("never prints the access token in the environment", function()
    local result = token({}, {
      GENESYSCLOUD_ACCESS_TOKEN = emulator.tokens.admin,
    })
    assert.equal(0, result.code)
  end)

  it("shows the token once, also with --verbose", function()
    local result = token({ "--verbose" })
    assert.matches("^gctokens: post_oauth_token, attempt 1: HTTP 200",
      result.stderr)
    local text = result.stdout:match("%S+")
    assert.is_nil(result.stderr:find(text, 1, true))
  end)

  it("exits with 4 without credentials, and names them", function()
    for _, name in ipairs({
      "GENESYSCLOUD_OAUTHCLIENT_ID", "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    }) do
      local result = token({}, { [name] = "" })
      assert.equal(4, result.code)
      assert.equal("", result.stdout)
      assert.matches("GENESYSCLOUD_OAUTHCLIENT_ID and "
        .. "GENESYSCLOUD_OAUTHCLIENT_SECRET", result.stderr)
    end
  end)

  it("exits with 4 when the login refuses them", function()
    local result = token({}, {
      GENESYSCLOUD_OAUTHCLIENT_SECRET = "not-the-secret",
    })
    assert.equal(4, result.code)
    assert.equal("", result.stdout)
    assert.matches("answered 401 invalid_client: authentication failed",
      result.stderr)
    assert.is_nil(result.stderr:find("not-the-secret", 1, true))
    assert.equal(4, token({}, {
      GENESYSCLOUD_OAUTHCLIENT_ID = "nobody",
    }).code)
  end)

  it("exits with 3 when the login does not answer", function()
    local result = token({
      "--retries", "0", "--login-url", "http://127.0.0.1:1",
    })
    assert.equal(3, result.code)
    assert.matches("COULDNT_CONNECT", result.stderr)

    emulator:fault({ path = "/oauth/token", status = 503 })
    result = token({ "--retries", "0" })
    assert.equal(3, result.code)
    assert.matches("answered 503", result.stderr)
  end)

  it("refuses a token file, which it cannot use", function()
    local result = token({ "--token-file", "-" })
    assert.equal(2, result.code)
    assert.matches("%-%-token%-file cannot be used here", result.stderr)
  end)
end)
