-- Writes to a shared dict that is full: gctokens.guard.pinned_dict.

local pinned_dict = require("gctokens.guard.dict.pinned_dict")


-- A dict that is full, and has memory for an entry again when so many writes
-- have evicted something. `calls` are what it was asked for.
local function full_dict(needed)
  local calls = {}
  local dict = { calls = calls }
  function dict.get(_, key)
    calls[#calls + 1] = "get " .. key
  end
  local function refuse(_, key)
    calls[#calls + 1] = "safe " .. key
    return false, "no memory", false
  end
  local function evict(_, key)
    calls[#calls + 1] = "evict " .. key
    needed = needed - 1
    if needed > 0 then
      return false, "no memory", true
    end
    return true, nil, false
  end
  dict.safe_set, dict.safe_add, dict.set, dict.add =
    refuse, refuse, evict, evict
  return dict
end


describe("gctokens.guard.dict.pinned_dict", function()
  for _, method in ipairs({ "set", "add" }) do
    it("reads what is pinned before each write that may evict: " .. method,
      function()
        local dict = full_dict(2)
        local pinned = pinned_dict.new(dict, { "pinned" })
        local ok, err, forcible = pinned[method](pinned, "key", "value")
        assert.is_true(ok)
        assert.is_nil(err)
        assert.is_true(forcible)
        assert.same({
          "safe key", "get pinned", "evict key", "get pinned", "evict key",
        }, dict.calls)
      end)
  end

  it("gives up when there is no room after several", function()
    local dict = full_dict(10)
    local ok, err, forcible = pinned_dict.new(dict, {}):set("key", "value")
    assert.is_false(ok)
    assert.equal("no memory", err)
    assert.is_true(forcible)
    assert.equal(4, #dict.calls)
  end)
end)
