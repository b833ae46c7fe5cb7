--- JSON as the command writes and reads it.

local json = require("gctokens.cli.json")


describe("gctokens.cli.json", function()
  describe("encode", function()
    it("writes fields in the order of their names", function()
      assert.equal('{"B":1,"a":{"x":true,"y":"z"},"b":[1,2,3]}', json.encode({
        b = { 1, 2, 3 }, a = { y = "z", x = true }, B = 1,
      }))
    end)

    it("writes whole numbers without a decimal point",
      function()
        assert.equal("[28800,-3,0,0.25,9007199254740991,1e+300]",
          json.encode({
            28800.0, -3, 0, 0.25, 9007199254740991, 1e300,
          }))
      end)

    it("writes an empty table as an array", function()
      assert.equal('{"groups":[]}', json.encode({ groups = {} }))
      assert.equal("[]", json.encode({}, true))
    end)

    it("puts each element on a line of its own if it is indented", function()
      assert.equal([[
{
  "a": [
    1,
    {
      "b": "c"
    }
  ],
  "d": []
}]], json.encode({ a = { 1, { b = "c" } }, d = {} }, true))
    end)

    it("escapes control characters, and no slash", function()
      -- U+009B is ESC [ in one character.
      assert.equal('"/\\"\\\\\\u001b\\n\\u007f\\u009b\195\164\226\130\172"',
        json.encode('/"\\\27\n\127\194\155\195\164\226\130\172'))
    end)
  end)

  it("text leaves a string as it is and writes other values as JSON", function()
    assert.equal("a/b", json.text("a/b"))
    assert.equal("600", json.text(600.0))
    assert.equal("false", json.text(false))
    assert.equal('["a"]', json.text({ "a" }))
  end)

  describe("object", function()
    it("decodes an object without the fields that are null", function()
      assert.same({ a = 1, b = { true } },
        json.object('\239\187\191 {"a":1,"b":[true],"c":null}'))
      assert.same({}, json.object("{}"))
    end)

    it("says why a text is not an object", function()
      for text, reason in pairs({
        [""] = "is empty",
        ["\n"] = "is empty",
        ["[]"] = "is not a JSON object",
        ["1"] = "is not a JSON object",
        ["{"] = "is not JSON: ",
        ['{"a":1}}'] = "is not JSON: ",
        ['{"a":"\228"}'] = "is not UTF-8 text",
        ["\255\254{\0"] = "is not UTF-8 text",
      }) do
        local object, message = json.object(text)
        assert.is_nil(object)
        assert.equal(reason, message:sub(1, #reason))
      end
    end)
  end)
end)
