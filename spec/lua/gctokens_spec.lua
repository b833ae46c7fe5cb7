local gctokens = require("gctokens")


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
end)
