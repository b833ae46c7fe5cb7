-- What workers' own caches follow: a counter and a ring in a shared dict. Two
-- objects on one dict are two workers.

local changes = require("gctokens.guard.cache.changes")
local pinned_dict = require("gctokens.guard.dict.pinned_dict")


-- A shared dict that is never full.
local function new_dict()
  local values = {}
  local dict = { values = values }
  function dict:get(key)
    return self.values[key]
  end
  function dict:safe_set(key, value)
    self.values[key] = value
    return true
  end
  function dict:safe_add(key, value)
    if self.values[key] ~= nil then
      return false, "exists"
    end
    return self:safe_set(key, value)
  end
  function dict:incr(key, count)
    local value = self.values[key]
    if type(value) ~= "number" then
      return nil, value == nil and "not found" or "not a number"
    end
    self.values[key] = value + count
    return value + count
  end
  return dict
end


-- A key of 32 bytes, as all are.
local function key_of(text)
  return text .. ("."):rep(32 - #text)
end

local A, B, C = key_of("a"), key_of("b"), key_of("c")


describe("gctokens.guard.cache.changes", function()
  local dict, writer, reader, from

  before_each(function()
    dict = new_dict()
    writer = changes.new(pinned_dict.new(dict, {}))
    reader = changes.new(pinned_dict.new(dict, {}))
    from = reader:number(1)
  end)

  -- The keys that the reader is told to forget at that time; nil: everything.
  local function follow(now)
    local keys = {}
    local to = reader:number(now)
    local known = reader:follow(from, to, function(list, key)
      list[#list + 1] = key
    end, keys)
    from = to
    return known and keys or nil
  end

  it("begins with a number of its own for each dict", function()
    assert.is_number(from)
    assert.equal(from, writer:number(1))
    assert.not_equal(from,
      changes.new(pinned_dict.new(new_dict(), {})):number(1))
  end)

  it("tells which tokens have changed, in their order", function()
    local keys = { key_of("first\n*"), ("\0\255"):rep(16), key_of("*\n") }
    for _, key in ipairs(keys) do
      writer:add_token(key)
    end
    assert.same(keys, follow(2))
    assert.same({}, follow(3))
  end)

  it("looks at the counter once for each time of the clock", function()
    writer:add_token(A)
    assert.same({}, follow(1))
    assert.equal(from + 1, reader:exact_number(1))
    assert.same({ A }, follow(1))
  end)

  it("knows of its own changes at once", function()
    reader:add_token(A)
    assert.same({ A }, follow(1))
  end)

  it("says that anything may have changed, after a flush", function()
    writer:add_token(A)
    writer:add_all()
    assert.is_nil(follow(2))
    assert.same({}, follow(3))
  end)

  it("says so when more have changed than the ring has places", function()
    for i = 1, 256 do
      writer:add_token(key_of("key" .. i))
    end
    assert.equal(256, #follow(2))
    for i = 1, 257 do
      writer:add_token(key_of("key" .. i))
    end
    assert.is_nil(follow(3))
  end)

  it("says so when an entry is lost, damaged or not yet written", function()
    for _, value in ipairs({
      false, 5, "", "x", "5 key", "99999 " .. A,
    }) do
      writer:add_token(A)
      local place = "v" .. writer:exact_number(2) % 256
      dict.values[place] = value or nil
      assert.is_nil(follow(3))
      reader.looked_at = -1
    end
  end)

  it("says so when an entry is of no token", function()
    for _, key in ipairs({ "", "short", A .. "long" }) do
      writer:add_token(key)
      assert.is_nil(follow(2))
      reader.looked_at = -1
    end
  end)

  it("says so when the counter is no number that counts", function()
    for _, number in ipairs({ 0 / 0, math.huge, -math.huge, -1, 0.5 }) do
      dict.values.v = number
      assert.is_nil(follow(2))
      reader.looked_at = -1
    end
  end)

  it("says so when the counter is lost, or is no number", function()
    dict.values.v = nil
    assert.is_nil(follow(2))
    assert.is_number(from)
    writer:add_token(A)
    assert.same({ A }, follow(3))
    dict.values.v = "damaged"
    assert.is_nil(follow(4))
    assert.is_nil(from)
    writer:add_token(A)
    assert.is_nil(follow(5))
    dict.values.v = nil
    writer:add_token(B)
    assert.is_nil(follow(6))
    writer:add_token(C)
    assert.same({ C }, follow(7))
  end)

  describe("asked whether a token may have changed", function()
    local function may_concern(key)
      return reader:may_concern(key, from, 2)
    end

    it("knows when nothing has, or others have", function()
      assert.is_false(may_concern(A))
      writer:add_token(B)
      writer:add_token(C)
      assert.is_false(may_concern(A))
    end)

    it("knows when it has, or everything", function()
      writer:add_token(B)
      writer:add_token(A)
      writer:add_token(C)
      assert.is_true(may_concern(A))
      from = reader:exact_number(2)
      writer:add_all()
      writer:add_token(C)
      assert.is_true(may_concern(A))
    end)

    it("takes an entry that is lost for any token's", function()
      writer:add_token(B)
      dict.values["v" .. writer:exact_number(2) % 256] = nil
      assert.is_true(may_concern(A))
    end)

    it("takes a counter that was lost for a change of all tokens", function()
      dict.values.v = nil
      assert.is_true(may_concern(A))
    end)

    it("does not know after more changes than the ring has places", function()
      for i = 1, 257 do
        writer:add_token(key_of("key" .. i))
      end
      assert.is_nil(may_concern(A))
    end)

    it("does not know without a number", function()
      dict.values.v = "damaged"
      assert.is_nil(may_concern(A))
      from = nil
      dict.values.v = 7
      assert.is_nil(may_concern(A))
    end)
  end)
end)
