-- The cache in a worker's own memory: slots in C structs, so on LuaJIT only.

if not rawget(_G, "jit") then
  return
end

local identity = require("gctokens.guard.cache.identity")
local local_cache = require("gctokens.guard.cache.local_cache")


-- A key of 32 bytes that begins like the hash it would be.
local function key_of(number)
  local random = require("gctokens.core").random
  local bytes = {}
  for i = 1, 16 do
    bytes[i] = string.char(math.floor(random() * 256))
  end
  return table.concat(bytes) .. ("%016d"):format(number)
end

local function text_of(organization, scope)
  return identity.to_text({
    organization_id = organization, organization_name = "Example",
    scope = scope or "users",
  })
end


describe("gctokens.guard.cache.local_cache", function()
  local cache

  before_each(function()
    cache = local_cache.new(1024 * 1024)
  end)

  -- Due at 50 and over at 60, unless it says otherwise.
  local function set(key, organization, ends, due_at, now)
    return cache:set(key, cache:verdict_of(text_of(organization or "a")),
      ends or 60, due_at or 50, now or 0)
  end

  it("finds the verdict on a token until it ends", function()
    local key = key_of(1)
    assert.is_nil((cache:find(key, 0)))
    assert.is_false(set(key))
    local verdict, is_due = cache:find(key, 49)
    assert.equal("valid", verdict.state)
    assert.equal("a", verdict.identity.organization_id)
    assert.is_false(is_due)
    assert.truthy((cache:find(key, 59.9)))
    assert.is_nil((cache:find(key, 60)))
  end)

  it("says that a token is due once a second", function()
    local key = key_of(1)
    set(key)
    assert.is_true(select(2, cache:find(key, 50)))
    assert.is_false(select(2, cache:find(key, 50.9)))
    assert.is_true(select(2, cache:find(key, 51)))
    assert.is_true(set(key, "a", 60, 50, 55))
    assert.is_false(select(2, cache:find(key, 55)))
  end)

  it("has one verdict for all tokens of an identity", function()
    local keys = { key_of(1), key_of(2), key_of(3) }
    set(keys[1], "a")
    set(keys[2], "a")
    set(keys[3], "b")
    assert.equal(cache:find(keys[1], 0), (cache:find(keys[2], 0)))
    assert.equal("b", cache:find(keys[3], 0).identity.organization_id)
  end)

  it("takes the latest verdict on a token", function()
    local key = key_of(1)
    set(key, "a")
    set(key, "b")
    assert.equal("b", cache:find(key, 0).identity.organization_id)
  end)

  it("forgets a token, or all of them", function()
    local keys = { key_of(1), key_of(2) }
    set(keys[1])
    set(keys[2])
    cache:delete(keys[1])
    assert.is_nil((cache:find(keys[1], 0)))
    assert.truthy((cache:find(keys[2], 0)))
    cache:clear()
    assert.is_nil((cache:find(keys[2], 0)))
    set(keys[2], "b")
    assert.equal("b", cache:find(keys[2], 0).identity.organization_id)
  end)

  it("takes no token for another that begins with the same bytes", function()
    local first, second = ("x"):rep(32), ("x"):rep(31) .. "y"
    set(first, "a")
    assert.is_nil((cache:find(second, 0)))
    set(second, "b")
    local found = cache:find(second, 0)
    assert.is_true(found == nil or found.identity.organization_id == "b")
  end)

  it("forgets a token that has its tag in common with another one", function()
    local bucket = ("b"):rep(4)
    local other, third =
      bucket .. ("o"):rep(28), bucket .. ("t"):rep(28)
    local twins = {
      bucket .. ("x"):rep(27) .. "1", bucket .. ("x"):rep(27) .. "2",
    }
    set(other, "a", 10)
    set(twins[1])
    set(twins[2], "b", 20, 20, 10) -- where `other` was
    cache:delete(twins[1])
    set(third, "a", 60, 50, 20) -- where the second one was
    assert.is_nil((cache:find(twins[1], 20)))
  end)

  it("works on when it has been emptied very often", function()
    cache.generation = 2 ^ 32 - 3
    for i = 1, 5 do
      cache:clear()
      local key = key_of(i)
      assert.is_nil((cache:find(key, 0)))
      set(key)
      assert.truthy((cache:find(key, 0)))
    end
  end)

  it("has no verdict for text that is damaged", function()
    for _, text in ipairs({ "", "a", "\n\n\n\n\n\n\n", ("a\n"):rep(20) }) do
      assert.is_nil((cache:verdict_of(text)))
    end
  end)

  it("keeps 7 000 tokens in 1 MiB, nearly all", function()
    local keys, found = {}, 0
    for i = 1, 7000 do
      keys[i] = key_of(i)
      set(keys[i])
    end
    for _, key in ipairs(keys) do
      found = found + (cache:find(key, 0) and 1 or 0)
    end
    assert.is_true(found > 6000, found)
  end)

  it("gives places up one by one when there are too many tokens", function()
    local keys, found = {}, 0
    for i = 1, 50000 do
      keys[i] = key_of(i)
      set(keys[i])
      assert.truthy((cache:find(keys[i], 0)))
    end
    for _, key in ipairs(keys) do
      found = found + (cache:find(key, 0) and 1 or 0)
    end
    assert.equal(cache.mask * 8 + 8, found)
  end)

  it("takes places of what is over first", function()
    cache = local_cache.new(1024) -- one bucket
    local old, new = {}, {}
    for i = 1, 8 do
      old[i], new[i] = key_of(i), key_of(100 + i)
      set(old[i], "a", i % 2 == 0 and 10 or 60)
    end
    for i = 1, 4 do
      set(new[i], "a", 60, 50, 10)
    end
    for i = 1, 7, 2 do
      assert.truthy((cache:find(old[i], 10)))
    end
  end)

  it("drops everything when identities take more than their share", function()
    local most = 0
    for i = 1, 10000 do
      set(key_of(i), "a" .. i)
      most = math.max(most, cache.verdict_bytes)
    end
    assert.is_true(most <= 1024 * 1024 / 4, most)
  end)

  it("works with less memory than one bucket and one verdict take", function()
    cache = local_cache.new(1)
    for i = 1, 100 do
      local key = key_of(i)
      set(key, "a" .. i)
      assert.equal("a" .. i, cache:find(key, 0).identity.organization_id)
    end
  end)
end)
