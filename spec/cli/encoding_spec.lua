--- Checks of UTF-8, and the byte-order mark.

local encoding = require("gctokens.cli.encoding")


describe("gctokens.cli.encoding", function()
  it("accepts well-formed UTF-8, up to its limits (RFC 3629)", function()
    for _, text in ipairs({
      "", "plain\0", "\194\128", "\223\191", "\224\160\128", "\237\159\191",
      "\238\128\128", "\239\191\191", "\240\144\128\128", "\244\143\191\191",
      "gr\195\188n \226\130\172 \240\159\152\128!",
    }) do
      assert.is_true(encoding.is_utf8(text), text)
    end
  end)

  it("rejects what is not well formed", function()
    for _, text in ipairs({
      "\128", "\255", "Z\252rich", -- alone
      "\195", "\226\130", "\240\159\152", -- cut short
      "\192\175", "\193\191", "\224\159\191", "\240\143\191\191", -- too long
      "\237\160\128", "\237\191\191", -- surrogates
      "\244\144\128\128", "\245\128\128\128", -- above U+10FFFF
      "\195\188\188",
    }) do
      assert.is_false(encoding.is_utf8(text))
    end
  end)

  it("removes one byte-order mark at the beginning", function()
    assert.equal("a", encoding.without_mark("\239\187\191a"))
    assert.equal("\239\187\191", encoding.without_mark("\239\187\191"
      .. "\239\187\191"))
    assert.equal("a\239\187\191", encoding.without_mark("a\239\187\191"))
    assert.equal("", encoding.without_mark(""))
  end)
end)
