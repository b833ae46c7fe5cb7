--- The functions of gctokens.core that need no engine.

local core = require("gctokens.core")

local BASE = "https://api.example.com"


local function request(operation, arguments)
  arguments = arguments or {}
  arguments.base_url = arguments.base_url or BASE
  arguments.access_token = arguments.access_token or "abc"
  return core.request(operation, arguments)
end


describe("gctokens.core", function()
  describe("request", function()
    it("is exactly what each operation sends", function()
      local expected = {
        delete_token = { "DELETE", "/api/v2/tokens/u1" },
        delete_tokens_me = { "DELETE", "/api/v2/tokens/me" },
        get_tokens_me = { "GET", "/api/v2/tokens/me" },
        get_tokens_timeout = { "GET", "/api/v2/tokens/timeout" },
        head_tokens_me = { "HEAD", "/api/v2/tokens/me" },
        put_tokens_timeout = { "PUT", "/api/v2/tokens/timeout" },
      }
      for operation, line in pairs(expected) do
        assert.same({
          method = line[1],
          url = BASE .. line[2],
          headers = {
            Authorization = "Bearer abc",
            Accept = "application/json",
            ["User-Agent"] = "gctokens/test",
          },
        }, request(operation, {
          user_id = operation == "delete_token" and "u1" or nil,
          user_agent = "gctokens/test",
        }))
      end
    end)

    it("knows three ways to ask for preserveIdleTTL", function()
      local function url(value)
        return request("get_tokens_me", { preserve_idle_ttl = value }).url
      end
      assert.equal(BASE .. "/api/v2/tokens/me", url(nil))
      assert.equal(BASE .. "/api/v2/tokens/me?preserveIdleTTL=true", url(true))
      assert.equal(BASE .. "/api/v2/tokens/me?preserveIdleTTL=false",
        url(false))
    end)

    it("says who is asking", function()
      assert.matches("^gctokens/%d+%.%d+%.%d+ libcurl/%d",
        request("get_tokens_me").headers["User-Agent"])
    end)

    it("has a body and its type only where there is one", function()
      local sent = request("put_tokens_timeout", {
        body = { enableIdleTokenTimeout = true },
      })
      assert.equal('{"enableIdleTokenTimeout":true}', sent.body)
      assert.equal("application/json", sent.headers["Content-Type"])
      sent = request("put_tokens_timeout")
      assert.is_nil(sent.body)
      assert.is_nil(sent.headers["Content-Type"])
    end)

    it("asks for a token as RFC 6749 says", function()
      local sent = core.request("post_oauth_token", {
        base_url = BASE, client_id = "id", client_secret = "s:ecret",
      })
      assert.equal("POST", sent.method)
      assert.equal(BASE .. "/oauth/token", sent.url)
      assert.equal("grant_type=client_credentials", sent.body)
      assert.equal("application/x-www-form-urlencoded",
        sent.headers["Content-Type"])
      assert.equal("Basic aWQ6czplY3JldA==", sent.headers.Authorization)
    end)

    it("lets the caller replace Accept, but nothing that frames", function()
      local sent = request("get_tokens_me", {
        headers = { accept = "text/plain", ["X-Trace"] = "1" },
      })
      assert.equal("text/plain", sent.headers.accept)
      assert.is_nil(sent.headers.Accept)
      assert.equal("1", sent.headers["X-Trace"])
      for _, name in ipairs({
        "Authorization", "AUTHORIZATION", "host", "Content-Length",
        "Transfer-Encoding", "connection", "Expect", "upgrade",
      }) do
        local nothing, err = request("get_tokens_me", {
          headers = { [name] = "x" },
        })
        assert.is_nil(nothing)
        assert.equal("argument", err.kind)
        assert.matches("headers may not set", err.message)
      end
    end)

    it("keeps a path prefix of the base URL", function()
      assert.equal("https://gw.example.com/gc/api/v2/tokens/me",
        request("get_tokens_me", {
          base_url = "https://gw.example.com/gc/",
        }).url)
    end)

    it("makes one path segment of any id", function()
      for byte = 0, 255 do
        local id = "x" .. string.char(byte) .. "y"
        local path = request("delete_token", { user_id = id }).url
        local segment = path:match("^" .. BASE:gsub("%p", "%%%0")
          .. "/api/v2/tokens/([^/?#]+)$")
        assert.is_string(segment, path)
        assert.equal(id, (segment:gsub("%%(%x%x)", function(hex)
          return string.char(tonumber(hex, 16))
        end)))
      end
    end)

    it("refuses ids that would reach something else", function()
      for _, id in ipairs({
        "", ".", "..", "me", "ME", "timeout", "Timeout", ("x"):rep(2 ^ 20),
      }) do
        local nothing, err = request("delete_token", { user_id = id })
        assert.is_nil(nothing)
        assert.equal("argument", err.kind)
        assert.matches("user_id", err.message)
        assert.is_true(#err.message < 200)
      end
      local _, err = request("delete_token")
      assert.matches("user_id is missing", err.message)
    end)

    it("wants a bearer token", function()
      for _, operation in ipairs({ "get_tokens_me", "delete_token" }) do
        local nothing, err = core.request(operation, {
          base_url = "https://example.com",
          user_id = operation == "delete_token" and "u1" or nil,
        })
        assert.is_nil(nothing)
        assert.equal("argument", err.kind)
        assert.matches("access_token is missing", err.message)
      end
    end)

    it("refuses what is no bearer token, without quoting it", function()
      for _, token in ipairs({
        "", "=", "qz zq", "qz\r\nX: y", "qz\0z", "qz=z", "qz\195\188", "qz,z",
        ("x"):rep(2 ^ 20),
      }) do
        local nothing, err = request("get_tokens_me", { access_token = token })
        assert.is_nil(nothing)
        assert.equal("argument", err.kind)
        assert.matches("access_token", err.message)
        if #token > 2 then
          assert.is_nil(err.message:find(token, 1, true))
        end
      end
      for _, token in ipairs({ "a", "a==", "aZ09-._~+/=" }) do
        assert.is_table(request("get_tokens_me", { access_token = token }))
      end
    end)

    it("says of anything whether it is a bearer token", function()
      for _, token in ipairs({ "a", "a==", ("x"):rep(8192) }) do
        assert.is_true(core.is_token(token))
      end
      for _, other in ipairs({ "", "a b", ("x"):rep(8193), 5, {} }) do
        assert.is_false(core.is_token(other))
      end
      assert.is_false(core.is_token(nil))
    end)

    it("shows of a long header's name the beginning", function()
      local _, err = request("get_tokens_me", {
        headers = { [("X"):rep(1000)] = "" },
      })
      assert.matches('character, for "' .. ("X"):rep(64) .. '"$', err.message)
    end)

    it("refuses header names and values that could split a request",
      function()
        for name, value in pairs({
          ["X-A"] = "1\r\nX-B: 2", ["X-C"] = "1\n2", ["X-D"] = "1\0002",
          ["X-E"] = "", ["X-F"] = "  ", ["X G"] = "1", ["X:H"] = "1",
          [""] = "1", ["X-I\r\n"] = "1", ["X-J"] = "\27[2J",
        }) do
          local nothing, err = request("get_tokens_me", {
            headers = { [name] = value },
          })
          assert.is_nil(nothing)
          assert.equal("argument", err.kind)
          assert.matches("headers", err.message)
        end
        assert.is_table(request("get_tokens_me", {
          headers = { ["X-Tab"] = "a\tb", ["X-High"] = "\195\188" },
        }))
      end)

    it("bounds the headers", function()
      local nothing, err = request("get_tokens_me", {
        headers = { ["X-Long"] = ("x"):rep(70000) },
      })
      assert.is_nil(nothing)
      assert.equal("headers", err.option)
      assert.matches("longer than 49152 bytes together", err.message)
    end)

    it("refuses to send credentials in clear text", function()
      local nothing, err = request("get_tokens_me", {
        base_url = "http://example.com",
      })
      assert.is_nil(nothing)
      assert.equal("argument", err.kind)
      assert.matches("clear text", err.message)
    end)

    it("may be in clear text where that is allowed", function()
      local arguments = {
        base_url = "http://example.com", access_token = "abc",
      }
      assert.equal("http://example.com/api/v2/tokens/me",
        core.request("get_tokens_me", arguments, true).url)
      assert.is_nil((core.request("get_tokens_me", arguments, false)))
    end)

    it("has no token in it where none belongs", function()
      assert.same({
        method = "HEAD",
        url = BASE .. "/api/v2/tokens/me",
        headers = {
          Accept = "application/json", ["User-Agent"] = "gctokens/test",
        },
      }, core.request("warm_up", {
        base_url = BASE, user_agent = "gctokens/test",
      }))
    end)

    it("needs a base URL", function()
      local nothing, err = core.request("get_tokens_me", {
        access_token = "abc",
      })
      assert.is_nil(nothing)
      assert.matches("base_url is missing", err.message)
    end)
  end)

  describe("response", function()
    local TOKEN = "hunter2/token=="

    -- of a request that was made of these arguments
    local function answer(operation, arguments, response, limit)
      local _, err, sent = core.request(operation, arguments, true)
      assert.is_nil(err)
      return core.response(sent, response, limit)
    end

    local function with_request(status, headers, body, limit)
      local result, err, response = answer("get_tokens_me", {
        base_url = BASE, access_token = TOKEN,
      }, { status = status, headers = headers, body = body }, limit)
      return result, err, response or err.response
    end

    it("names the URL of the request", function()
      local _, err = with_request(401)
      assert.equal("could not get_tokens_me: GET " .. BASE
        .. "/api/v2/tokens/me: answered 401", err.message)
      _, err = answer("delete_token", {
        base_url = "http://example.com", access_token = TOKEN, user_id = "u1",
      }, { status = 404 })
      assert.matches("DELETE http://example.com/api/v2/tokens/u1: answered",
        err.message)
    end)

    it("does not depend on the request table, or on its arguments", function()
      local arguments = { base_url = BASE, access_token = TOKEN }
      local built, _, sent = core.request("get_tokens_me", arguments)
      built.url, built.headers = "", nil
      arguments.access_token = "other"
      local _, err = core.response(sent, { status = 400, body = TOKEN })
      assert.equal(("*"):rep(#TOKEN), err.body)
      assert.matches(BASE, err.message, 1, true)
      -- and may be read again
      _, err = core.response(sent, { status = 401, body = "a" })
      assert.equal(401, err.status)
    end)

    it("shows neither URL nor secrets in the request object", function()
      local _, _, sent = core.request("post_oauth_token", {
        base_url = "https://example.com/hunter2", client_id = "hunter2",
        client_secret = "hunter2",
      })
      assert.equal("userdata", type(sent))
      assert.equal("gctokens.request (post_oauth_token)", tostring(sent))
      assert.is_false((pcall(function()
        return sent.secret
      end)))
    end)

    it("is an error when a transport has returned none", function()
      for _, case in ipairs({
        { nil, "nil in place of a table" },
        { "x", "string in place of a table" },
        { {}, "a status that is not a whole number from 100 to 999" },
        { { status = "200" }, "a status that is not" },
        { { status = 200, headers = 5 }, "headers that are a number" },
        { { status = 200, headers = { a = 1 } }, "headers that are not all" },
        { { status = 200, headers = { a = "1\r\nb: 2" } },
          "headers that are not all" },
        { { status = 200, headers = { ["a\n"] = "1" } },
          "headers that are not all" },
        { { status = 200, headers = { ["a: 1, b"] = "2" } },
          "headers that are not all" },
        { { status = 200, body = {} }, "a body that is a table" },
      }) do
        local result, err = answer("get_tokens_me", {
          base_url = BASE, access_token = TOKEN,
        }, case[1])
        assert.is_nil(result)
        assert.equal("transport", err.kind)
        assert.is_false(err.retryable)
        assert.is_nil(err.status)
        assert.equal(1, err.attempts)
        assert.equal(1, err.response.sent)
        assert.same({}, err.response.headers)
        assert.matches("the transport returned " .. case[2], err.message, 1,
          true)
      end
    end)

    it("masks the token in headers and body", function()
      local headers = {
        A = TOKEN, B = { "1 " .. TOKEN .. " 2", TOKEN },
        ["ININ-Correlation-Id"] = TOKEN,
      }
      local stars = ("*"):rep(#TOKEN)
      for _, status in ipairs({ 200, 400 }) do
        local _, err, response = with_request(status, headers,
          "<" .. TOKEN .. ">")
        assert.equal("<" .. stars .. ">", err.body)
        assert.equal(stars, err.correlation_id)
        assert.equal("1 " .. stars .. " 2, " .. stars, response.headers.b)
        assert.is_nil(response.raw_headers:find(TOKEN, 1, true))
      end
      assert.same({ a = stars }, (with_request(200, nil,
        '{"a":"' .. TOKEN .. '"}')))
    end)

    it("masks what spells the token with escapes", function()
      local _, err = with_request(400, nil,
        '{"code":"hunter2\\/token==","message":"hunter2\\u002ftoken=="}')
      assert.equal(("*"):rep(16), err.code)
      assert.equal('{"code":"' .. ("*"):rep(16) .. '","message":"'
        .. ("*"):rep(20) .. '"}', err.body)
    end)

    it("masks it in what is no JSON object, too", function()
      for _, status in ipairs({ 200, 400 }) do
        for body, masked in pairs({
          ['"hunter2\\/token=="'] = '"****************"',
          ['{"a":"hunter2\\u002Ftoken=\\u003d'] = '{"a":"'
            .. ("*"):rep(25),
          ["<\\u0068unter2/token==>"] = "<********************>",
        }) do
          local _, err = with_request(status, nil, body)
          assert.equal(masked, err.body)
        end
        local _, err = with_request(status, nil, "hunter\\2/token==")
        assert.equal("hunter\\2/token==", err.body)
      end
    end)

    it("masks both forms of client credentials", function()
      local _, err = answer("post_oauth_token", {
        base_url = BASE, client_id = "id", client_secret = "s:ecret",
      }, { status = 400, body = "s:ecret aWQ6czplY3JldA== id" })
      assert.equal("******* **************** id", err.body)
    end)

    it("leaves the caller's strings and the response alone", function()
      local body = "<" .. TOKEN .. ">"
      local response = { status = 400, headers = { A = TOKEN }, body = body }
      local _, err = answer("get_tokens_me", {
        base_url = BASE, access_token = TOKEN,
      }, response)
      assert.not_equal(body, err.body)
      assert.equal("<hunter2/token==>", body)
      assert.same({ status = 400, headers = { A = TOKEN }, body = body },
        response)
    end)

    it("shows what it was given without a request", function()
      local _, err = core.response("get_tokens_me", 400, {}, TOKEN)
      assert.equal(TOKEN, err.body)
      assert.matches("GET /api/v2/tokens/me: answered", err.message)
    end)

    it("names the path only, when the whole URL would be long", function()
      for length, where in pairs({
        [100] = "GET https://example.com/x+/api/v2/tokens/me: ",
        [300] = "GET /api/v2/tokens/me: ",
      }) do
        local _, err = answer("get_tokens_me", {
          base_url = "https://example.com/" .. ("x"):rep(length),
          access_token = TOKEN,
        }, { status = 400, body = "" })
        assert.matches(": " .. where .. "answered 400", err.message)
      end
    end)

    it("is an error when it is larger than it may be", function()
      local body = '{"a":"' .. ("x"):rep(100) .. '"}'
      for _, case in ipairs({
        { 200, {}, body, #body - 1 }, { 200, {}, body, 1 },
        { 200, {}, (" "):rep(2 ^ 20) .. "{}" },
        { 200, { A = ("x"):rep(70000) }, "{}" },
      }) do
        local _, err = with_request(case[1], case[2], case[3], case[4])
        assert.equal("protocol", err.kind)
        assert.equal(200, err.status)
        assert.matches("too large %(more than "
          .. (case[4] or 1048576) .. " bytes of body", err.message)
      end
      assert.is_table((with_request(200, {}, body, #body)))
    end)

    it("keeps of it what fits when its status says all", function()
      local headers = { A = ("x"):rep(70000), B = { "1", ("y"):rep(70000) } }
      local _, err, response = with_request(404, headers, "123456", 4)
      assert.equal(404, err.status)
      assert.equal("1234", err.body)
      assert.equal("B: 1\r\n", response.raw_headers)
      assert.is_true((core.response("delete_token", 204, headers)))
    end)

    it("raises on a size that is none", function()
      for _, limit in ipairs({ 0, -1, 0 / 0, 2 ^ 40, "5", true }) do
        assert.has_error(function()
          with_request(200, {}, "{}", limit)
        end)
      end
    end)

    it("is success for warm_up below 500", function()
      for _, status in ipairs({ 200, 204, 302, 401, 404, 429, 499 }) do
        local ready, err, response = core.response("warm_up", status)
        assert.is_true(ready)
        assert.is_nil(err)
        assert.equal(status, response.status)
      end
      for _, status in ipairs({ 500, 503, 600 }) do
        local ready, err = core.response("warm_up", status)
        assert.is_nil(ready)
        assert.equal("api", err.kind)
      end
    end)
  end)

  describe("base_url", function()
    it("gives the normal form", function()
      assert.equal("https://api.example.com",
        core.base_url("HTTPS://api.example.com//"))
      assert.equal("https://example.com:8443/gw",
        core.base_url("https://example.com:8443/gw/"))
      assert.equal("http://example.com",
        core.base_url("http://example.com", true))
    end)

    it("says why not", function()
      local normal, message = core.base_url("http://example.com")
      assert.is_nil(normal)
      assert.matches("clear text", message)
    end)

    it("raises on what is no string", function()
      assert.has_error(function()
        core.base_url(5)
      end)
    end)
  end)

  describe("clock and random numbers", function()
    it("goes forward only", function()
      local before = core.now()
      core.sleep(0.02)
      assert.is_true(core.now() - before >= 0.02)
    end)

    it("does not sleep for nothing or less", function()
      core.sleep(0)
      core.sleep(-5)
    end)

    it("draws from [0, 1)", function()
      local sum = 0
      for _ = 1, 2000 do
        local number = core.random()
        assert.is_true(number >= 0 and number < 1)
        sum = sum + number
      end
      -- 0.5 with a standard deviation of 0.0065: this is 15 of them
      assert.is_true(sum / 2000 > 0.4 and sum / 2000 < 0.6)
    end)
  end)
end)
