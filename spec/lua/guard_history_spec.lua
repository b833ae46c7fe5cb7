-- What the guard keeps of the last minutes: gctokens.guard.status.history, with
-- a dict and a clock of the specs' own.

local history = require("gctokens.guard.status.history")
local prometheus = require("gctokens.guard.status.prometheus")

local STEP, STEPS = history.step, history.steps
local START = 1000 * STEP


describe("the history", function()
  local dict, own

  -- What it needs of a pinned dict. `entries` may be changed.
  local function new_dict()
    local entries, kept = {}, {}
    return {
      entries = entries,
      kept = kept,
      keep = function(_, keys)
        for _, key in ipairs(keys) do
          kept[#kept + 1] = key
        end
      end,
      dict = {
        get = function(_, key)
          return entries[key]
        end,
        get_keys = function()
          return { (next(entries)) }
        end,
      },
      set = function(_, key, value)
        entries[key] = value
      end,
    }
  end

  before_each(function()
    dict = new_dict()
    own = history.new(dict, START)
  end)

  -- The steps in which there was something of a name: "age=count", the ages in
  -- steps, the oldest first; 0 is the current step.
  local function seen(name, now, of)
    local counts = (of or own):read(now).counts[name]
    assert.equal(STEPS + 1, #counts)
    local list = {}
    for i, count in ipairs(counts) do
      if count ~= 0 then
        list[#list + 1] = ("%d=%d"):format(#counts - i, count)
      end
    end
    return table.concat(list, " ")
  end

  it("begins with nothing", function()
    assert.equal("", seen("allowed", START))
  end)

  it("tells what was counted in each step", function()
    own:tick(START, { allowed = 5 })
    own:tick(START + 1, { allowed = 7 })
    own:tick(START + STEP, { allowed = 17 })
    own:tick(START + 2 * STEP, { allowed = 17, missing = 1 })
    assert.equal("2=7 1=10", seen("allowed", START + 2 * STEP))
    assert.equal("0=1", seen("missing", START + 2 * STEP))
  end)

  it("tells for how long the current step has lasted", function()
    assert.equal(3, own:read(START + STEP + 3).current)
  end)

  it("has every name that the page needs", function()
    local counts = own:read(START).counts
    for _, names in ipairs({ prometheus.outcomes, prometheus.layers }) do
      for _, name in ipairs(names) do
        assert.is_table(counts[name], name)
      end
    end
    for _, class in ipairs(prometheus.classes) do
      assert.is_table(counts[prometheus.call(class)], class)
    end
    for _, seconds in ipairs(prometheus.buckets) do
      assert.is_table(counts[prometheus.bucket(seconds)], seconds)
    end
  end)

  -- Without a worker that has had a request nobody writes samples.
  it("takes steps without a sample for steps without traffic", function()
    own:tick(START, { allowed = 5 })
    local later = START + 7 * STEP
    own:tick(later, { allowed = 8 })
    assert.equal("7=5 0=3", seen("allowed", later))
    assert.equal("9=5 2=3", seen("allowed", later + 2 * STEP))
  end)

  it("knows what came first after any pause", function()
    for _, pause in ipairs({
      STEPS - 1, STEPS, STEPS + 1, STEPS + 2, STEPS + 3, 2 * STEPS + 4, 5000,
    }) do
      dict = new_dict()
      own = history.new(dict, START)
      own:tick(START, { allowed = 5 })
      local later = START + pause * STEP
      own:tick(later, { allowed = 8 })
      assert.equal((pause <= STEPS and pause .. "=5 " or "") .. "0=3",
        seen("allowed", later), pause)
    end
  end)

  it("forgets what is older", function()
    for i = 0, 3 * STEPS do
      own:tick(START + i * STEP, { allowed = 10 * (i + 1) })
    end
    local counts = own:read(START + 3 * STEPS * STEP).counts.allowed
    for i = 1, STEPS + 1 do
      assert.equal(10, counts[i])
    end
    assert.equal("", seen("allowed", START + 5 * STEPS * STEP))
  end)

  it("takes a fixed number of entries of one size, 11 KiB", function()
    local huge = setmetatable({}, { __index = function()
      return 2 ^ 53
    end })
    for i = 0, 3 * STEPS do
      own:tick(START + i * STEP, huge)
    end
    local keys, bytes = 0, {}
    for key, value in pairs(dict.entries) do
      assert.is_true(#key + #value + 68 <= 256, key)
      keys = keys + 1
      bytes[#value] = true
    end
    assert.equal(STEPS + 2, keys)
    assert.is_nil(next(bytes, (next(bytes))))
    assert.equal(keys, #dict.kept)
    for _, key in ipairs(dict.kept) do
      assert.is_string(dict.entries[key])
    end
  end)

  it("goes on when its numbers wrap around", function()
    local before = 2 ^ 24 - 3
    own:tick(START, { allowed = before })
    own:tick(START + STEP, { allowed = before + 10 })
    assert.matches(" ?0=10$", seen("allowed", START + STEP))
  end)

  it("counts nothing when totals fall", function()
    own:tick(START, { allowed = 100 })
    own:tick(START + STEP, { allowed = 40 })
    own:tick(START + 2 * STEP, { allowed = 45 })
    assert.equal("2=100 0=5", seen("allowed", START + 2 * STEP))
  end)

  it("is that of all workers", function()
    local other = history.new(dict, START)
    own:tick(START + 1, { allowed = 3 })
    other:tick(START + 2, { allowed = 4 })
    own:tick(START + STEP, { allowed = 6 })
    other:tick(START + 4 * STEP, { allowed = 9 })
    own:tick(START + 4 * STEP, { allowed = 9 })
    for _, reader in ipairs({ own, other }) do
      assert.equal("4=4 3=2 0=3", seen("allowed", START + 4 * STEP, reader))
    end
  end)

  it("survives a reload", function()
    own:tick(START, { allowed = 3 })
    own = history.new(dict, START + STEP)
    own:tick(START + STEP, { allowed = 5 })
    assert.equal("1=3 0=2", seen("allowed", START + STEP))
  end)

  -- The totals may be those of years.
  it("begins with the first sample in a dict that has other entries",
    function()
      dict = new_dict()
      dict.entries.application = true
      own = history.new(dict, START)
      own:tick(START, { allowed = 1000000 })
      assert.equal("", seen("allowed", START))
      own:tick(START + STEP, { allowed = 1000002 })
      assert.equal("0=2", seen("allowed", START + STEP))
    end)

  it("does without samples that are gone, damaged or of another version",
    function()
      for _, damage in ipairs({ false, "short", 7, true, ("x"):rep(1000) }) do
        dict = new_dict()
        own = history.new(dict, START)
        for i = 0, 9 do
          own:tick(START + i * STEP, { allowed = 10 * (i + 1) })
        end
        for _, key in ipairs(dict.kept) do
          local value = dict.entries[key]
          if value and math.random() < 0.5 then
            dict.entries[key] = damage or nil
          end
        end
        local total = 0
        for _, count in ipairs(own:read(START + 9 * STEP).counts.allowed) do
          assert.is_true(count >= 0 and count <= 100)
          total = total + count
        end
        assert.is_true(total <= 100)
      end
    end)
end)
