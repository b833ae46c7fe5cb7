--- gctokens whoami: shows what is known of the access token.

local cjson = require("cjson")
local cli = require("spec.support.cli")
local fixtures = require("spec.support.fixtures")


describe("gctokens whoami", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  local function whoami(arguments, options)
    return cli.call(emulator, "whoami", arguments, options)
  end

  local function answer(body)
    emulator:fault({ status = 200, body = body })
  end

  it("shows what is known of the token, a line for each fact", function()
    local result = whoami()
    assert.equal(0, result.code)
    assert.equal("", result.stderr)
    local lines = {}
    for line in result.stdout:gmatch("[^\n]+") do
      lines[#lines + 1] = line
    end
    assert.equal(4, #lines)
    assert.matches("^organization\tExample Insurance %(6e1ceecf%-", lines[1])
    assert.matches("^client\tAgent Desktop %(.+%), CODE$", lines[2])
    assert.equal("scopes\tauthorization organization:readonly user-basic-info",
      lines[3])
    assert.matches("^idles out\t%d+%-%d%d%-%d%dT%d%d:%d%d:", lines[4])
  end)

  it("has no line for a fact that is absent", function()
    local result = whoami({}, { token = emulator.tokens.client })
    assert.matches("\nclient\tToken Service .+, CLIENT%-CREDENTIALS\n",
      result.stdout)
    assert.is_nil(result.stdout:find("scopes"))
    assert.is_nil(result.stdout:find("home organization"))
  end)

  it("names the home organization and the cloned user of a clone", function()
    local token = emulator:issue({ user = "agent", cloned_user = true })
    local result = whoami({}, { token = token })
    assert.equal(0, result.code)
    assert.matches("\ncloned user\td112ac3f%-", result.stdout)
  end)

  it("prints the whole response with --json, also with --quiet", function()
    for _, arguments in ipairs({ { "--json" }, { "--json", "--quiet" } }) do
      local result = whoami(arguments)
      assert.equal(0, result.code)
      local object = cjson.decode(result.stdout)
      assert.equal("Example Insurance", object.organization.name)
      assert.equal("CODE", object.OAuthClient.authorizedGrantType)
      assert.equal(3, #object.authorizedScope)
    end
  end)

  it("prints an empty response as an object", function()
    answer("{}")
    assert.equal("{}\n", whoami({ "--json" }).stdout)
  end)

  it("does not count as use of the token with --preserve-idle-ttl", function()
    assert.equal(0, whoami({ "--preserve-idle-ttl" }).code)
    assert.equal("/api/v2/tokens/me?preserveIdleTTL=true",
      emulator:requests()[1].uri)
    emulator:clear_requests()
    assert.equal(0, whoami().code)
    assert.equal("/api/v2/tokens/me", emulator:requests()[1].uri)
  end)

  it("accepts fields of any type", function()
    answer('{"organization":{"name":{"a":1},"id":5},"OAuthClient":"x",'
      .. '"authorizedScope":[1,true,{"b":2}],"dateTokenIdles":7,'
      .. '"homeOrganization":[]}')
    local result = whoami()
    assert.equal(0, result.code)
    assert.equal("", result.stderr)
    assert.matches('organization\t{"a":1} %(5%)\n', result.stdout)
    assert.matches('scopes\t1 true {"b":2}\n', result.stdout)
    assert.matches("idles out\t7\n", result.stdout)
  end)

  it("replaces control characters, which a terminal may obey", function()
    -- ESC, LF, and U+009B, which is ESC [ in one character
    answer('{"organization":{"name":"\\u001b[2J\\n\\u009b2Jx","id":"i"}}')
    assert.equal("organization\t?[2J??2Jx (i)\n", whoami().stdout)
    answer('{"organization":{"name":"\\u001b[2J\\u009b2J\\u007f"}}')
    local text = whoami({ "--json" }).stdout
    assert.is_nil(text:find("[^\n\32-\126]"))
    assert.equal("\27[2J\194\1552J\127",
      cjson.decode(text).organization.name)
  end)

  it("exits with 4 when the token is invalid", function()
    local result = whoami({}, { token = "a-token-of-yesterday" })
    assert.equal(4, result.code)
    assert.equal("", result.stdout)
    assert.matches("answered 401 bad%.credentials: Invalid login credentials%.",
      result.stderr)
    assert.matches("correlation id %x+%-%x+%-%x+%-%x+%-%x+%)\n$", result.stderr)
  end)
end)
