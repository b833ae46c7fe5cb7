--- The converters of option arguments.

local converters = require("gctokens.cli.converters")


describe("gctokens.cli.converters", function()
  local function assert_taken(name, expected)
    for text, value in pairs(expected) do
      local taken, message = converters[name](text)
      assert.equal(value, taken, text)
      assert.is_nil(message)
    end
  end

  local function assert_refused(name, texts)
    for _, text in ipairs(texts) do
      local value, message = converters[name](text)
      assert.is_nil(value, text)
      assert.is_truthy(message:find("not '" .. text .. "'", 1, true), message)
    end
  end

  -- Texts that are not numbers for people. Some of them are for tonumber.
  local no_numbers = {
    "", " ", "x", "-1", "+1", "1e3", "0x10", "inf", "nan", " 1", "1 ", "1,5",
    "1.2.3", "1\n", "\194\178",
  }

  it("seconds takes numbers above 0, with a fraction or without", function()
    assert_taken("seconds", {
      ["1"] = 1, ["0.25"] = 0.25, [".5"] = 0.5, ["3."] = 3, ["007"] = 7,
    })
    assert_refused("seconds", no_numbers)
    assert_refused("seconds", { "0", "0.0", "." })
  end)

  it("count takes whole numbers from 0 to 1000", function()
    assert_taken("count", { ["0"] = 0, ["3"] = 3, ["1000"] = 1000 })
    assert_refused("count", no_numbers)
    assert_refused("count", { "1001", "1.0", ("9"):rep(400) })
  end)

  it("whole takes whole numbers up to 999999999", function()
    assert_taken("whole", {
      ["0"] = 0, ["300"] = 300, ["0300"] = 300, ["999999999"] = 999999999,
    })
    assert_refused("whole", no_numbers)
    assert_refused("whole", { "1.0", "1000000000" })
  end)

  it("concurrency takes whole numbers from 1 to 1024", function()
    assert_taken("concurrency", { ["1"] = 1, ["8"] = 8, ["1024"] = 1024 })
    assert_refused("concurrency", no_numbers)
    assert_refused("concurrency", { "0", "1025", "1.5" })
  end)

  it("rate takes numbers above 0, and off", function()
    assert_taken("rate", { ["300"] = 300, ["0.5"] = 0.5, off = 0 })
    assert_refused("rate", no_numbers)
    assert_refused("rate", { "0", "OFF", "." })
  end)

  it("filled takes any text but an empty one, any takes all", function()
    assert_taken("filled", { [" "] = " ", ["a b"] = "a b" })
    assert.same({ n = 2, [2] = "the argument is empty" },
      (function(...)
        return { n = select("#", ...), ... }
      end)(converters.filled("")))
    assert_taken("any", { [""] = "", a = "a" })
  end)
end)
