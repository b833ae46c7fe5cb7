-- Who does a piece of work that others rely on.

local fake_loop = require("spec.support.fake_loop")
local leadership = require("gctokens.leadership")


describe("a leadership", function()
  local loop, lead, begun

  before_each(function()
    loop = fake_loop.new()
    lead = leadership.new()
    begun = {}
  end)

  -- The detached leader of these specs.
  local function note(term, ...)
    begun[#begun + 1] = { term, ... }
  end

  it("is nobody's at first", function()
    assert.is_false(lead:is_trusted(loop.now()))
  end)

  it("is trusted until its time, and no longer", function()
    lead:take(loop.now() + 2)
    assert.is_true(lead:is_trusted(loop.now() + 1.9))
    assert.is_false(lead:is_trusted(loop.now() + 2))
    lead:extend(loop.now() + 3)
    assert.is_true(lead:is_trusted(loop.now() + 2))
  end)

  it("ends at once when the leader resigns", function()
    lead:take(loop.now() + 2)
    lead:resign()
    assert.is_false(lead:is_trusted(loop.now()))
  end)

  it("tells a leader that it has been replaced", function()
    local first = lead:take(loop.now() + 2)
    assert.is_true(lead:is_current(first))
    local second = lead:take(loop.now() + 2)
    assert.is_false(lead:is_current(first))
    assert.is_true(lead:is_current(second))
  end)

  describe("of a detached leader", function()
    it("begins soon, with the arguments that it was given", function()
      function loop.detach(work, ...)
        loop:start(work, ...)
        return true
      end
      assert.is_true(lead:detach(loop, note, "a", nil, "b"))
      assert.is_true(lead:is_trusted(loop.now()))
      loop:run()
      assert.same({ { lead.term, "a", nil, "b" } }, begun)
    end)

    it("is anybody's who waited a moment for a timer that was dropped",
      function()
        function loop.detach()
          return true
        end
        assert.is_true(lead:detach(loop, note))
        assert.is_true(lead:is_trusted(loop.now() + 0.09))
        assert.is_false(lead:is_trusted(loop.now() + 0.11))
      end)

    it("is anybody's at once when there is no timer", function()
      function loop.detach()
        return false
      end
      assert.is_false(lead:detach(loop, note))
      assert.is_false(lead:is_trusted(loop.now()))
    end)

    it("does not begin after somebody took over", function()
      function loop.detach(work, ...)
        loop:start(work, ...)
        return true
      end
      lead:detach(loop, note)
      lead:take(loop.now() + 2)
      loop:run()
      assert.same({}, begun)
    end)
  end)
end)
