-- A proxy that refuses, and its password, which nobody gets to see.

local gctokens = require("gctokens")
local fault_proxies = require("spec.support.fault_proxy")
local fixtures = require("spec.support.fixtures")
local assert_absent = require("spec.support.secrets")


local ENOUGH = 1000 -- connections


describe("a proxy that refuses the tunnel #once", function()
  local emulator, fault_proxy

  before_each(function()
    emulator = fixtures.emulator()
    fault_proxy = fault_proxy or fault_proxies.start(emulator)
  end)

  teardown(function()
    fault_proxy:stop()
  end)

  local function answers(status, lines)
    fault_proxy:play({ { { "request" }, { "send", ("HTTP/1.1 %s\r\n%s"
      .. "Content-Length: 0\r\n\r\n"):format(status, lines or "") } } }, ENOUGH)
  end

  local function client(extra)
    local options = fixtures.options({
      base_url = emulator.https_url, ca_file = emulator.ca_file,
      proxy = fault_proxy.http_url:gsub("//", "//agent:hunter2@"),
    })
    for name, value in pairs(extra or {}) do
      options[name] = value
    end
    return gctokens.new(options)
  end

  it("is an error of its own, with the status and what it offers", function()
    answers("407 Proxy Authentication Required",
      'Proxy-Authenticate: Basic realm="a"\r\n'
        .. 'Proxy-Authenticate: Digest realm="a", nonce="b"\r\n')
    local _, err = client():get_tokens_me()
    assert.equal("proxy", err.kind)
    assert.equal(407, err.proxy_status)
    assert.equal("PROXY", err.cause)
    assert.equal("proxy", err.option)
    assert.is_nil(err.status)
    assert.is_false(err.retryable)
    assert.matches("the proxy answered 407 and asks for a user name and "
      .. "password, by the schemes Basic, Digest", err.message)
    assert.equal(1, fault_proxy:requests())
    assert_absent({ "hunter2", "YWdlbnQ6aHVudGVyMg" }, err, tostring(err))
  end)

  it("is asked once when it answers 4xx, and again when 5xx", function()
    for status, attempts in pairs({
      ["400 No"] = 1, ["403 No"] = 1, ["407 No"] = 1, ["404 No"] = 1,
      ["499 No"] = 1, ["302 Found"] = 1, ["500 No"] = 4, ["502 No"] = 4,
      ["503 No"] = 4, ["599 No"] = 4,
    }) do
      answers(status)
      local _, err = client():get_tokens_me()
      assert.equal("proxy", err.kind, status)
      assert.equal(tonumber(status:match("%d+")), err.proxy_status)
      assert.equal(attempts, err.attempts, status)
      assert.equal(attempts, fault_proxy:requests())
    end
  end)

  it("ends a mass revocation before it locks an account", function()
    answers("407 Proxy Authentication Required")
    local list = {}
    for i = 1, 20 do
      list[i] = ("%08d-0000-4000-8000-000000000000"):format(i)
    end
    for _, concurrency in ipairs({ 1, 8, 20 }) do
      answers("407 Proxy Authentication Required")
      local totals = client():delete_tokens_of(list, {
        concurrency = concurrency, rate_per_minute = false,
      })
      assert.equal("proxy", totals.stopped.kind)
      assert.equal(19, totals.remaining)
      assert.equal(1, fault_proxy:requests())
    end
  end)

  -- libcurl reads on for as long as there is something to read.
  it("cannot hold up the process with a refusal that does not end", function()
    for _, length in ipairs({
      "Content-Length: 100000000", "Transfer-Encoding: chunked",
    }) do
      fault_proxy:play({ { { "request" }, { "send",
        ("HTTP/1.1 407 No\r\n%s\r\n\r\n"):format(length)
          .. ("8000\r\n" .. ("x"):rep(0x8000) .. "\r\n"):rep(200) } } })
      local _, err = client({ timeout = 100, connect_timeout = 100 })
        :get_tokens_me()
      assert.equal(407, err.proxy_status)
      assert.is_true(err.response.elapsed < 50)
    end
  end)

  it("is not asked again for a login either", function()
    answers("407 Proxy Authentication Required")
    local _, err = client({
      access_token = false or nil, login_url = emulator.https_url,
      client_id = "id", client_secret = "hunter3",
    }):get_tokens_me()
    assert.equal(407, err.proxy_status)
    assert.equal(1, fault_proxy:requests())
  end)

  it("is forgotten when it lets through", function()
    fault_proxy:play({
      { { "request" }, { "send", "HTTP/1.1 503 No\r\n\r\n" } },
      { { "request" }, { "send", "HTTP/1.1 200 OK\r\n\r\n" }, { "tunnel" } },
    })
    local info, err, response = client():get_tokens_me()
    assert.is_nil(err)
    assert.is_table(info)
    assert.equal(2, response.attempts)
    assert.equal(1, response.sent)
  end)

  describe("over SOCKS", function()
    local scheme

    before_each(function()
      scheme = "socks5h"
    end)

    local function socks(...)
      local script = {}
      for _, bytes in ipairs({ ... }) do
        script[#script + 1] = { "some" }
        script[#script + 1] = { "send", bytes }
      end
      fault_proxy:play({ script }, ENOUGH)
      local _, err = client({
        proxy = fault_proxy.http_url:gsub(
          "http://", scheme .. "://agent:hunter2@"),
      }):get_tokens_me()
      assert_absent({ "hunter2" }, err, tostring(err))
      return err
    end

    it("is final when it refuses the login", function()
      local err = socks("\5\2", "\1\1")
      assert.equal("proxy", err.kind)
      assert.equal("PROXY", err.cause)
      assert.is_nil(err.proxy_status)
      assert.equal(1, err.attempts)
    end)

    it("is final when it takes no login that we have", function()
      local err = socks("\5\255")
      assert.equal("proxy", err.kind)
      assert.equal(1, err.attempts)
    end)

    it("is tried again when the network behind it fails", function()
      local err = socks("\5\2", "\1\0", "\5\4\0\1\0\0\0\0\0\0")
      assert.equal("transport", err.kind)
      assert.equal(4, err.attempts)
    end)

    it("is tried again when it says all that SOCKS 4 can say", function()
      scheme = "socks4a"
      local err = socks("\0\91\0\0\0\0\0\0")
      assert.equal("transport", err.kind)
      assert.equal(4, err.attempts)
    end)

    it("is final when its rules forbid the host", function()
      local err = socks("\5\2", "\1\0", "\5\2\0\1\0\0\0\0\0\0")
      assert.equal("proxy", err.kind)
      assert.equal(1, err.attempts)
    end)
  end)
end)


describe("a proxy that cannot be used", function()
  before_each(function()
    fixtures.emulator()
  end)

  -- What libcurl says of each of these names it whole.
  it("is named without its password", function()
    for _, proxy in ipairs({
      "http://agent:hunter2@localhost:99999",
      "http://agent:hun ter2@localhost:1", "gopher://agent:hunter2@localhost:1",
      "http://agent:hunter2", "http://agent:hunter2@", "http://hunter2:x@[::",
      "agent:hunter2@local host:3128", "http://a:hunter2@b:hunter2@c:d",
      "http://agent:hunter2'@localhost:99999",
    }) do
      local _, err = fixtures.client({
        base_url = "https://localhost:1", proxy = proxy, retry = false,
      }):get_tokens_me()
      assert.is_truthy(err.kind == "transport" or err.kind == "proxy", err.kind)
      assert_absent({ "hunter2", "hun ter2", "ter2" }, err, tostring(err))
    end
  end)

  -- What a script prints, with variables of the environment.
  local function run(variables, script)
    return fixtures.run(("%s LUA_PATH=%s LUA_CPATH=%s %s -e %s"):format(
      variables, fixtures.quote(package.path), fixtures.quote(package.cpath),
      os.getenv("GCTOKENS_LUA") or "lua5.4", fixtures.quote(script)))
  end

  it("is said to be from the variable that it is from", function()
    local output = run("https_proxy=http://u:hunter2@localhost:99999", [[
      local _, err = require("gctokens").new({
        base_url = "https://localhost:1", access_token = "t", retry = false,
      }):get_tokens_me()
      print(err.origin, err.message)
    ]])
    assert.matches("^https_proxy\t.*%(proxy is from https_proxy%)", output)
    assert_absent({ "hunter2" }, output)
  end)

  it("is gone past for no variable, where none is read", function()
    assert.matches("^proxy\n", run("no_proxy='*'", [[
      local _, err = require("gctokens").new({
        base_url = "https://localhost:1", access_token = "t", retry = false,
        env = false, proxy = "http://localhost:99999",
      }):get_tokens_me()
      print(err.option)
    ]]))
  end)
end)
