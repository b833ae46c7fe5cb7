local gctokens = require("gctokens")

local shared = require("spec.support.shared")


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
    local fine, message = pcall(function()
      return gctokens.array("x"), nil
    end)
    assert.is_false(fine)
    assert.matches("gctokens_spec.lua:%d+: gctokens.array: a table is needed",
      message)
  end)

  it("loads nothing that one call with a token does not need", function()
    local loaded = shared.script([[
      local client = require("gctokens").new({
        base_url = "http://127.0.0.1:9", access_token = "t", env = false,
        retry = false,
      })
      assert(client:get_tokens_me() == nil)
      client:close()
      local names = {}
      for name in pairs(package.loaded) do
        names[#names + 1] = name:match("^gctokens%.(.+)")
      end
      table.sort(names)
      print(table.concat(names, " "))
    ]])
    assert.equal("call checks client core errors loop.blocking oauth options "
      .. "retry\n", loaded)
  end)
end)
