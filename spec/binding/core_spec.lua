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
      assert.matches("larger than 65536 bytes", err.message)
    end)

    it("refuses to send credentials in clear text", function()
      local nothing, err = request("get_tokens_me", {
        base_url = "http://example.com",
      })
      assert.is_nil(nothing)
      assert.equal("argument", err.kind)
      assert.matches("clear text", err.message)
    end)

    it("needs a base URL", function()
      local nothing, err = core.request("get_tokens_me", {
        access_token = "abc",
      })
      assert.is_nil(nothing)
      assert.matches("base_url is missing", err.message)
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

  describe("clock and chance", function()
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
