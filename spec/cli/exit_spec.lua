--- Errors of the command: exit codes and messages.

local cli = require("spec.support.cli")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")


describe("gctokens, after an error,", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  local function whoami(arguments, options)
    return cli.call(emulator, "whoami", arguments, options)
  end

  local function assert_failed(code, reason, result)
    assert.equal(code, result.code, result.stderr)
    assert.equal("", result.stdout)
    assert.matches("^gctokens: [^\n]+\n$", result.stderr)
    assert.matches(reason, result.stderr)
  end

  it("says why in one sentence, with the correlation id", function()
    emulator:fault({ code = "service.unavailable", count = 2 })
    assert_failed(3, "could not get_tokens_me: GET http://.+/tokens/me: "
      .. "answered 503 service%.unavailable: Service Unavailable.+"
      .. "%(attempt 2%) %(api error, correlation id %x+%-%x+%-%x+%-%x+%-%x+%)",
      whoami({ "--retries", "1" }))
  end)

  it("exits with 3 when no server answers", function()
    assert_failed(3, "COULDNT_CONNECT", cli.run({
      "whoami", "--base-url", "http://127.0.0.1:1", "--retries", "0",
    }, { env = { GENESYSCLOUD_ACCESS_TOKEN = "a-token" } }))
  end)

  it("exits with 3 for a response that is not of the API", function()
    for reason, fault in pairs({
      ["not a JSON object"] = { status = 200, body = "<html>" },
      ["answered 302"] = {
        status = 302, headers = { Location = "http://127.0.0.1:1/" },
      },
      ["transport error"] = { raw = "not HTTP\r\n\r\n" },
      ["answered 500"] = { code = "internal.server.error" },
    }) do
      emulator:fault(fault)
      assert_failed(3, reason, whoami({ "--retries", "0" }))
    end
  end)

  it("exits with 3 when time is up", function()
    for _, option in ipairs({ "--timeout", "--deadline" }) do
      emulator:fault({ delay = 20 })
      assert_failed(3, "timeout error", whoami({
        option, "0.1", "--retries", "0",
      }))
    end
  end)

  it("exits with 3 when the server asks to wait for too long", function()
    emulator:fault({ status = 429, headers = { ["Retry-After"] = "1000" } })
    assert_failed(3, "the server asks to wait 1000 s", whoami())
  end)

  it("exits with 4 when the token lacks permission", function()
    emulator:fault({ code = "not.authorized" })
    assert_failed(4, "answered 403 not%.authorized", whoami())
  end)

  it("exits with 4 when a grant is refused, with 3 when the login is down",
    function()
      local options = {
        token = false,
        env = {
          GENESYSCLOUD_OAUTHCLIENT_ID = emulator.clients.service.id,
          GENESYSCLOUD_OAUTHCLIENT_SECRET = "hunter2",
        },
      }
      local result = whoami({}, options)
      assert_failed(4, "answered 401 invalid_client", result)
      assert.is_nil(result.stderr:find("hunter2", 1, true))
      assert_failed(3, "COULDNT_CONNECT", whoami({
        "--login-url", "http://127.0.0.1:1", "--retries", "0",
      }, options))
    end)

  it("does not show a token that a server sends back", function()
    local echo = '{"message":"' .. emulator.tokens.admin .. '"}'
    emulator:fault({ status = 500, body = echo })
    assert_failed(3, "answered 500", whoami({ "--retries", "0" }))
    emulator:fault({ status = 400, body = '{"message":"\\u001b[2J"}' })
    assert_failed(1, "answered 400", whoami())
  end)

  it("prints each attempt on standard error with --verbose", function()
    emulator:fault({ code = "service.unavailable" })
    local result = whoami({ "--verbose" })
    assert.equal(0, result.code)
    assert.matches("^organization\t", result.stdout)
    assert.matches("^gctokens: get_tokens_me, attempt 1: HTTP 503 after "
      .. "%d%.%d+ s; correlation id %S+; trying again in %d%.%d s\n"
      .. "gctokens: get_tokens_me, attempt 2: HTTP 200 after %d%.%d+ s; "
      .. "correlation id %S+\n$", result.stderr)
  end)

  it("prints the same message with --quiet", function()
    emulator:fault({ code = "not.authorized" })
    assert_failed(4, "answered 403", whoami({ "--quiet" }))
  end)

  it("exits with 130 after Ctrl-C #signal", function()
    emulator:fault({ delay = 60 })
    local result = cli.signalled({
      "whoami", "--base-url", emulator.http_url,
    }, {
      env = { GENESYSCLOUD_ACCESS_TOKEN = emulator.tokens.admin },
    }, "INT", function()
      return select(2, emulator:requests()) > 0
    end)
    assert.equal(130, result.code)
    assert.equal("", result.stdout)
    assert.equal("gctokens: interrupted\n", result.stderr)
    assert.is_true(result.seconds < 5)
  end)

  describe("of its own making,", function()
    local directory

    before_each(function()
      directory = system.make_directory()
    end)

    after_each(function()
      system.remove_directory(directory)
    end)

    -- Runs the command with one of its modules replaced.
    local function verify_with(path, source)
      local file = directory .. "/" .. path
      system.run("mkdir -p " .. system.quote(file:match("^(.*)/")))
      system.write(file, source)
      return cli.call(emulator, "verify", {}, {
        env = { LUA_PATH = directory .. "/?.lua;" .. package.path },
      })
    end

    -- Exit code 1, that of the interpreter, says that the token is invalid.
    it("exits with 3, not with 1", function()
      assert_failed(3, "internal error: .+ boom\n$",
        verify_with("gctokens/cli/commands/verify.lua",
          "return function() error('boom') end"))
      assert_failed(3, "internal error: table: ",
        verify_with("gctokens/cli/commands/verify.lua",
          "return function(options) error(options) end"))
    end)

    it("exits with 3 when a module is missing", function()
      local result = verify_with("argparse.lua", "error('no argparse')")
      assert.equal(3, result.code)
      assert.equal("", result.stdout)
      assert.matches("^gctokens: .*no argparse", result.stderr)
    end)
  end)
end)
