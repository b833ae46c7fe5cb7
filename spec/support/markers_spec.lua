--- Markers in sources, of coverage and mutation.

local markers = require("spec.support.markers")


describe("markers in a source", function()
  -- The lines that each marker is about, and its reason.
  local function read(text)
    local texts = {}
    for line in (text .. "\n"):gmatch("(.-)\n") do
      texts[#texts + 1] = line
    end
    local list, message = markers.read("x", texts, "coverage:")
    if not list then
      return nil, message
    end
    local found = {}
    for i, marker in ipairs(list) do
      found[i] = marker.reason .. ": " .. table.concat(marker.lines, " ")
    end
    return found
  end

  it("are about the line that they end", function()
    assert.same({ "never: 2", "nor this: 3" }, read(
      "a\nb() -- coverage: never\nc(); /* coverage: nor this */\nd"))
  end)

  it("are about the next line, and what is indented further, when alone",
    function()
      assert.same({ "never: 3 4", "nor this: 8" }, read(
        "a\n  -- coverage: never\n  b\n    c\n  d\ne\n"
          .. "/* coverage: nor this */\nf\n\n  g"))
    end)

  it("give a reason", function()
    for _, text in ipairs({
      "a -- coverage:", "a -- coverage: ", "a /* coverage: */",
    }) do
      local list, message = read("\n" .. text)
      assert.is_nil(list)
      assert.equal("x:2: the marker gives no reason", message)
    end
  end)
end)
