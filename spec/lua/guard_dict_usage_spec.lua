-- How many tokens a dict knows: gctokens.guard.dict.usage, with dicts of the
-- specs' own.

local dict_usage = require("gctokens.guard.dict.usage")

local CAPACITY = 2 ^ 24


-- A cache with a dict that has so many entries of each kind: lists of {prefix,
-- bytes, count}. It knows its free space as nginx does: in whole pages.
local function cache_of(kinds)
  local values, keys, used = {}, {}, 0
  local most = 0
  for _, kind in ipairs(kinds) do
    most = math.max(most, kind[3])
  end
  for i = 1, most do
    for _, kind in ipairs(kinds) do
      if i <= kind[3] then
        local key = kind[1] .. ("%032d"):format(i)
        keys[#keys + 1] = key
        values[key] = ("x"):rep(kind[2] - 68 - #key)
        used = used + kind[2]
      end
    end
  end
  local listed = {}
  local dict = {
    listed = listed,
    capacity = function()
      return CAPACITY
    end,
    free_space = function()
      return CAPACITY - math.ceil(used / 4096) * 4096
    end,
    get_keys = function(_, count)
      assert(count > 0, "nginx would list all keys")
      listed[#listed + 1] = count
      local some = {}
      for i = 1, math.min(count, #keys) do
        some[i] = keys[i]
      end
      return some
    end,
  }
  return {
    dict = dict,
    value_of = function(_, key)
      return values[key]
    end,
  }
end


describe("the tokens of a dict", function()
  it("are counted where there are few", function()
    assert.same({
      capacity_bytes = CAPACITY, free_bytes = CAPACITY,
      tokens = 0, is_estimate = false,
    }, dict_usage.of(cache_of({})))
    local usage =
      dict_usage.of(cache_of({ { "p", 256, 700 }, { "n", 128, 200 } }))
    assert.equal(700, usage.tokens)
    assert.is_false(usage.is_estimate)
  end)

  it("are estimated where there are many, to a fifth", function()
    for _, case in ipairs({
      { { "p", 256, 50000 } },
      { { "p", 256, 20000 }, { "n", 128, 20000 } },
      { { "p", 512, 9000 }, { "r", 128, 9000 }, { "c", 64, 50 } },
    }) do
      local usage = dict_usage.of(cache_of(case))
      assert.is_true(usage.is_estimate)
      assert.near(case[1][3], usage.tokens, case[1][3] / 5)
    end
  end)

  it("are none where all entries are others", function()
    local usage = dict_usage.of(cache_of({ { "n", 128, 5000 } }))
    assert.equal(0, usage.tokens)
  end)

  it("take a bounded list of keys", function()
    local cache = cache_of({ { "p", 256, 30000 } })
    dict_usage.of(cache)
    assert.same({ 1000 }, cache.dict.listed)
  end)
end)
