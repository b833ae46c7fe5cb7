-- What a 401 means. Only the API's own, with its JSON error body and a code
-- that speaks of the token, says that the token is not valid; and what the
-- client does then, it does for no other.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local gctokens = require("gctokens")
local fixtures = require("spec.support.fixtures")


-- name -> the body of a 401 that says nothing of the token
local OTHERS = {
  ["a blocked address"] = '{"code":"ip.not.authorized","status":401,'
    .. '"message":"Unauthorized IP address","contextId":"c"}',
  ["a captive portal"] = "<html><body>Please log in</body></html>",
  ["an empty body"] = "",
  ["an array"] = "[1,2]",
  ["an array of errors"] = '[{"code":"bad.credentials"}]',
  ["a gateway's error"] = '{"error":"unauthorized"}',
  ["the right code in the wrong place"] = '{"error":"bad.credentials"}',
  ["a code within another object"] = '{"fault":{"code":"bad.credentials"}}',
  ["a gateway's message"] = '{"message":"Unauthorized"}',
  ["a gateway's code"] = '{"code":"UNAUTHORIZED","message":"bad.credentials"}',
  ["a code in capitals"] = '{"code":"BAD.CREDENTIALS"}',
  ["a code that goes on"] = '{"code":"bad.credentials.not"}',
  ["a code with white space"] = '{"code":"bad.credentials "}',
  ["a code with NUL"] = '{"code":"bad.credentials\\u0000"}',
  ["a number for a code"] = '{"code":401}',
  ["true for a code"] = '{"code":true}',
  ["null for a code"] = '{"code":null}',
  ["a string"] = '"bad.credentials"',
  ["null"] = "null",
  ["JSON that is cut short"] = '{"code":"bad.credentials"',
  ["a NUL and text behind JSON"] = '{"code":"bad.credentials"}\0<html>',
  ["text behind JSON"] = '{"code":"bad.credentials"} <html>',
  ["OAuth's error"] = '{"error":"invalid_token","error_description":"expired"}',
}

-- Codes that Genesys has for a token.
local CODES = { "authentication.required", "bad.credentials",
  "credentials.expired" }


local function body_of(code)
  return ('{"message":"no","code":"%s","status":401}'):format(code)
end


describe("gctokens.is_token_invalid", function()
  local function verdict(status, body, operation)
    local _, err = core.response(operation or "get_tokens_me", status, {}, body)
    return gctokens.is_token_invalid(err)
  end

  it("is true for a 401 of the API about the token", function()
    for _, code in ipairs(CODES) do
      assert.is_true(verdict(401, body_of(code)), code)
    end
  end)

  it("is false for any other 401", function()
    for name, body in pairs(OTHERS) do
      assert.is_false(verdict(401, body), name)
    end
  end)

  it("is false for other statuses, for other errors and for none", function()
    for _, status in ipairs({ 400, 402, 403, 404, 407, 429, 500, 503 }) do
      assert.is_false(verdict(status, body_of("bad.credentials")))
    end
    assert.is_false(verdict(200, "<html>"))
    assert.is_false(gctokens.is_token_invalid(nil))
    assert.is_false(gctokens.is_token_invalid(errors.new("auth", "x", "y", {
      status = 401, code = "bad.credentials",
    })))
  end)
end)


describe("a 401 that says nothing of the token", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  -- Calls `test` for each such 401.
  local function each(test)
    for name, body in pairs(OTHERS) do
      emulator:reset()
      test(name, {
        status = 401, body = body, path = "/api/v2/tokens/me", count = 100,
      })
    end
  end

  it("is no proof that delete_tokens_me has done its work", function()
    each(function(name, fault)
      emulator:fault({ reset = true })
      emulator:fault(fault)
      local deleted, err = fixtures.client():delete_tokens_me()
      assert.is_nil(deleted, name)
      assert.equal("api", err.kind)
      assert.equal(401, err.status)
      assert.is_nil(err.response.already_deleted)
      emulator:clear_faults()
      assert.is_true((fixtures.client():head_tokens_me()))
    end)
  end)

  it("drops no token of a function", function()
    for _, operation in ipairs({ "get_tokens_me", "head_tokens_me" }) do
      each(function(name, fault)
        local reasons = {}
        local client = fixtures.client({
          access_token = function(reason)
            reasons[#reasons + 1] = reason
            return emulator.tokens.admin
          end,
        })
        emulator:fault(fault)
        for _ = 1, 3 do
          local _, err = client[operation](client)
          assert.equal(401, err.status)
        end
        assert.same({ "needed" }, reasons, name)
        emulator:clear_faults()
        assert(client[operation](client))
        assert.same({ "needed" }, reasons, name)
      end)
    end
  end)

  it("costs no grant of client credentials", function()
    each(function(name, fault)
      local options = fixtures.options({
        client_id = emulator.clients.service.id,
        client_secret = emulator.clients.service.secret,
      })
      options.access_token = nil
      local client = gctokens.new(options)
      emulator:fault(fault)
      for _ = 1, 3 do
        assert.equal(401, select(2, client:get_tokens_me()).status)
      end
      local grants = 0
      for _, request in ipairs(emulator:requests()) do
        grants = grants + (request.uri == "/oauth/token" and 1 or 0)
      end
      assert.equal(1, grants, name)
    end)
  end)
end)


describe("a 401 about the token", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  it("ends a repeated delete_tokens_me well", function()
    for _, code in ipairs(CODES) do
      emulator:reset()
      emulator:fault({ reset = true })
      emulator:fault({ status = 401, body = body_of(code) })
      local deleted, _, response = fixtures.client():delete_tokens_me()
      assert.is_true(deleted)
      assert.is_true(response.already_deleted)
    end
  end)

  it("has a HEAD ask by GET, without keeping the session alive", function()
    local tokens = { "invalid", emulator.tokens.admin }
    local client = fixtures.client({
      access_token = function()
        return table.remove(tokens, 1)
      end,
    })
    local valid, _, response = client:head_tokens_me()
    assert.is_true(valid)
    assert.equal(2, response.attempts)
    local seen = {}
    for i, request in ipairs(emulator:requests()) do
      local is_invalid = request.headers.authorization == "Bearer invalid"
      seen[i] = request.method .. " " .. request.uri
        .. (is_invalid and " invalid" or "")
    end
    assert.same({
      "HEAD /api/v2/tokens/me invalid",
      "GET /api/v2/tokens/me?preserveIdleTTL=true invalid",
      "HEAD /api/v2/tokens/me",
    }, seen)
  end)

  it("has a HEAD with a token of the caller's ask nothing more", function()
    local bound = fixtures.client({ access_token = "invalid" })
    local _, err = bound:head_tokens_me()
    assert.equal(401, err.status)
    assert.equal(1, #emulator:requests())
  end)
end)
