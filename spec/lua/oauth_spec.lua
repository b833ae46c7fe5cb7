-- Token sources: client credentials and functions.

local fake_loop = require("spec.support.fake_loop")
local fixtures = require("spec.support.fixtures")
local gctokens = require("gctokens")


describe("gctokens.oauth", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  local function with_credentials(changes)
    local options = fixtures.options(changes)
    options.access_token = nil
    options.client_id = options.client_id or emulator.clients.service.id
    options.client_secret =
      options.client_secret or emulator.clients.service.secret
    return gctokens.new(options)
  end

  local function count(uri)
    local number = 0
    for _, request in ipairs(emulator:requests()) do
      if request.uri == uri then
        number = number + 1
      end
    end
    return number
  end

  it("gets a token with client credentials, and keeps it", function()
    local client = with_credentials()
    for _ = 1, 3 do
      assert(client:get_tokens_me())
    end
    assert.equal(1, count("/oauth/token"))
    local request = emulator:requests()[1]
    assert.equal("POST", request.method)
    assert.equal("grant_type=client_credentials", request.body)
    assert.matches("^Basic ", request.headers.authorization)
    assert.equal("application/x-www-form-urlencoded",
      request.headers["content-type"])
    -- the same engine, so the same connection
    assert.equal(1, client:stats().connections_opened)
  end)

  it("gets a new one before the old one expires", function()
    emulator:settings({ expires_in = 1 })
    local skipped = 0
    local blocking = require("gctokens.loop.blocking")
    local client = with_credentials({
      loop = {
        now = function()
          return blocking.now() + skipped
        end,
        sleep = blocking.sleep,
        wait = blocking.wait,
      },
    })
    assert(client:head_tokens_me())
    skipped = 0.9
    assert(client:head_tokens_me())
    assert.equal(2, count("/oauth/token"))
  end)

  it("gets one fresh token when the API rejects the cached one", function()
    local client = with_credentials()
    assert(client:head_tokens_me())
    emulator:advance(100000) -- it has idled too long, on the server's clock
    local valid, _, response = client:head_tokens_me()
    assert.is_true(valid)
    assert.equal(2, response.attempts)
    assert.equal(2, count("/oauth/token"))
  end)

  it("forgets a token that delete_tokens_me has revoked", function()
    local client = with_credentials()
    assert(client:delete_tokens_me())
    local _, _, response = client:head_tokens_me()
    assert.equal(1, response.attempts)
    assert.equal(2, count("/oauth/token"))
  end)

  it("gets no fresh token for delete_tokens_me", function()
    local client = with_credentials()
    assert(client:head_tokens_me())
    emulator:advance(100000)
    local _, err = client:delete_tokens_me()
    assert.equal(401, err.status)
    assert.equal(1, count("/oauth/token"))
  end)

  it("takes the client's options for it, whatever a call's are", function()
    assert(with_credentials():head_tokens_me({ headers = { ["X-A"] = "1" } }))
    local requests = emulator:requests()
    assert.is_nil(requests[1].headers["x-a"])
    assert.equal("1", requests[2].headers["x-a"])
  end)

  it("turns refusals into auth errors with OAuth's code", function()
    for _, case in ipairs({
      { { client_id = "unknown" }, 400, "client not found" },
      { { client_secret = "wrong" }, 401, "authentication failed" },
    }) do
      local result, err = with_credentials(case[1]):get_tokens_me()
      assert.is_nil(result)
      assert.equal("auth", err.kind)
      assert.equal("get_tokens_me", err.operation)
      assert.equal("invalid_client", err.code)
      assert.equal(case[2], err.status)
      assert.matches(case[3], err.message)
      assert.is_false(err.retryable)
      assert.is_nil(err.message:find("wrong", 1, true))
    end
    assert.equal(0, count("/api/v2/tokens/me"))
    assert.equal(2, count("/oauth/token"))
  end)

  it("keeps the form's type, whatever headers the client adds", function()
    assert(with_credentials({
      headers = { ["Content-Type"] = "application/json", ["X-A"] = "1" },
    }):head_tokens_me())
    local headers = emulator:requests()[1].headers
    assert.equal("application/x-www-form-urlencoded", headers["content-type"])
    assert.equal("1", headers["x-a"])
  end)

  it("retries trouble on the way, as any call", function()
    emulator:fault({ status = 503, path = "/oauth/token", count = 2 })
    assert.is_table((with_credentials():get_tokens_me()))
    assert.equal(3, count("/oauth/token"))
    emulator:fault({ status = 503, path = "/oauth/token", count = 20 })
    local _, err = with_credentials():get_tokens_me()
    assert.equal("auth", err.kind)
    assert.equal(503, err.status)
    assert.equal(3 + 4, count("/oauth/token"))
  end)

  it("retries the one 400 that means: too many tokens", function()
    emulator:fault({
      status = 400, path = "/oauth/token",
      headers = { ["Content-Type"] = "application/json" },
      body = '{"error":"invalid_request",'
        .. '"error_description":"rate limit exceeded; try again"}',
    })
    assert.is_table((with_credentials():get_tokens_me()))
    assert.equal(2, count("/oauth/token"))
  end)

  it("is not kept from a token by threads that have ended meanwhile", function()
    local client = with_credentials()
    emulator:fault({ path = "/oauth/token", delay = 0.2 })
    local ok, raised = pcall(function()
      local number = 0
      client:delete_tokens_of(function()
        number = number + 1
        if number == 2 then -- while another thread waits for a token
          error("interrupted!", 0)
        end
        return "00000000-0000-4000-8000-000000000000"
      end, { concurrency = 2, rate_per_minute = false })
    end)
    assert.is_false(ok)
    assert.equal("interrupted!", raised)
    assert.truthy(client:get_tokens_me())
  end)

  it("notices an error within a 200", function()
    emulator:fault({
      status = 200, path = "/oauth/token", body = '{"error":"invalid_scope"}',
    })
    local _, err = with_credentials():get_tokens_me()
    assert.equal("auth", err.kind)
    assert.equal("invalid_scope", err.code)
    emulator:fault({
      status = 200, path = "/oauth/token",
      body = '{"error":"invalid_scope","error_description":"no such scope"}',
    })
    _, err = with_credentials():get_tokens_me()
    assert.equal("invalid_scope", err.code)
    assert.matches("invalid_scope: no such scope$", err.message)
  end)

  it("retries no other 400", function()
    for _, body in ipairs({
      '{"error":"invalid_request","error_description":"no grant_type"}',
      '{"error":"invalid_client","error_description":"rate limit exceeded; x"}',
    }) do
      emulator:clear_requests()
      emulator:fault({ status = 400, path = "/oauth/token", body = body })
      local _, err = with_credentials():get_tokens_me()
      assert.equal("auth", err.kind)
      assert.equal(1, count("/oauth/token"))
    end
  end)

  it("notices a grant without a token", function()
    for _, body in ipairs({ "{}", '{"access_token":5}', "[]", "x" }) do
      emulator:fault({ status = 200, path = "/oauth/token", body = body })
      local _, err = with_credentials():get_tokens_me()
      assert.equal("auth", err.kind)
    end
  end)

  describe("with a function", function()
    local function supplied(supply, loop)
      return fixtures.client({
        access_token = supply, loop = loop,
      }):get_tokens_me()
    end

    it("calls it once and keeps the token", function()
      local calls = 0
      local client = fixtures.client({
        access_token = function()
          calls = calls + 1
          return emulator.tokens.admin
        end,
      })
      assert(client:head_tokens_me())
      assert(client:head_tokens_me())
      assert.equal(1, calls)
    end)

    it("turns what it fails with into an auth error", function()
      for _, case in ipairs({
        { function() return nil, "vault is sealed" end, "vault is sealed" },
        { function() error("boom", 0) end, "boom" },
        { function() end, "returned neither a token nor a reason" },
        { function() return 42 end, "returned a number" },
      }) do
        local result, err = supplied(case[1])
        assert.is_nil(result)
        assert.equal("auth", err.kind)
        assert.matches(case[2], err.message, 1, true)
        assert.is_false(err.retryable)
        assert.equal(0, err.attempts)
      end
    end)

    it("asks again where its error says so", function()
      local calls = 0
      assert.is_table((supplied(function()
        calls = calls + 1
        if calls < 3 then
          return nil, { retryable = true }
        end
        return emulator.tokens.admin
      end, fake_loop.new())))
      assert.equal(3, calls)
    end)

    it("refuses a token that is none, and asks for another next time",
      function()
        for _, bad in ipairs({ "two words", "", "line\n" }) do
          emulator:clear_requests()
          local given = bad
          local client = fixtures.client({
            access_token = function()
              return given
            end,
          })
          local _, err = client:get_tokens_me()
          assert.equal("argument", err.kind)
          assert.equal(0, err.attempts)
          assert.equal(0, #emulator:requests())
          given = emulator.tokens.admin
          assert.is_table((client:get_tokens_me()))
        end
      end)

    it("copes with error objects that fail themselves", function()
      local function fail()
        error("boom")
      end
      for _, metatable in ipairs({
        { __tostring = fail }, { __index = fail, __tostring = fail },
      }) do
        local _, err = supplied(function()
          return nil, setmetatable({}, metatable)
        end)
        assert.equal("auth", err.kind)
      end
    end)

    it("lets Ctrl-C through", function()
      local ok, raised = pcall(supplied, function()
        error("interrupted!", 0)
      end)
      assert.is_false(ok)
      assert.equal("interrupted!", raised)
    end)
  end)

  it("sends the secret to the configured host only", function()
    -- the default login would be the region's
    local client = with_credentials()
    assert(client:head_tokens_me())
    assert.equal(2, #emulator:requests())
  end)
end)
