--- gctokens logout: revokes the access token.

local cjson = require("cjson")
local cli = require("spec.support.cli")
local fixtures = require("spec.support.fixtures")


describe("gctokens logout", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  local function call(name, arguments)
    return cli.call(emulator, name, arguments, {
      token = emulator.tokens.agent,
    })
  end

  it("revokes the token that it is called with, and no other", function()
    local result = call("logout")
    assert.same({
      code = 0, stdout = "the token is revoked\n", stderr = "",
    }, result)
    assert.equal(1, call("verify").code)
    assert.equal(0, cli.call(emulator, "verify", {}, {
      token = emulator.tokens.agent_second,
    }).code)
  end)

  it("prints an object with --json, and nothing with --quiet", function()
    assert.same({ deleted = true, already_deleted = false },
      cjson.decode(call("logout", { "--json" }).stdout))
    emulator:reset()
    assert.same({ code = 0, stdout = "", stderr = "" },
      call("logout", { "--quiet" }))
  end)

  it("notices that an attempt without a response has revoked it", function()
    emulator:fault({ reset = true, then_process = true })
    local result = call("logout")
    assert.equal(0, result.code)
    assert.equal("the token was revoked by an earlier attempt\n", result.stdout)
  end)

  it("exits with 4 when the token was invalid before", function()
    assert.equal(0, call("logout").code)
    local result = call("logout")
    assert.equal(4, result.code)
    assert.equal("", result.stdout)
    assert.matches("answered 401", result.stderr)
  end)

  it("does not request a fresh token to revoke that", function()
    emulator:fault({ method = "DELETE", code = "bad.credentials" })
    local result = cli.call(emulator, "logout", {}, {
      token = false,
      env = {
        GENESYSCLOUD_OAUTHCLIENT_ID = emulator.clients.service.id,
        GENESYSCLOUD_OAUTHCLIENT_SECRET = emulator.clients.service.secret,
      },
    })
    assert.equal(4, result.code)
    local _, count = emulator:requests()
    assert.equal(2, count) -- a grant, and one call
  end)
end)
