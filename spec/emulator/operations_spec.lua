-- That the emulator answers as the Tokens API does. It is called here with
-- LuaSocket only, never with the client it exists to test.

local http_clients = require "spec.support.http_client"
local cjson = require "cjson"
local socket = require "socket"

local ME = "/api/v2/tokens/me"
local TIMEOUT = "/api/v2/tokens/timeout"
local TOKENS = "/api/v2/tokens/"

local assert_error = http_clients.assert_error


describe("the emulator", function()
  local emulator, caller, call =
    http_clients.beside_specs(setup, teardown, before_each)

  describe("authentication", function()
    it("wants a bearer token", function()
      assert_error(401, "authentication.required", call("GET", ME))
    end)

    it("refuses unknown tokens and other schemes", function()
      assert_error(401, "bad.credentials", call("GET", ME, "unknown"))
      assert_error(401, "bad.credentials", call("GET", ME, nil, nil, {
        Authorization = "Basic " .. emulator.tokens.agent,
      }))
      assert_error(401, "bad.credentials", call("GET", ME, nil, nil, {
        Authorization = "Bearer",
      }))
    end)

    it("accepts the scheme in any case", function()
      assert.equal(200, (call("GET", ME, nil, nil, {
        Authorization = "bEARER " .. emulator.tokens.agent,
      })))
    end)

    it("refuses tokens past their expiry", function()
      local token = emulator:issue({ expires_in = 60 })
      assert.equal(200, (call("GET", ME, token)))
      emulator:advance(60)
      assert_error(401, "bad.credentials", call("GET", ME, token))
    end)
  end)

  describe("GET /tokens/me", function()
    it("describes the token of a user", function()
      local status, headers, body = call("GET", ME, "agent")
      local info = cjson.decode(body)
      assert.equal(200, status)
      assert.equal("application/json", headers["content-type"])
      assert.same(info.organization, info.homeOrganization)
      assert.same(
        { "organization:readonly", "user-basic-info" }, info.authorizedScope
      )
      assert.equal("CODE", info.OAuthClient.authorizedGrantType)
      assert.equal("active", info.OAuthClient.state)
      assert.equal(emulator.clients.desktop.id, info.OAuthClient.id)
      assert.truthy(info.dateTokenIdles:match(
        "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$"
      ))
      assert.is_nil(info.clonedUser)
    end)

    it("describes the token of a client-credentials grant", function()
      local _, _, body = call("GET", ME, "client")
      local client = cjson.decode(body).OAuthClient
      assert.equal("CLIENT-CREDENTIALS", client.authorizedGrantType)
      assert.equal(1, #client.roleDivisions)
      assert.is_nil(client.scope)
      assert.truthy(body:find('"authorizedScope":[]', 1, true))
    end)

    it("names the original of a cloned user", function()
      local token = emulator:issue({ user = "agent", cloned_user = true })
      local info = cjson.decode((select(3, call("GET", ME, token))))
      assert.equal(
        info.homeOrganization.id, info.clonedUser.organization.id
      )
      assert.is_not.equal(info.organization.id, info.homeOrganization.id)
    end)

    it("resets the idle clock unless asked to preserve it", function()
      local token = emulator:issue({ user = "agent" })
      emulator:advance(2000)
      assert.equal(200, (call("GET", ME .. "?preserveIdleTTL=false", token)))
      emulator:advance(2000)
      assert.equal(200, (call("GET", ME .. "?preserveIdleTTL=true", token)))
      emulator:advance(1000)
      assert_error(401, "bad.credentials", call("GET", ME, token))
    end)

    it("refuses other values of preserveIdleTTL", function()
      for _, value in ipairs({ "yes", "TRUE", "", "true&preserveIdleTTL=1" })
      do
        assert_error(400, "invalid.query.param.value", call(
          "GET", ME .. "?preserveIdleTTL=" .. value, "agent"
        ))
      end
    end)

    it("leaves out when the token idles while nothing makes it", function()
      caller:put_timeout("admin", '{"enableIdleTokenTimeout":false}')
      emulator:advance(30000)
      local status, _, body = call("GET", ME, "agent")
      assert.equal(200, status)
      assert.is_nil(cjson.decode(body).dateTokenIdles)
    end)
  end)

  describe("HEAD /tokens/me", function()
    it("has the headers of GET and no body", function()
      local _, get_headers = call("GET", ME, "agent")
      local status, headers, body = call("HEAD", ME, "agent")
      assert.equal(200, status)
      assert.equal("", body)
      assert.equal(
        get_headers["content-length"], headers["content-length"]
      )
      assert.equal("2", headers["inin-ratelimit-count"])
    end)

    it("counts as use, whatever its query says", function()
      local token = emulator:issue({ user = "agent" })
      for _ = 1, 2 do
        emulator:advance(2000)
        local path = ME .. "?preserveIdleTTL=true"
        assert.equal(200, (call("HEAD", path, token)))
      end
    end)

    it("has no body for an invalid token, but a length", function()
      local status, headers, body = call("HEAD", ME, "unknown")
      assert.equal(401, status)
      assert.equal("", body)
      assert.truthy(tonumber(headers["content-length"]) > 0)
      assert.truthy(headers["inin-correlation-id"]:match(http_clients.uuid))
    end)
  end)

  describe("DELETE", function()
    it("/tokens/me revokes the caller's token at once", function()
      local status, headers, body = call("DELETE", ME, "agent")
      assert.equal(200, status)
      assert.equal("0", headers["content-length"])
      assert.equal("", body)
      assert_error(401, "bad.credentials", call("DELETE", ME, "agent"))
      assert.equal(200, (call("GET", ME, "agent_second")))
    end)

    it("/tokens/{userId} revokes every token of the user", function()
      local path = TOKENS .. emulator.users.agent
      local issued = emulator:issue({ user = "agent" })
      local status, _, body = call("DELETE", path, "supervisor")
      assert.equal(204, status)
      assert.equal("", body)
      for _, token in ipairs({ "agent", "agent_second", issued }) do
        assert_error(401, "bad.credentials", call("GET", ME, token))
      end
      assert.equal(200, (call("GET", ME, "admin")))
      assert.equal(204, (call("DELETE", path, "supervisor")))
    end)

    it("/tokens/{userId} wants a permission and a known user", function()
      local path = TOKENS .. emulator.users.admin
      local body = assert_error(
        403, "missing.any.permissions", call("DELETE", path, "agent")
      )
      assert.equal("oauth:token:delete", body.messageParams.permissions)
      assert_error(404, "not.found", call("DELETE", TOKENS .. "x", "admin"))
      assert_error(404, "not.found", call(
        "DELETE", TOKENS .. "agent", "admin"
      ))
    end)

    it("/tokens/{userId} decodes the segment once", function()
      local path = TOKENS .. emulator.users.agent:gsub("%-", "%%2d")
      assert.equal(204, (call("DELETE", path, "admin")))
      local twice = TOKENS .. emulator.users.agent:gsub("%-", "%%252d")
      assert_error(404, "not.found", call("DELETE", twice, "admin"))
      assert.equal(200, (call("DELETE", TOKENS .. "%6De", "admin")))
    end)

    it("/tokens/{userId} may be told that every user exists", function()
      local path = TOKENS .. "00000000-0000-4000-8000-00000000000"
      assert_error(404, "not.found", call("DELETE", path .. "1", "admin"))
      emulator:settings({ unlimited_users = true })
      assert.equal(204, (call("DELETE", path .. "1", "admin")))
      assert_error(404, "not.found", call("DELETE", path, "admin"))
    end)
  end)

  describe("a path or method that the API lacks", function()
    it("is answered 404 or 405", function()
      for _, path in ipairs({
        "/", "/api/v2/tokens", TOKENS, TOKENS .. "a/b", "/api/v2/users/me",
        "/api/v2//tokens/me", ME .. "/",
      }) do
        assert_error(404, "not.found", call("GET", path, "admin"))
      end
      for _, wrong in ipairs({
        { "POST", ME }, { "DELETE", TIMEOUT }, { "GET", TOKENS .. "a%2Fb" },
        { "GET", "/oauth/token" },
      }) do
        assert_error(405, "method.not.allowed", call(wrong[1], wrong[2]))
      end
    end)

    it("is answered like that even when nginx itself refuses", function()
      local connection = assert(socket.connect(
        emulator.http_url:match("//(.*):"), emulator.http_url:match("%d+$")
      ))
      connection:send("NONSENSE\r\n\r\n")
      local response = connection:receive("*a")
      connection:close()
      assert.truthy(response:find("^HTTP/1.1 400 "))
      assert.truthy(response:find('"code":"bad.request"', 1, true))
      assert.truthy(response:find("ININ-Correlation-Id: ", 1, true))
    end)
  end)

  describe("rate limits", function()
    it("tell their state on every authenticated response", function()
      for count = 1, 2 do
        local _, headers = call("GET", TIMEOUT, "agent")
        assert.equal(tostring(count), headers["inin-ratelimit-count"])
        assert.equal("300", headers["inin-ratelimit-allowed"])
        assert.truthy(tonumber(headers["inin-ratelimit-reset"]) <= 60)
      end
      assert.is_nil(select(2, call("GET", ME))["inin-ratelimit-count"])
    end)

    it("are per token and minute, with Retry-After", function()
      emulator:settings({ rate_per_minute = 2 })
      assert.equal(200, (call("GET", ME, "agent")))
      assert.equal(404, (call("DELETE", TOKENS .. "x", "admin")))
      assert.equal(403, (call("DELETE", TOKENS .. "x", "agent")))
      local status, headers, body = call("GET", ME, "agent")
      assert_error(
        429, "too.many.requests.retry.after", status, headers, body
      )
      assert.equal("2", headers["inin-ratelimit-allowed"])
      assert.equal(headers["inin-ratelimit-reset"], headers["retry-after"])
      assert.equal(200, (call("GET", ME, "agent_second")))
      emulator:advance(tonumber(headers["retry-after"]))
      assert.equal(200, (call("GET", ME, "agent")))
    end)

    it("do not let refused requests count as use", function()
      caller:put_timeout("admin", '{"idleTokenTimeoutSeconds":300}')
      emulator:settings({ rate_per_minute = 1 })
      assert.equal(200, (call("GET", ME, "agent")))
      emulator:advance(50)
      assert.equal(429, (call("GET", ME, "agent")))
      emulator:advance(250)
      assert_error(401, "bad.credentials", call("GET", ME, "agent"))
    end)
  end)
end)
