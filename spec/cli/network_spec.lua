--- Messages about proxies, certificates and credentials, which name the option,
-- the file or the variable that is at fault.

local cli = require("spec.support.cli")
local fault_proxies = require("spec.support.fault_proxy")
local fixtures = require("spec.support.fixtures")
local revocations = require("spec.support.revocations")
local system = require("spec.support.system")


describe("gctokens on the network #once", function()
  local emulator, fault_proxy

  before_each(function()
    emulator = fixtures.emulator()
    fault_proxy = fault_proxy or fault_proxies.start(emulator)
  end)

  teardown(function()
    fault_proxy:stop()
  end)

  local function run(words, env)
    env = env or {}
    env.GENESYSCLOUD_ACCESS_TOKEN = env.GENESYSCLOUD_ACCESS_TOKEN
      or emulator.tokens.admin
    local result = cli.run(words, { env = env })
    assert.is_nil(result.stderr:find("hunter2", 1, true), result.stderr)
    assert.is_nil(result.stdout:find("hunter2", 1, true), result.stdout)
    return result
  end

  local function refusing_proxy(status)
    fault_proxy:play({ { { "request" }, { "send", ("HTTP/1.1 %d No\r\n"
      .. "Proxy-Authenticate: Basic realm=\"a\"\r\n"
      .. "Content-Length: 0\r\n\r\n"):format(status) } } }, 100)
    return (fault_proxy.http_url:gsub("//", "//agent:hunter2@"))
  end

  it("exits with 4 when the proxy requires a login, else with 3", function()
    for status, code in pairs({ [407] = 4, [403] = 3, [503] = 3 }) do
      local result = run({
        "whoami", "--base-url", emulator.https_url, "--retries", "0",
        "--ca-file", emulator.ca_file, "--proxy", refusing_proxy(status),
      })
      assert.equal(code, result.code)
      assert.matches(("the proxy answered %d"):format(status), result.stderr)
      assert.matches("%(proxy is from %-%-proxy%)", result.stderr)
    end
    refusing_proxy(407)
    local result = run({
      "verify", "--base-url", emulator.https_url, "--ca-file", emulator.ca_file,
    }, { https_proxy = fault_proxy.http_url:gsub("//", "//agent:hunter2@") })
    assert.equal(4, result.code)
    assert.matches("asks for a user name and password, by the schemes Basic "
      .. "%(proxy is from https_proxy%)", result.stderr)
    assert.equal(1, fault_proxy:requests())
  end)

  it("asks a proxy once for many users, and says how to resume", function()
    local results = os.tmpname()
    for _, proxy in ipairs({
      refusing_proxy(407),
      (refusing_proxy(407):gsub("agent:hunter2", "agent:%%40hunter2")),
      (refusing_proxy(407):gsub("^http://", "")),
    }) do
      for _, option in ipairs({
        { "--proxy", proxy }, { "--proxy=" .. proxy },
      }) do
        refusing_proxy(407)
        local words = {
          "revoke", "--base-url", emulator.https_url, "--ca-file",
          emulator.ca_file, "--results", results, "--concurrency", "1",
        }
        for _, word in ipairs(option) do
          words[#words + 1] = word
        end
        for number = 1, 20 do
          words[#words + 1] = revocations.uuid(number)
        end
        local result = run(words)
        assert.equal(4, result.code, result.stderr)
        assert.matches("0 done, 1 failed, 19 left", result.stderr)
        assert.matches("resume with: gctokens revoke", result.stderr)
        assert.is_true(fault_proxy:requests() <= 1)
      end
    end
    os.remove(results)
  end)

  it("names --ca-file for a certificate that does not verify", function()
    local result = run({ "verify", "--base-url", emulator.https_url })
    assert.equal(3, result.code)
    assert.matches("are trusted, %-%-ca%-file can name others %(tls error%)",
      result.stderr)
    result = run({
      "verify", "--base-url", emulator.https_url, "--ca-file", "/nonexistent",
    })
    assert.equal(3, result.code)
    assert.matches("%(%-%-ca%-file is from %-%-ca%-file%)", result.stderr)
  end)

  it("trusts what the environment names, as curl does", function()
    local words = { "verify", "--base-url", emulator.https_url }
    for _, variable in ipairs({ "CURL_CA_BUNDLE", "SSL_CERT_FILE" }) do
      assert.equal(0, run(words, { [variable] = emulator.ca_file }).code)
      assert.matches("is from " .. variable,
        run(words, { [variable] = "/nonexistent" }).stderr)
    end
  end)

  it("names the source of a token that cannot be sent", function()
    local file = os.tmpname()
    system.write(file, "hunter2,\n")
    local result = run({ "whoami", "--token-file", file })
    os.remove(file)
    assert.equal(2, result.code)
    assert.matches("is from %-%-token%-file " .. file:gsub("%p", "%%%0"),
      result.stderr)
    result = run({ "whoami" }, { GENESYSCLOUD_ACCESS_TOKEN = "Bearer hunter2" })
    assert.equal(2, result.code)
    assert.matches("is from GENESYSCLOUD_ACCESS_TOKEN", result.stderr)
  end)

  it("sends a secret only to a host that the user named", function()
    local env = {
      GENESYSCLOUD_OAUTHCLIENT_ID = "id",
      GENESYSCLOUD_OAUTHCLIENT_SECRET = "hunter2",
    }
    local result = cli.run(
      { "token", "--base-url", emulator.http_url }, { env = env })
    assert.equal(2, result.code)
    assert.matches("^gctokens: %-%-login%-url is needed", result.stderr)
    assert.is_nil(result.stderr:find("hunter2", 1, true))
    assert.equal(0, #emulator:requests())
  end)
end)
