--- core.check: whether core.request would take some arguments.

local core = require("gctokens.core")


local ID = "7f624c8e-0889-4b17-9e9b-7e2a2de26872"


describe("core.check", function()
  local function refusal(operation, arguments)
    local accepted, err = core.check(operation, arguments)
    assert.is_nil(accepted)
    assert.equal("argument", err.kind)
    assert.equal(operation, err.operation)
    assert.equal(0, err.attempts)
    assert.is_false(err.retryable)
    assert.equal(("could not %s: %s"):format(operation, err.reason),
      err.message)
    return err
  end

  it("takes what core.request takes, without base URL and credentials",
    function()
      assert.is_true(core.check("get_tokens_me", {}))
      assert.is_true(core.check("get_tokens_me"))
      assert.is_true(core.check("get_tokens_me", { preserve_idle_ttl = true }))
      assert.is_true(core.check("delete_token", { user_id = ID }))
      assert.is_true(core.check("post_oauth_token", {}))
      assert.is_true(core.check("put_tokens_timeout", {
        body = { idleTokenTimeoutSeconds = 300 },
      }))
      assert.is_true(core.check("put_tokens_timeout", {
        body = { idleTokenTimeoutSeconds = 1 }, validate = false,
      }))
    end)

  it("judges a base URL and headers that are there", function()
    assert.is_true(core.check("get_tokens_me", { base_url = "https://a" }))
    assert.equal("base_url",
      refusal("get_tokens_me", { base_url = "ftp://x y" }).option)
    assert.equal("headers", refusal("get_tokens_me", {
      headers = { ["X-Long"] = ("x"):rep(50000) },
    }).option)
    assert.equal("client_secret", refusal("post_oauth_token", {
      client_id = "id", client_secret = "a\tb",
    }).option)
  end)

  it("says in fields what is wrong, and with what", function()
    for _, user_id in ipairs({ "", ".", "..", "me", "TIMEOUT" }) do
      assert.equal("user_id", refusal("delete_token", {
        user_id = user_id,
      }).option)
    end
    local err = refusal("delete_token", {})
    assert.equal("user_id", err.option)
    assert.equal("user_id is missing", err.reason)
    assert.equal("user_id is the access token, not an id",
      refusal("delete_token", { user_id = "t", access_token = "t" }).reason)
    err = refusal("put_tokens_timeout", {
      body = { idleTokenTimeoutSeconds = 1 },
    })
    assert.equal("body", err.option)
    assert.equal("body.idleTokenTimeoutSeconds must be a whole number from 300 "
      .. "to 28800", err.reason)
    assert.equal("headers", refusal("get_tokens_me", {
      headers = { Host = "x" },
    }).option)
    assert.equal("user_agent", refusal("get_tokens_me", {
      user_agent = "a\nb",
    }).option)
  end)

  it("judges credentials that are there", function()
    assert.equal("access_token", refusal("get_tokens_me", {
      access_token = "no token",
    }).option)
    assert.equal("client_id", refusal("post_oauth_token", {
      client_id = "a:b", client_secret = "hunter2",
    }).option)
    assert.equal("client_secret", refusal("post_oauth_token", {
      client_id = "a", client_secret = "",
    }).option)
    assert.is_true(core.check("get_tokens_me", { access_token = "token" }))
  end)

  it("raises on names and types that are none", function()
    for _, arguments in ipairs({
      { "no_operation", {} }, { "get_tokens_me", { user_id = ID } },
      { "get_tokens_me", 5 }, { "delete_token", { user_id = 5 } }, {},
    }) do
      assert.is_false((pcall(core.check, arguments[1], arguments[2])))
    end
  end)
end)
