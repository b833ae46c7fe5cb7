-- The table of bounded size, of the guard's L1 and of mass revocation.

local lru = require("gctokens.lru")


describe("gctokens.lru", function()
  local function filled(size, count)
    local self = lru.new(size)
    for i = 1, count do
      self:set("key " .. i, i)
    end
    return self
  end

  local function kept(self, count)
    local list = {}
    for i = 1, count do
      list[#list + 1] = self:get("key " .. i)
    end
    return list
  end

  it("keeps what was set, until it is deleted or all is cleared", function()
    local self = filled(10, 3)
    assert.same({ 1, 2, 3 }, kept(self, 3))
    self:set("key 2", "another")
    assert.equal("another", self:get("key 2"))
    self:delete("key 2")
    self:delete("never set")
    assert.is_nil(self:get("key 2"))
    assert.equal(3, self:get("key 3"))
    self:clear()
    assert.same({}, kept(self, 3))
  end)

  it("keeps its size, and no more than twice as much", function()
    for size = 1, 9 do
      local self = filled(size, 100)
      local count = 0
      for _, part in ipairs({ self.young, self.old }) do
        for _ in pairs(part) do
          count = count + 1
        end
      end
      assert.is_true(count <= 2 * size, size)
      for i = 101 - size, 100 do
        assert.equal(i, self:get("key " .. i))
      end
    end
  end)

  it("keeps what is asked for, and drops what is not", function()
    local self = lru.new(10)
    self:set("used", true)
    self:set("unused", true)
    for i = 1, 100 do
      self:set("key " .. i, i)
      assert.is_true(self:get("used"))
    end
    assert.is_nil(self:get("unused"))
    assert.is_nil(self:get("key 1"))
  end)

  it("deletes what is no longer young, too", function()
    local self = filled(2, 4) -- 1 and 2 are old
    self:delete("key 1")
    assert.is_nil(self:get("key 1"))
    assert.equal(2, self:get("key 2"))
  end)

  it("keeps no more than twice its size, whatever is deleted", function()
    local self = lru.new(4)
    for i = 1, 100 do
      self:set("key " .. i, i)
      self:set("passing", true)
      self:delete("passing")
    end
    local oldest = 1
    while self:get("key " .. oldest) == nil do
      oldest = oldest + 1
    end
    assert.is_true(oldest > 100 - 2 * 4, oldest)
  end)

  it("counts what is deleted no more", function()
    local self = lru.new(4)
    for _ = 1, 100 do
      self:set("passing", true)
      self:delete("passing")
      self:set("staying", true)
      assert.is_nil(self.old.staying)
    end
    assert.is_true(self:get("staying"))
  end)
end)
