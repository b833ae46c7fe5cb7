-- What `require "gctokens"` returns, and which files one call loads.

local gctokens = require("gctokens")

local fixtures = require("spec.support.fixtures")


describe("gctokens", function()
  it("has a version", function()
    assert.matches("^%d+%.%d+%.%d+$", gctokens._VERSION)
  end)

  it("tells its errors from other values", function()
    local client = gctokens.new({ env = false })
    local _, err = client:get_tokens_me()
    assert.is_true(gctokens.is_error(err))
    assert.is_false(gctokens.is_error("err"))
  end)

  it("marks arrays in place", function()
    local list = {}
    assert.equal(list, gctokens.array(list))
    local ok, message = pcall(function()
      return gctokens.array("x"), nil
    end)
    assert.is_false(ok)
    assert.matches("gctokens_spec.lua:%d+: gctokens.array: a table is needed",
      message)
  end)

  local function loaded_by_one_call()
    local emulator = fixtures.emulator()
    return (fixtures.script(([[
      local client = require("gctokens").new({
        base_url = %q, access_token = %q, env = false,
      })
      assert(client:get_tokens_me())
      client:close()
      local names = {}
      for name in pairs(package.loaded) do
        names[#names + 1] = name:match("^gctokens%%.(.+)")
      end
      table.sort(names)
      io.write(table.concat(names, " "))
    ]]):format(emulator.http_url, emulator.tokens.admin)))
  end

  if _VERSION == "Lua 5.1" then
    -- It never loads again what once failed to load.
    it("loads all that the client may need", function()
      assert.equal("call call_options client core endpoints environment errors "
        .. "leadership loop.blocking loop.coroutines lru oauth options "
        .. "options.client options.operations rate_limiter regions "
        .. "renewable_token retry revoke single_flight suggest transport "
        .. "validate", loaded_by_one_call())
    end)
  else
    it("loads nothing that one call with a token does not need", function()
      assert.equal("call client core endpoints errors loop.blocking oauth "
        .. "options options.client regions validate", loaded_by_one_call())
    end)
  end
end)
