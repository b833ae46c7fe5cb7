--- gctokens verify: checks whether the access token is valid.

local cjson = require("cjson")
local cli = require("spec.support.cli")
local fixtures = require("spec.support.fixtures")


describe("gctokens verify", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  local function verify(arguments, options)
    return cli.call(emulator, "verify", arguments, options)
  end

  local invalid = { token = "a-token-of-yesterday" }

  it("exits with 0 for a valid token", function()
    local result = verify()
    assert.equal(0, result.code)
    assert.equal("valid\n", result.stdout)
    assert.equal("", result.stderr)
    assert.equal("/api/v2/tokens/me?preserveIdleTTL=true",
      emulator:requests()[1].uri)
  end)

  it("exits with 1 for an invalid token, without an error", function()
    local result = verify({}, invalid)
    assert.equal(1, result.code)
    assert.equal("invalid\n", result.stdout)
    assert.equal("", result.stderr)
  end)

  it("prints nothing with --quiet", function()
    for code, options in pairs({ [0] = {}, [1] = invalid }) do
      local result = verify({ "--quiet" }, options)
      assert.same({ code = code, stdout = "", stderr = "" }, result)
    end
  end)

  it("prints an object with --json", function()
    local object = cjson.decode(verify({ "--json" }).stdout)
    assert.same({ valid = true }, object)
    object = cjson.decode(verify({ "--json" }, invalid).stdout)
    assert.is_false(object.valid)
    assert.matches("^%x+%-%x+%-%x+%-%x+%-%x+$", object.correlation_id)
  end)

  it("exits with another code when there is no answer", function()
    emulator:fault({ code = "service.unavailable" })
    local result = verify({ "--retries", "0" })
    assert.equal(3, result.code)
    assert.equal("", result.stdout)
    assert.matches("answered 503", result.stderr)

    emulator:fault({ code = "not.authorized" })
    result = verify()
    assert.equal(4, result.code)
    assert.matches("answered 403", result.stderr)
  end)

  it("does not take a 401 about something else for an answer", function()
    for _, body in ipairs({
      '{"code":"ip.not.authorized","status":401}', "<html>log in</html>", "",
      '{"error":"unauthorized"}',
    }) do
      emulator:fault({ status = 401, body = body })
      local result = verify()
      assert.equal(4, result.code)
      assert.equal("", result.stdout)
      assert.matches("answered 401", result.stderr)
    end
  end)

  it("exits with 4 when client credentials are refused", function()
    local result = verify({}, {
      token = false,
      env = {
        GENESYSCLOUD_OAUTHCLIENT_ID = emulator.clients.service.id,
        GENESYSCLOUD_OAUTHCLIENT_SECRET = "not-the-secret",
      },
    })
    assert.equal(4, result.code)
    assert.equal("", result.stdout)
    assert.is_nil(result.stderr:find("not-the-secret", 1, true))
  end)
end)
