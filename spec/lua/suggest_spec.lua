-- What a misspelt name was probably meant to be.

local suggest = require("gctokens.suggest")


describe("gctokens.suggest", function()
  local function edits(name, known)
    local nearest, count = suggest.nearest(name, { [known] = true })
    assert.is_true(nearest == nil or nearest == known)
    return count
  end

  it("counts letters that are other ones, lacking, or too many", function()
    assert.equal(0, edits("deadline", "deadline"))
    assert.equal(1, edits("deadlime", "deadline"))
    assert.equal(1, edits("deadlne", "deadline"))
    assert.equal(1, edits("deadlinee", "deadline"))
    assert.equal(1, edits("xdeadline", "deadline"))
    assert.equal(2, edits("deadlnie", "deadline"))
    assert.equal(3, edits("dedlimee", "deadline"))
  end)

  it("takes names for alike up to three edits", function()
    assert.equal(3, edits("abcdefgh", "abcdexyz"))
    assert.is_nil(edits("abcdefgh", "abcdwxyz"))
  end)

  it("allows fewer in a short name", function()
    assert.is_nil(edits("ab", "ac"))
    assert.equal(1, edits("abc", "abd"))
    assert.is_nil(edits("abc", "ade"))
    assert.equal(1, edits("abcd", "abce"))
    assert.is_nil(edits("abcd", "abef"))
    assert.equal(2, edits("abcde", "abcxy"))
  end)

  it("prefers the nearest, and of two as near the first by name", function()
    local known = { timeout = 1, timeouts = 1, timeour = 1, retry = 1 }
    assert.equal("timeout", (suggest.nearest("timeout", known)))
    assert.equal("timeour", (suggest.nearest("timeoux", known)))
    assert.equal("timeouts", (suggest.nearest("timeoutss", known)))
  end)

  it("does not compare names of any length", function()
    assert.equal(1, edits(("a"):rep(64), ("a"):rep(65)))
    assert.is_nil(edits(("a"):rep(65), ("a"):rep(65)))
  end)

  it("hints at what was meant, or at nothing", function()
    assert.equal(', did you mean "retry"?',
      suggest.hint("rety", { retry = true }))
    assert.equal("", suggest.hint("proxy", { retry = true }))
  end)
end)
