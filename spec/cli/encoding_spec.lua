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

  -- What comes of bytes that are read in blocks of that many, or a message.
  local function decoded(bytes, size)
    local at, texts = 1, {}
    local next_text = encoding.utf8_of(function()
      local block = bytes:sub(at, at + size - 1)
      at = at + size
      return block
    end)
    repeat
      local text, message = next_text()
      if not text then
        return nil, message
      end
      texts[#texts + 1] = text
    until text == ""
    return table.concat(texts)
  end

  local function swapped(bytes)
    return (bytes:gsub("(.)(.)", "%2%1"))
  end

  it("makes UTF-8 of UTF-16 (RFC 2781), in both orders", function()
    for units, text in pairs({
      ["\0\1"] = "\1", ["\0\127"] = "\127", ["\0\128"] = "\194\128",
      ["\7\255"] = "\223\191", ["\8\0"] = "\224\160\128",
      ["\18\52"] = "\225\136\180", ["\215\255"] = "\237\159\191",
      ["\224\0"] = "\238\128\128", ["\255\255"] = "\239\191\191",
      ["\216\0\220\0"] = "\240\144\128\128",
      ["\219\255\223\255"] = "\244\143\191\191",
      ["\216\61\222\1"] = "\240\159\152\129",
    }) do
      for _, size in ipairs({ 4, 5, 6, 1000 }) do
        local bytes = "\254\255" .. units .. "\0!" .. units
        assert.equal(text .. "!" .. text, decoded(bytes, size))
        assert.equal(text .. "!" .. text, decoded(swapped(bytes), size))
      end
    end
  end)

  it("says what is broken in UTF-16", function()
    for units, message in pairs({
      ["\0a\0"] = "ends within a character",
      ["\0a\216\0"] = "ends within a character",
      ["\220\0\0a"] = "has half of a surrogate pair",
      ["\223\255\0a"] = "has half of a surrogate pair",
      ["\216\0\0a"] = "has half of a surrogate pair",
      ["\219\255\216\0"] = "has half of a surrogate pair",
      ["\216\0\224\0"] = "has half of a surrogate pair",
    }) do
      local text, why = decoded("\254\255" .. units, 1000)
      assert.is_nil(text)
      assert.equal("this UTF-16 text is broken: it " .. message, why)
    end
  end)

  it("refuses what is neither UTF-8 nor UTF-16 with a mark", function()
    for bytes, message in pairs({
      ["\255\254\0\0a\0\0\0"] = "this is UTF-32 text",
      ["\0\0\254\255\0\0\0a"] = "this is UTF-32 text",
      ["a\0b\0"] = "without a byte-order mark",
      ["\0a\0b"] = "without a byte-order mark",
    }) do
      local text, why = decoded(bytes, 1000)
      assert.is_nil(text)
      assert.matches(message, why, 1, true)
    end
    for _, bytes in ipairs({ "", "plain", "ab\0", "\0\0", "\195\188" }) do
      assert.equal(bytes, decoded(bytes, 1000))
    end
  end)
end)
