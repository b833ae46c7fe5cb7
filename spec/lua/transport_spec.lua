--- A client whose I/O is done by a function of the user.

local fixtures = require("spec.support.fixtures")
local assert_absent = require("spec.support.secrets")
local gctokens = require("gctokens")
local luasocket = require("spec.support.luasocket")


-- What a test double answers.
local function respond(status, body, headers)
  return { status = status, headers = headers or {}, body = body }
end


describe("a client with a transport", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  local function client(transport, extra)
    local options = { transport = transport }
    for name, value in pairs(extra or {}) do
      options[name] = value
    end
    return fixtures.client(options)
  end

  -- with a login instead of a token
  local function with_credentials(transport, id, secret)
    local options = fixtures.options({
      transport = transport, client_id = id, client_secret = secret,
    })
    options.access_token = nil
    return gctokens.new(options)
  end

  -- how a call ends whose transport does this
  local function outcome(transport, extra)
    return client(transport, extra):get_tokens_me({ retry = false })
  end

  describe("over LuaSocket", function()
    it("has the six operations", function()
      local over = client(luasocket)
      local info, err, response = over:get_tokens_me({
        preserve_idle_ttl = true,
      })
      assert.is_nil(err)
      assert.equal("Example Insurance", info.organization.name)
      assert.equal(200, response.status)
      assert.equal(1, response.attempts)
      assert.equal(1, response.sent)
      assert.equal(300, response.rate_limit.allowed)
      assert.equal(response.correlation_id,
        response.headers["inin-correlation-id"])
      assert.is_true((over:head_tokens_me()))
      local timeout = assert(over:get_tokens_timeout())
      timeout.idleTokenTimeoutSeconds = 600
      assert.equal(600,
        assert(over:put_tokens_timeout(timeout)).idleTokenTimeoutSeconds)
      assert.is_table((over:put_tokens_timeout()))
      assert.is_true((over:delete_token(emulator.users.agent)))
      assert.is_true((over:delete_tokens_me()))
      local valid
      valid, err = over:head_tokens_me()
      assert.is_nil(valid)
      assert.equal(401, err.status)
      assert.equal(8, over:stats().calls)
      over:close()
    end)

    it("sends what the engine sends", function()
      local function sent(transport)
        emulator:clear_requests()
        client(transport, {
          headers = { ["X-A"] = "1" }, user_agent = "test/1",
        }):put_tokens_timeout({ enableIdleTokenTimeout = true })
        local request = emulator:requests()[1]
        -- LuaSocket's own, and what asks for compression
        for _, name in ipairs({ "te", "connection", "accept-encoding" }) do
          request.headers[name] = nil
        end
        return request
      end
      local one, other = sent(nil), sent(luasocket)
      assert.same(one.headers, other.headers)
      assert.equal(one.body, other.body)
      assert.equal(one.uri, other.uri)
    end)

    it("logs in with client credentials", function()
      local over = with_credentials(luasocket, emulator.clients.service.id,
        emulator.clients.service.secret)
      for _ = 1, 2 do
        assert.is_table((over:get_tokens_me()))
      end
      assert.equal(3, over:stats().calls)
      local wrong = with_credentials(luasocket, "unknown", "secret")
      local _, err = wrong:get_tokens_me()
      assert.equal("auth", err.kind)
      assert.equal("invalid_client", err.code)
    end)

    it("gets a fresh token for a rejected one", function()
      local reasons = {}
      assert.is_true((client(luasocket, {
        access_token = function(reason)
          reasons[#reasons + 1] = reason
          return reason == "needed" and "invalid" or emulator.tokens.admin
        end,
      }):head_tokens_me()))
      assert.same({ "needed", "rejected" }, reasons)
    end)

    it("tries again after a status and after a broken connection", function()
      for _, fault in ipairs({ { status = 503 }, { raw = "" } }) do
        emulator:fault(fault)
        local info, _, response = client(luasocket):get_tokens_me()
        assert.is_table(info)
        assert.equal(2, response.attempts)
      end
    end)

    it("may tell what a proxy has answered", function()
      for status, attempts in pairs({ [407] = 1, [503] = 4 }) do
        local _, err = client(function()
          return nil, { kind = "proxy", proxy_status = status, message = "no" }
        end):get_tokens_me()
        assert.equal("proxy", err.kind)
        assert.equal(status, err.proxy_status)
        assert.equal(attempts, err.attempts)
      end
    end)

    it("warms up without a token", function()
      local over = client(luasocket, { access_token = function()
        error("asked")
      end })
      local ready, err, response = over:warm_up()
      assert.is_nil(err)
      assert.is_true(ready)
      assert.equal(401, response.status)
      assert.is_nil(emulator:requests()[1].headers.authorization)
    end)

    it("keeps to the time of an attempt", function()
      emulator:fault({ delay = 1 })
      local _, err = client(luasocket):get_tokens_me({
        timeout = 0.1, retry = false,
      })
      assert.equal("timeout", err.kind)
      assert.is_true(err.retryable)
      assert.is_true(err.response.elapsed >= 0.09) -- by another clock
    end)

    it("takes a delete_tokens_me that may have arrived for done", function()
      emulator:fault({ raw = "", then_process = true })
      local deleted, err, response = client(luasocket):delete_tokens_me()
      assert.is_nil(err)
      assert.is_true(deleted)
      assert.is_true(response.already_deleted)
      assert.equal(2, response.attempts)
      deleted, err = client(luasocket):delete_tokens_me()
      assert.is_nil(deleted)
      assert.equal(401, err.status)
    end)
  end)

  describe("gives its function", function()
    local function request_of(extra, call)
      local seen
      client(function(request)
        seen = request
        return respond(200, "{}")
      end, extra):get_tokens_me(call)
      return seen
    end

    it("a whole request, and the time that is left", function()
      assert.same({
        method = "GET",
        url = emulator.http_url .. "/api/v2/tokens/me",
        headers = {
          Authorization = "Bearer " .. emulator.tokens.admin,
          Accept = "application/json",
          ["User-Agent"] = "test/1",
          ["X-A"] = "1",
        },
        timeout = 7,
        connect_timeout = 3,
      }, request_of({
        user_agent = "test/1", headers = { ["X-A"] = "1" }, timeout = 7,
        connect_timeout = 3,
      }))
      local request = request_of(nil, { deadline = 2 })
      assert.is_true(request.timeout <= 2)
      assert.is_true(request.connect_timeout <= 2)
    end)

    it("a clear-text URL only where allow_http says so", function()
      assert.equal("http://example.com/api/v2/tokens/me", request_of({
        base_url = "http://example.com", allow_http = true,
      }).url)
      assert.has_error(function()
        client(luasocket, { base_url = "http://example.com" })
      end)
    end)

    it("nothing that is refused, and counts no attempt then", function()
      local over = client(function()
        error("called")
      end)
      for _, result in ipairs({
        { over:delete_token("me") },
        { over:get_tokens_me({ access_token = "two words" }) },
        { over:put_tokens_timeout({ idleTokenTimeoutSeconds = 1 }) },
      }) do
        assert.is_nil(result[1])
        assert.equal("argument", result[2].kind)
        assert.equal(0, result[2].attempts)
        assert.is_nil(result[2].response)
      end
      assert.equal(0, over:stats().calls)
    end)
  end)

  it("tells on_attempt of every attempt", function()
    local events = {}
    local responses = { false, respond(503), respond(200, "{}") }
    assert(client(function()
      return table.remove(responses, 1), { kind = "timeout" }
    end, {
      on_attempt = function(event)
        events[#events + 1] = event
      end,
    }):get_tokens_me())
    assert.equal(3, #events)
    assert.equal("timeout", events[1].kind)
    assert.equal(503, events[2].status)
    assert.equal(200, events[3].status)
  end)

  it("measures with the loop's clock, and pauses with its sleep", function()
    local time, pauses = 100, 0
    local calls = 0
    local _, _, response = client(function()
      calls = calls + 1
      time = time + 3
      return calls == 2 and respond(200, "{}") or nil, "no luck"
    end, {
      retry = { base_delay = 1 },
      loop = {
        now = function()
          return time
        end,
        sleep = function(seconds)
          pauses = pauses + 1
          time = time + seconds
        end,
        wait = function()
          error("there is no engine to wait for")
        end,
      },
    }):get_tokens_me()
    assert.is_true(response.elapsed >= 6)
    assert.equal(1, pauses)
  end)

  it("lets its function yield", function()
    local over = with_credentials(function(request)
      coroutine.yield(request.method)
      return respond(200, request.method == "POST"
        and '{"access_token":"fresh"}' or '{"a":1}')
    end, "id", "secret")
    local call = coroutine.wrap(function()
      return (over:get_tokens_me())
    end)
    assert.equal("POST", call())
    assert.equal("GET", call())
    assert.same({ a = 1 }, call())
  end)

  it("is not hurt when its caller changes the arguments meanwhile",
    function()
      local body, headers = { enableIdleTokenTimeout = true }, { ["X-A"] = "1" }
      local result, err = client(function()
        body.enableIdleTokenTimeout = "no boolean"
        headers["X-A"] = "1\r\n2"
        return respond(200, "{}")
      end):put_tokens_timeout(body, { headers = headers })
      assert.is_nil(err)
      assert.is_table(result)
    end)

  it("lets an error of its function through", function()
    for _, raised in ipairs({ "boom", { "boom" } }) do
      local ok, err = pcall(outcome, function()
        error(raised, 0)
      end)
      assert.is_false(ok)
      assert.equal(raised, err)
    end
  end)

  describe("returns as an error", function()
    it("what its function fails with", function()
      local plain = setmetatable({}, { __tostring = function()
        return "an object"
      end })
      local broken = setmetatable({}, { __index = error, __tostring = error })
      for _, case in ipairs({
        { "no route", "transport", true, "no route" },
        { 5, "transport", true, "5" },
        { { message = "reset" }, "transport", true, "reset" },
        { { kind = "transport", message = "x" }, "transport", true, "x" },
        { { kind = "timeout", message = "slow" }, "timeout", true, "slow" },
        { { kind = "tls", message = "expired" }, "tls", false, "expired" },
        { { kind = "nonsense", message = "x" }, "transport", true, "x" },
        { plain, "transport", true, "an object" },
        { broken, "transport", true, "an error that cannot be shown" },
      }) do
        local result, err, third = outcome(function()
          return nil, case[1]
        end)
        assert.is_nil(result)
        assert.is_nil(third)
        assert.is_true(gctokens.is_error(err))
        assert.equal(case[2], err.kind)
        assert.equal(case[3], err.retryable)
        assert.equal("could not get_tokens_me: the transport failed: "
          .. case[4], err.message)
        assert.equal(1, err.attempts)
        assert.equal(1, err.response.sent)
        assert.is_number(err.response.elapsed)
        assert.same({}, err.response.headers)
        assert.is_nil(err.status)
      end
    end)

    it("what is no response, and does not try again", function()
      for _, case in ipairs({
        { nil, "nil in place of a table" },
        { "200 OK", "string in place of a table" },
        { {}, "a status that is not a whole number" },
        { respond("200"), "a status that is not a whole number" },
        { respond(99), "a status" }, { respond(1000), "a status" },
        { respond(200.5), "a status" }, { respond(0 / 0), "a status" },
        { respond(1 / 0), "a status" },
        { respond(200, 5), "a body that is a number" },
        { respond(200, "", "A: 1"), "headers that are a string" },
        { respond(200, "", { A = 1 }), "headers that are not all lines" },
        { respond(200, "", { "A: 1" }), "headers that are not all lines" },
        { respond(200, "", { A = "1\r\nB: 2" }), "headers that are not all" },
        { respond(200, "", { ["A: 1\nB"] = "2" }), "headers that are not all" },
        { respond(200, "", { A = { "1", 2 } }), "headers that are not all" },
      }) do
        local calls = 0
        local result, err = client(function()
          calls = calls + 1
          return case[1]
        end):get_tokens_me()
        assert.is_nil(result)
        assert.equal("transport", err.kind)
        assert.is_false(err.retryable)
        assert.equal(1, calls)
        assert.matches("the transport returned " .. case[2],
          err.message, 1, true)
      end
    end)

    it("what is larger than max_response_bytes, as the engine does",
      function()
        local body = '{"a":"' .. ("x"):rep(200) .. '"}'
        for _, transport in ipairs({ luasocket, false }) do
          emulator:fault({ status = 200, body = body })
          local _, err = outcome(transport or nil, {
            max_response_bytes = 100,
          })
          assert.equal("protocol", err.kind)
          assert.matches(
            "the response is too large (more than 100 bytes of body "
            .. "or 65536 of headers)", err.message, 1, true)
          assert.equal(200, err.status)
        end
        -- where the status says all, it does
        emulator:fault({ status = 404, body = body })
        local _, err = outcome(luasocket, { max_response_bytes = 100 })
        assert.equal(404, err.status)
        assert.equal(body:sub(1, 100), err.body)
        assert.is_true((client(function()
          return respond(200, body, { A = ("x"):rep(70000) })
        end):head_tokens_me()))
      end)
  end)

  it("needs neither headers nor a body where there are none", function()
    assert.is_true((client(function()
      return { status = 204 }
    end):delete_tokens_me()))
  end)

  describe("shows no token or secret", function()
    local token = "hunter2/token+SECRET=="

    it("of an error that its function returns", function()
      for _, err in ipairs({
        "cannot send " .. token .. " twice: " .. token,
        { kind = "tls", message = token },
        setmetatable({}, { __tostring = function()
          return token
        end }),
      }) do
        local _, failure = outcome(function()
          return nil, err
        end, { access_token = token })
        assert_absent({ "hunter2" }, failure)
        assert.matches("failed: ", failure.message)
      end
    end)

    it("of a response that repeats it, as it is or with escapes", function()
      for _, spelt in ipairs({
        token, "hunter2\\/token+SECRET==", "hunter2\\u002ftoken+SECRET\\u003d=",
      }) do
        for _, status in ipairs({ 200, 401, 500 }) do
          for _, body in ipairs({
            '{"message":"bad ' .. spelt .. '","code":"' .. spelt
              .. '","contextId":"' .. spelt .. '","details":[{"errorCode":"'
              .. spelt .. '","' .. spelt .. '":1}]}',
            "<" .. spelt .. ">",
          }) do
            local result, err, response = outcome(function()
              return respond(status, body, {
                ["ININ-Correlation-Id"] = token, ["X-Echo"] = { "a", token },
              })
            end, { access_token = token })
            if not result then
              response = err.response
              assert.is_string(response.headers["x-echo"])
              -- a body that spells it is withheld, one of no JSON never is
              if status ~= 200 and body:find("^{") then
                assert_absent({ token, spelt }, err)
              end
            end
            assert_absent({ token }, err, response, tostring(err))
          end
        end
      end
    end)

    it("of a login that fails", function()
      local id, secret = "cid", "hunter2-secret"
      local basic = require("mime").b64(id .. ":" .. secret)
      for _, transport in ipairs({
        function()
          return respond(400, '{"error":"' .. secret .. " Basic " .. basic
            .. '"}', { X = basic, ["ININ-Correlation-Id"] = secret })
        end,
        function()
          return respond(200, '{"access_token":"fresh-token"')
        end,
        function(request)
          return nil, request.headers.Authorization .. " of " .. secret
        end,
      }) do
        local _, err = with_credentials(transport, id, secret)
          :get_tokens_me({ retry = false })
        assert.equal("auth", err.kind)
        assert_absent({ secret, basic, "fresh-token" }, err, tostring(err))
      end
    end)

    it("when it is looked into", function()
      assert_absent({ token }, client(luasocket, { access_token = token }))
    end)
  end)

  describe("raises on the option", function()
    for name, value in pairs({
      ca_file = "x", ca_path = "x", client_cert = "x", client_key = "x",
      proxy = "", no_proxy = "x", max_connections = 3,
    }) do
      it(name .. ", which has no effect", function()
        local ok, message = pcall(function()
          local made = client(luasocket, { [name] = value })
          return made
        end)
        assert.is_false(ok)
        assert.matches('transport_spec.lua:%d+: .*option "' .. name
          .. '" has no effect together with option "transport"', message)
      end)
    end
  end)

  it("can be closed, also from within its function", function()
    local over
    over = client(function()
      over:close()
      return respond(503)
    end)
    local _, err = over:get_tokens_me()
    assert.equal("closed", err.kind)
    over:close()
    _, err = over:get_tokens_me()
    assert.equal("closed", err.kind)
    assert.matches("closed%)$", tostring(over))
    assert.equal(1, over:stats().calls)
  end)
end)
