--- Tokens and secrets: that none is in an error, an event or a client.

local fixtures = require("spec.support.fixtures")
local assert_absent = require("spec.support.secrets")
local gctokens = require("gctokens")


describe("a token or secret", function()
  local emulator, secrets

  before_each(function()
    emulator = fixtures.emulator()
    secrets = {
      emulator.tokens.admin, emulator.tokens.agent,
      emulator.clients.service.secret, "hunter2-token", "hunter2-secret",
    }
  end)

  local function assert_clean(...)
    assert_absent(secrets, ...)
  end

  it("is in no error, event or client, whatever goes wrong", function()
    local events = {}
    local token = emulator.tokens.agent
    local client = fixtures.client({
      access_token = token,
      client_cert = "/nonexistent",
      on_attempt = function(event)
        events[#events + 1] = event
      end,
    })
    local echo = '{"message":"' .. token .. '","code":"' .. token
      .. '","details":[{"errorCode":"' .. token .. '"}]}'
    for _, fault in ipairs({
      { status = 401, body = echo }, { status = 500, body = echo },
      { status = 404, headers = { ["X-Echo"] = token } },
      { raw = "HTTP/1.1 " .. "400 " .. token .. "\r\n\r\n" .. echo },
      { raw = token }, { raw = token .. ": x\r\n\r\n" }, { reset = true },
      { raw = "" },
    }) do
      emulator:fault(fault)
      for _, operation in ipairs({
        "get_tokens_me", "head_tokens_me", "get_tokens_timeout",
      }) do
        assert_clean((select(2, client[operation](client, {
          retry = false,
        }))))
      end
      emulator:clear_faults()
    end
    assert_clean(client, events)
    assert.is_true(#events > 10)
  end)

  it("is in no error whose response spells it with escapes", function()
    local token = "hunter2/token+SECRET=="
    secrets = { token, "hunter2\\/token", "hunter2\\u002ftoken" }
    local client = fixtures.client({ access_token = token, retry = false })
    for _, spelt in ipairs({
      "hunter2\\/token+SECRET==", "hunter2\\u002ftoken+SECRET\\u003d=",
    }) do
      emulator:fault({
        status = 400, body = '{"message":"bad ' .. spelt .. '","code":"'
          .. spelt .. '","contextId":"' .. spelt .. '","details":[{"errorCode":'
          .. '"' .. spelt .. '","' .. spelt .. '":1}],"errors":["' .. spelt
          .. '"]}',
      })
      local _, err = client:get_tokens_me()
      assert.equal(400, err.status)
      assert_clean(err, (tostring(err)))
    end
  end)

  it("is in no error and no event of a 2xx that repeats it", function()
    local events = {}
    local client = fixtures.client({
      on_attempt = function(event)
        events[#events + 1] = event
      end,
    })
    local token = emulator.tokens.admin
    for _, body in ipairs({ "Bearer " .. token, "{" .. token }) do
      emulator:fault({
        status = 200, body = body,
        headers = { ["ININ-Correlation-Id"] = token, ["X-Echo"] = token },
      })
      local _, err = client:get_tokens_me()
      assert.equal("protocol", err.kind)
      assert_clean(err, (tostring(err)), err.response.headers, events)
    end
  end)

  it("is in no error of a login that repeats what was sent", function()
    local id, secret = "cid", "hunter2-secret"
    local basic = require("mime").b64(id .. ":" .. secret)
    secrets = { secret, basic, "fresh-token" }
    for _, fault in ipairs({
      { status = 400, body = '{"error":"Basic ' .. basic .. '"}' },
      { status = 200, body = '{"access_token":"fresh-token"' },
      { status = 200, cut = 40,
        body = '{"access_token":"fresh-token","token_type":"bearer"}' },
      { status = 200, body = '{"error":"' .. basic .. '"}' },
      { status = 200, body = '{"error":"hunter2\\u002dsecret",'
        .. '"description":"hunter2\\u002dsecret, ' .. basic .. '"}' },
      { status = 500, headers = { ["ININ-Correlation-Id"] = basic },
        body = secret },
    }) do
      fault.path = "/oauth/token"
      emulator:fault(fault)
      local options = fixtures.options({ client_id = id, client_secret = secret,
        retry = false })
      options.access_token = nil
      local _, err = gctokens.new(options):get_tokens_me()
      assert.equal("auth", err.kind)
      assert_clean(err, (tostring(err)))
    end
  end)

  it("is in no error of a source", function()
    assert_clean(select(2, fixtures.client({
      access_token = function()
        return "hunter2-token hunter2-token"
      end,
    }):get_tokens_me()))
    for _, id in ipairs({ emulator.clients.service.id, "unknown" }) do
      local options = fixtures.options({
        client_id = id, client_secret = "hunter2-secret",
      })
      options.access_token = nil
      local client = gctokens.new(options)
      assert_clean(client, select(2, client:get_tokens_me()))
    end
  end)

  it("is in no message even when it is passed in the wrong place", function()
    local token = emulator.tokens.agent
    local client = fixtures.client()
    assert_clean(select(2, client:delete_token(token)))
    assert_clean(select(2, client:delete_token(token .. token)))
    local short = fixtures.client({ access_token = "hunter2-token" })
    local _, err = short:delete_token("hunter2-token")
    assert.equal("argument", err.kind)
    assert_clean(err)
    assert_clean(select(2, client:get_tokens_me({
      headers = { Authorization = token },
    })))
    assert_clean(select(2, client:get_tokens_me({
      headers = { ["X-A"] = token .. "\r\n" },
    })))
    assert_clean(select(2, pcall(gctokens.new, {
      base_url = "https://" .. token .. "@example.com",
    })))
    assert_clean(select(2, pcall(gctokens.new, { timeout = token })))
    assert_clean(select(2, pcall(gctokens.new, { region = token })))
  end)
end)
