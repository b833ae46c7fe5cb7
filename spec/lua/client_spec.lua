-- The client's methods, against the emulator.

local fixtures = require("spec.support.fixtures")
local gctokens = require("gctokens")


describe("a client", function()
  local emulator, client

  before_each(function()
    emulator = fixtures.emulator()
    client = fixtures.client()
  end)

  after_each(function()
    client:close()
  end)

  it("has the six operations", function()
    local info, err, response = client:get_tokens_me()
    assert.is_nil(err)
    assert.equal("Example Insurance", info.organization.name)
    assert.equal("CODE", info.OAuthClient.authorizedGrantType)
    assert.equal(200, response.status)
    assert.equal(1, response.attempts)
    assert.is_number(response.elapsed)
    assert.matches("^%x+%-", response.correlation_id)
    assert.equal(300, response.rate_limit.allowed)
    assert.equal(response.correlation_id,
      response.headers["inin-correlation-id"])

    assert.is_true((client:head_tokens_me()))

    local timeout = assert(client:get_tokens_timeout())
    assert.equal(3000, timeout.idleTokenTimeoutSeconds)
    timeout.idleTokenTimeoutSeconds = 600
    assert.equal(600,
      assert(client:put_tokens_timeout(timeout)).idleTokenTimeoutSeconds)
    assert.equal(600,
      assert(client:get_tokens_timeout()).idleTokenTimeoutSeconds)

    local agent = fixtures.client({ access_token = emulator.tokens.agent })
    assert.is_true((agent:head_tokens_me()))
    assert.is_true((client:delete_token(emulator.users.agent)))
    local valid
    valid, err = agent:head_tokens_me()
    assert.is_nil(valid)
    assert.equal(401, err.status)

    assert.is_true((client:delete_tokens_me()))
    valid, err = client:head_tokens_me()
    assert.is_nil(valid)
    assert.equal(401, err.status)
    agent:close()
  end)

  it("tells which permission is missing", function()
    local agent = fixtures.client({ access_token = emulator.tokens.agent })
    local result, err = agent:delete_token(emulator.users.supervisor)
    assert.is_nil(result)
    assert.equal("api", err.kind)
    assert.equal(403, err.status)
    assert.equal("missing.any.permissions", err.code)
    assert.matches("oauth:token:delete", err.message)
    assert.equal(1, err.attempts)
    agent:close()
  end)

  it("tells that there is no such user", function()
    local _, err = client:delete_token("00000000-0000-4000-8000-000000000000")
    assert.equal(404, err.status)
    assert.equal("not.found", err.code)
  end)

  it("does not reset the idle clock with preserve_idle_ttl", function()
    local before = client:get_tokens_me().dateTokenIdles
    emulator:advance(100)
    assert.equal(before,
      client:get_tokens_me({ preserve_idle_ttl = true }).dateTokenIdles)
    assert.not_equal(before, client:get_tokens_me().dateTokenIdles)
  end)

  it("sends no body for no body", function()
    assert.is_table((client:put_tokens_timeout()))
    assert.equal("", emulator:requests()[1].body)
  end)

  it("leaves the check to the server with validate = false", function()
    local _, err = client:put_tokens_timeout({ idleTokenTimeoutSeconds = 1 })
    assert.equal("argument", err.kind)
    assert.equal(0, #emulator:requests())
    _, err = client:put_tokens_timeout({ idleTokenTimeoutSeconds = 1 },
      { validate = false })
    assert.equal("api", err.kind)
    assert.equal("token.timeout.exceeded", err.code)
  end)

  it("documents every method for editors", function()
    local text = ""
    for _, name in ipairs({ "client", "meta/client" }) do
      local file = assert(io.open("lua/gctokens/" .. name .. ".lua"))
      text = text .. file:read("*a")
      file:close()
    end
    for name in pairs(getmetatable(client).__index) do
      assert.matches("\n%-%-%-[^\n]*\nfunction [Cc]lient:" .. name .. "%(",
        text)
    end
  end)

  it("raises when a dot stands in place of the colon", function()
    local calls = {
      get_tokens_me = {}, head_tokens_me = { { timeout = 1 } },
      delete_tokens_me = {}, delete_token = { "a-user" },
      get_tokens_timeout = {}, put_tokens_timeout = { {} },
      delete_tokens_of = { { "a-user" } }, get_access_token = {},
      warm_up = {}, stats = {}, close = {},
    }
    for name, arguments in pairs(calls) do
      local ok, message = pcall(function()
        return (client[name](arguments[1]))
      end)
      assert.is_false(ok)
      assert.matches("client_spec.lua:%d+: " .. name .. ": got %a+ in place of "
        .. "the client, call it as client:" .. name, message)
    end
  end)

  it("raises on wrong types at the caller's line", function()
    for _, id in ipairs({ 42, true, {} }) do
      local ok, message = pcall(function()
        return client:delete_token(id), nil
      end)
      assert.is_false(ok)
      assert.matches("client_spec.lua:%d+: delete_token: user_id must be a "
        .. "string", message)
    end
    assert.has_error(function()
      client:delete_token(nil)
    end)
    for _, body in ipairs({ "{}", 5, true }) do
      local ok, message = pcall(function()
        return client:put_tokens_timeout(body), nil
      end)
      assert.is_false(ok)
      assert.matches("client_spec.lua:%d+: put_tokens_timeout: body must be",
        message)
    end
  end)

  it("returns what is refused before sending as an argument error",
    function()
      for _, id in ipairs({ "", ".", "..", "me", "timeout" }) do
        local result, err = client:delete_token(id)
        assert.is_nil(result)
        assert.equal("argument", err.kind)
        assert.equal(0, err.response and err.response.sent or 0)
      end
      local _, err = client:get_tokens_me({ access_token = "two words" })
      assert.equal("argument", err.kind)
      _, err = client:get_tokens_me({ headers = { ["X-A"] = "1\r\n2" } })
      assert.equal("argument", err.kind)
      assert.equal(0, #emulator:requests())
    end)

  it("says when it has no token at all", function()
    local bare = gctokens.new({ base_url = emulator.http_url, env = false })
    local _, err = bare:get_tokens_me()
    assert.equal("argument", err.kind)
    assert.matches("GENESYSCLOUD_ACCESS_TOKEN", err.message)
    assert.is_table((bare:get_tokens_me({
      access_token = emulator.tokens.admin,
    })))
  end)

  it("merges headers of client and call, the call's winning", function()
    local traced = fixtures.client({
      headers = { ["X-A"] = "client", ["X-B"] = "client" },
    })
    traced:head_tokens_me({ headers = { ["x-b"] = "call", ["X-C"] = "call" } })
    local headers = emulator:requests()[1].headers
    assert.equal("client", headers["x-a"])
    assert.equal("call", headers["x-b"])
    assert.equal("call", headers["x-c"])
    traced:close()
  end)

  it("keeps its connection", function()
    for _ = 1, 5 do
      assert(client:head_tokens_me())
    end
    local stats = client:stats()
    assert.equal(5, stats.calls)
    assert.equal(1, stats.connections_opened)
  end)

  describe("warming up", function()
    local function warm(extra, opts)
      return fixtures.client(extra):warm_up(opts)
    end

    it("opens the connection that the next call uses", function()
      local ready, err, response = client:warm_up()
      assert.is_true(ready)
      assert.is_nil(err)
      assert.equal(401, response.status)
      assert.equal(1, response.attempts)
      assert(client:get_tokens_me())
      local stats = client:stats()
      assert.equal(2, stats.calls)
      assert.equal(1, stats.connections_opened)
    end)

    it("does so over TLS", function()
      local secure = fixtures.client({
        base_url = emulator.https_url, ca_file = emulator.ca_file,
      })
      assert.is_true((secure:warm_up()))
      assert.is_true((secure:head_tokens_me()))
      assert.equal(1, secure:stats().connections_opened)
    end)

    it("asks for no token, sends none and uses none", function()
      for _, token in ipairs({ false, function() error("asked") end }) do
        emulator:clear_requests()
        assert.is_true((gctokens.new({
          base_url = emulator.http_url, access_token = token or nil,
          env = false,
        }):warm_up({ headers = { ["X-A"] = "1" } })))
        local request = emulator:requests()[1]
        assert.equal("HEAD", request.method)
        assert.equal("/api/v2/tokens/me", request.uri)
        assert.is_nil(request.headers.authorization)
        assert.equal("1", request.headers["x-a"])
      end
      assert.is_true((client:head_tokens_me()))
    end)

    it("is done with any answer below 500, and never repeated for it",
      function()
        for _, status in ipairs({ 200, 302, 401, 403, 404, 408, 429 }) do
          emulator:clear_requests()
          emulator:fault({ status = status })
          assert.is_true((warm()))
          assert.equal(1, #emulator:requests())
        end
      end)

    it("is tried again like any call, and tells why it failed", function()
      emulator:fault({ status = 503 })
      assert.equal(2, select(3, warm()).attempts)
      emulator:fault({ status = 500 })
      local _, err = warm()
      assert.equal("api", err.kind)
      assert.equal("warm_up", err.operation)
      assert.equal(1, err.attempts)
      emulator:fault({ delay = 1 })
      _, err = warm(nil, { timeout = 0.1, retry = false })
      assert.equal("timeout", err.kind)
      _, err = warm({ base_url = emulator.https_url })
      assert.equal("tls", err.kind)
      _, err = warm({ base_url = "http://127.0.0.1:1" }, { retry = false })
      assert.equal("transport", err.kind)
      assert.matches("^could not warm_up: HEAD http://127", err.message)
      client:close()
      _, err = client:warm_up()
      assert.equal("closed", err.kind)
    end)

    it("takes the options of a call but for the token", function()
      for _, name in ipairs({ "access_token", "validate", "nonsense" }) do
        local ok, message = pcall(function()
          local ready = client:warm_up({ [name] = "x" })
          return ready
        end)
        assert.is_false(ok)
        assert.matches('client_spec.lua:%d+: warm_up: there is no option "'
          .. name, message)
      end
    end)
  end)

  describe("that is closed", function()
    it("returns errors of kind closed, and may be closed again", function()
      client:close()
      client:close()
      local result, err = client:get_tokens_me()
      assert.is_nil(result)
      assert.equal("closed", err.kind)
      assert.equal("closed", select(2, client:get_access_token()).kind)
      result, err = client:delete_token("u1")
      assert.is_nil(result)
      assert.equal("closed", err.kind)
      assert.equal(0, #emulator:requests())
    end)

    it("may be so from within a call", function()
      local closing
      closing = fixtures.client({
        on_attempt = function()
          closing:close()
        end,
      })
      emulator:fault({ status = 503 })
      local _, err = closing:get_tokens_me()
      assert.equal("closed", err.kind)
    end)

    it("is closed by a to-be-closed variable and by the collector",
      function()
        local metatable = getmetatable(client)
        assert.is_function(metatable.__close)
        assert.is_function(metatable.__gc)
        metatable.__close(client)
        assert.equal("closed", select(2, client:get_tokens_me()).kind)
      end)
  end)

  it("works also when nothing else refers to it", function()
    assert.is_true((fixtures.client():head_tokens_me()))
    collectgarbage()
    collectgarbage()
  end)

  it("shows where it goes, and no secret", function()
    assert.equal("gctokens.client (" .. emulator.http_url .. ")",
      tostring(client))
    client:close()
    assert.equal("gctokens.client (" .. emulator.http_url .. ", closed)",
      tostring(client))
  end)

  it("waits the way its loop does", function()
    local blocking = require("gctokens.loop.blocking")
    local waits = 0
    local own = fixtures.client({
      loop = {
        now = blocking.now,
        sleep = blocking.sleep,
        wait = function(engine, id)
          waits = waits + 1
          return blocking.wait(engine, id)
        end,
      },
    })
    assert.is_true((own:head_tokens_me()))
    assert.equal(1, waits)
  end)
end)
