-- What guard:status() tells, by what was counted: gctokens.guard.status.

local cjson = require("cjson")
local history = require("gctokens.guard.status.history")
local prometheus = require("gctokens.guard.status.prometheus")
local status = require("gctokens.guard.status.facts")


-- A history in which nothing was counted but what `counts` says: name -> list
-- of counts, the last one of the current step.
local function history_of(counts)
  local all = { evictions = {}, not_stored = {} }
  for _, names in ipairs({ prometheus.outcomes, prometheus.layers }) do
    for _, name in ipairs(names) do
      all[name] = {}
    end
  end
  for _, class in ipairs(prometheus.classes) do
    all[prometheus.call(class)] = {}
  end
  for _, seconds in ipairs(prometheus.buckets) do
    all[prometheus.bucket(seconds)] = {}
  end
  for name, list in pairs(all) do
    local given = counts[name] or {}
    local offset = history.steps + 1 - #given
    for i = 1, history.steps + 1 do
      list[i] = given[i - offset] or 0
    end
  end
  return { counts = all, current = 0 }
end


local function facts_of(counts, changes)
  local input = {
    version = "1.2.3", api = "https://api.example", workers = 2,
    now = 5000, time = 1764446400.5, step = 15, history = history_of(counts),
    usage = {
      capacity_bytes = 1000, free_bytes = 250, tokens = 7, is_estimate = false,
    },
    refusals = {},
  }
  for name, value in pairs(changes or {}) do
    input[name] = value
  end
  return status.facts(input)
end


local function entry(list, name)
  for _, candidate in ipairs(list) do
    if candidate.name == name then
      return candidate
    end
  end
  error("no " .. name)
end


describe("the quantile of the times of calls", function()
  local function counts_of(by_seconds)
    local counts = {}
    for i, seconds in ipairs(prometheus.buckets) do
      counts[i] = by_seconds[seconds] or 0
    end
    return counts
  end

  it("is none without calls", function()
    assert.is_nil(status.quantile(counts_of({}), 0.5))
  end)

  it("is within its bucket, as far as its share reaches", function()
    assert.equal(0.075, status.quantile(counts_of({ [0.1] = 10 }), 0.5))
    assert.equal(0.005,
      status.quantile(counts_of({ [0.005] = 4, [0.01] = 4 }), 0.5))
    local mixed = counts_of({ [0.05] = 90, [0.5] = 10 })
    assert.equal(0.375, status.quantile(mixed, 0.95))
    assert.equal(0.05, status.quantile(mixed, 0.9))
    assert.equal(0.5, status.quantile(mixed, 1))
  end)

  it("is the longest known time where calls took longer", function()
    assert.equal(2.5, status.quantile(counts_of({ [math.huge] = 3 }), 0.5))
  end)
end)


describe("the facts", function()
  it("say who tells them, and when", function()
    local facts = facts_of({})
    assert.equal("1.2.3", facts.version)
    assert.equal("https://api.example", facts.api)
    assert.equal(2, facts.workers)
    assert.equal("2025-11-29T20:00:00Z", facts.time)
    assert.same({ seconds = 600, step = 15 }, facts.window)
  end)

  it("are numbers also where there was nothing", function()
    local facts = facts_of({})
    assert.equal(0, facts.requests.total)
    assert.equal(0, facts.requests.per_second)
    assert.equal(0, entry(facts.requests.outcomes, "allowed").share)
    assert.is_nil(facts.lookups.hit_ratio)
    assert.is_nil(facts.calls.seconds.p95)
    assert.equal("ok", facts.state)
    for _, value in ipairs(facts.calls.seconds.p95_by_step) do
      assert.equal(cjson.null, value)
    end
  end)

  it("have all outcomes, in the order of the metrics", function()
    local names = {}
    for i, outcome in ipairs(facts_of({}).requests.outcomes) do
      names[i] = outcome.name
    end
    assert.same(prometheus.outcomes, names)
  end)

  it("count all steps, and draw those that are over", function()
    local facts = facts_of({ allowed = { 30, 15, 8 }, missing = { 7 } })
    local allowed = entry(facts.requests.outcomes, "allowed")
    assert.equal(60, facts.requests.total)
    assert.equal(53, allowed.count)
    assert.equal(history.steps, #allowed.per_second)
    assert.equal(1, allowed.per_second[history.steps])
    assert.equal(2, allowed.per_second[history.steps - 1])
    assert.near(53 / 60, allowed.share, 1e-5)
  end)

  it("draw the current step when it has lasted for a while", function()
    local counts = history_of({ allowed = { 30, 15, 8 } })
    counts.current = 4.9
    local lines = facts_of({}, { history = counts }).requests.outcomes
    assert.equal(1, entry(lines, "allowed").per_second[history.steps])
    counts.current = 8
    lines = facts_of({}, { history = counts }).requests.outcomes
    assert.equal(1, entry(lines, "allowed").per_second[history.steps])
    assert.equal(1, entry(lines, "allowed").per_second[history.steps - 1])
    assert.equal(2, entry(lines, "allowed").per_second[history.steps - 2])
    assert.equal(history.steps, #entry(lines, "allowed").per_second)
  end)

  it("tell the requests a second of the last minute", function()
    local counts = history_of({ allowed = { 1000, 30, 30, 30, 30, 10 } })
    counts.current = 5
    assert.equal(2,
      facts_of({}, { history = counts }).requests.per_second)
  end)

  it("call something what is little of very much", function()
    local facts = facts_of({ allowed = { 1e9 }, missing = { 1 } })
    assert.is_true(entry(facts.requests.outcomes, "missing").share > 0)
  end)

  it("tell what was known when it was asked for", function()
    local facts = facts_of({
      l1 = { 50 }, l2 = { 20 }, negative = { 5 }, stale = { 5 }, miss = { 20 },
    })
    assert.equal(0.75, facts.lookups.hit_ratio)
    assert.equal(0.2, entry(facts.lookups.layers, "miss").share)
  end)

  it("tell how calls ended and how long they took", function()
    local facts = facts_of({
      ["call 2xx"] = { 9, 0 }, ["call timeout"] = { 1, 0 },
      [prometheus.bucket(0.1)] = { 10, 0 },
    })
    assert.equal(10, facts.calls.total)
    assert.equal(1, entry(facts.calls.classes, "timeout").count)
    assert.equal(0.075, facts.calls.seconds.p50)
    local by_step = facts.calls.seconds.p95_by_step
    assert.equal(0.098, by_step[history.steps])
    assert.equal(cjson.null, by_step[history.steps - 1])
  end)

  it("tell of trouble for a minute", function()
    for _, name in ipairs({ "unavailable", "rate_limited", "fail_open" }) do
      assert.equal("degraded", facts_of({ [name] = { 1 } }).state)
      assert.equal("degraded", facts_of({ [name] = { 1, 0, 0, 0, 0 } }).state)
      assert.equal("ok", facts_of({ [name] = { 1, 0, 0, 0, 0, 0 } }).state)
    end
    assert.equal("ok", facts_of({ invalid_token = { 100 } }).state)
  end)

  it("tell whether the breaker is open", function()
    assert.same({ open = false }, facts_of({}).breaker)
    local facts = facts_of({}, { breaker_wait = 2.0004 })
    assert.same({ open = true, retry_after = 2 }, facts.breaker)
    assert.equal("breaker_open", facts.state)
  end)

  it("tell how full the dict is", function()
    local facts = facts_of({ evictions = { 2, 3 }, not_stored = { 1 } })
    assert.same({
      capacity_bytes = 1000, free_bytes = 250, tokens = 7,
      tokens_are_estimated = false, evictions = 5, not_stored = 1,
    }, facts.dict)
  end)

  it("tell when refusals were, by the clock on the wall", function()
    local facts = facts_of({}, { refusals = {
      { time = 4990, reason = "invalid_token", token = "0a1b2c3d" },
      { time = 5001, reason = "missing" },
    } })
    assert.same({
      { time = "2025-11-29T19:59:50Z", age = 10, reason = "invalid_token",
        token = "0a1b2c3d" },
      { time = "2025-11-29T20:00:00Z", age = 0, reason = "missing" },
    }, facts.refusals)
  end)

  it("tell of the fleet, where there is one", function()
    assert.is_nil(facts_of({}).fleet)
    local function fleet_of(reachable, age)
      return facts_of({}, { fleet = {
        fleet_reachable = reachable, fleet_machines = 3, fleet_poll_age = age,
      } }).fleet
    end
    assert.same({ reachable = true, machines = 3, poll_age = 0.25 },
      fleet_of(1, 0.25))
    assert.same({ reachable = false, machines = 3 }, fleet_of(0, -1))
  end)
end)
