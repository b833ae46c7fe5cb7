-- The record of a valid token: bytes of a fixed layout, so on LuaJIT only.

if not rawget(_G, "jit") then
  return
end

local record = require("gctokens.guard.cache.record")


describe("gctokens.guard.cache.record", function()
  local VERDICT = {
    fetched_at = 100.123456789, fresh_until = 160.5, stale_until = 190.25,
  }

  it("is read as it was written", function()
    local packed = record.pack(VERDICT, "text\nof it", 2 ^ 47 + 1)
    local header = record.read(packed, 120)
    assert.equal(100.123456789, header.fetched_at)
    assert.equal(160.5, header.fresh_until)
    assert.equal(190.25, header.stale_until)
    assert.equal(2 ^ 47 + 1, header.change)
    assert.equal("text\nof it", record.text(packed))
  end)

  it("has no change's number where none is known", function()
    assert.equal(-1, record.read(record.pack(VERDICT, "a", nil), 120).change)
  end)

  it("is none where something else is in its place", function()
    local packed = record.pack(VERDICT, "text", 1)
    for _, other in ipairs({
      false, true, 5, "", "1\n100.1 160 190\na\n\n\n\n\n\n\nusers",
      packed:sub(1, 39), packed:sub(1, 40), packed:sub(2), ("\0"):rep(100),
      ("\255"):rep(100), "x" .. packed,
    }) do
      assert.is_nil((record.read(other, 120)), tostring(other))
    end
    assert.is_nil((record.read(nil, 120)))
  end)

  it("is none whose times cannot be", function()
    local nan = 0 / 0
    for _, times in ipairs({
      { 130, 160, 190 }, -- fetched in the future
      { 100, 90, 190 }, { 100, 160, 150 }, { nan, 160, 190 },
      { 100, nan, 190 }, { 100, 160, nan }, { math.huge, 160, 190 },
    }) do
      local packed = record.pack({
        fetched_at = times[1], fresh_until = times[2], stale_until = times[3],
      }, "text", 1)
      assert.is_nil((record.read(packed, 120)))
    end
  end)
end)
