-- The errors that calls return, and where wrong arguments raise.

local errors = require("gctokens.errors")


describe("gctokens.errors", function()
  it("reads well as a string, with what support asks for", function()
    local err = errors.new("api", "head_tokens_me", "answered 401", {
      correlation_id = "a1b2",
    })
    assert.equal("could not head_tokens_me: answered 401 "
      .. "(api error, correlation id a1b2)", tostring(err))
  end)

  it("stays on one line, and short, whatever the server's ids are", function()
    local err = errors.new("api", "head_tokens_me", ("evil\n"):rep(1000), {
      correlation_id = "c\n2026-01-01 fake line\27[2J" .. ("x"):rep(50000),
    })
    assert.is_nil(tostring(err):find("%c"))
    assert.is_true(#tostring(err) < 800)
  end)

  it("has every field that a caller branches on", function()
    local err = errors.new("timeout", "delete_token", "too late")
    assert.equal("timeout", err.kind)
    assert.equal("delete_token", err.operation)
    assert.equal("could not delete_token: too late", err.message)
    assert.equal(0, err.attempts)
    assert.is_false(err.retryable)
  end)

  it("can be distinguished from other tables", function()
    assert.is_true(errors.is(errors.wrap({ kind = "api" })))
    assert.is_false(errors.is({ kind = "api" }))
    assert.is_false(errors.is("api"))
    assert.is_false(errors.is(nil))
  end)

  it("works with assert and error", function()
    local err = errors.new("closed", "delete_token", "the client is closed")
    local ok, raised = pcall(error, err)
    assert.is_false(ok)
    assert.equal(err, raised)
  end)

  it("lets Ctrl-C through as it was raised, and nothing else", function()
    local ok, raised = pcall(errors.protected_call, error, "x: interrupted!", 0)
    assert.is_false(ok)
    assert.equal("x: interrupted!", raised)
    assert.same({ false, "interrupted! Not." }, {
      errors.protected_call(error, "interrupted! Not.", 0),
    })
    assert.same({ true, 1, 2 }, {
      errors.protected_call(function(...)
        return ...
      end, 1, 2),
    })
  end)

  describe("a raised error", function()
    it("is raised with the position of the user's line", function()
      local ok, message = pcall(function()
        errors.raise("do not do that") -- the line that is named
      end)
      assert.is_false(ok)
      assert.matches("errors_spec.lua:%d+: do not do that$", message)
    end)

    it("names the user's line also behind tail calls of ours", function()
      local gctokens = require("gctokens")
      local line = debug.getinfo(1, "l").currentline + 2
      local ok, message = pcall(function()
        local client = gctokens.new({ timeuot = 3 })
        return client
      end)
      assert.is_false(ok)
      assert.matches("errors_spec.lua:" .. line .. ": gctokens.new: ",
        message)
    end)
  end)
end)
