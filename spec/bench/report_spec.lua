--- The figures of the benchmarks, and the committed results.

local callgrind = require("spec.bench.callgrind")
local chart = require("spec.bench.chart")
local figures = require("spec.bench.figures")
local goals = require("spec.bench.goals")
local json = require("gctokens.cli.json")
local markdown = require("spec.bench.markdown")
local report = require("spec.bench.report")
local system = require("spec.support.system")


describe("figures", function()
  it("have a median, of an even number between the middle two", function()
    assert.equal(2, figures.median({ 3, 1, 2 }))
    assert.equal(2.5, figures.median({ 4, 1, 3, 2 }))
    assert.same({ median = 2, least = 1, most = 9, low = 1, high = 9 },
      figures.summary({ 9, 1, 2 }))
  end)

  it("have a middle half, between its quarters", function()
    local summary = figures.summary({ 1, 2, 3, 4, 5, 6, 7, 80 })
    assert.equal(3, summary.low)
    assert.equal(6, summary.high)
  end)

  it("are compared pair by pair", function()
    assert.same({ 2, 0.5 }, figures.ratios({ 2, 5, 7 }, { 1, 10 }))
  end)

  it("are taken in turns, every second round backwards", function()
    local order = {}
    local function side(name)
      return function(round)
        order[#order + 1] = name
        return name ~= "b" and name .. round or nil
      end
    end
    assert.same({ { "a1", "a2", "a3" }, {} },
      figures.in_turns(3, { side("a"), side("b") }))
    assert.equal("abbaab", table.concat(order))
  end)
end)


describe("callgrind's counts", function()
  it("go to the object file, those of called functions only once", function()
    assert.same({ ["gctokens' C"] = 7, Lua = 40, other = 2 },
      callgrind.parse(table.concat({
        "summary: 100", "ob=(1) /x/gctokens/core.so", "fn=(1) a", "10 5",
        "cob=(2) /usr/lib/liblua5.4.so.0.0.0", "cfn=(2)", "calls=3 7",
        "+2 40", "* 2", "ob=(2)", "fn=(2) b", "-3 40", "ob=(3) /bin/x",
        "0 2",
      }, "\n")))
  end)
end)


describe("a goal", function()
  local function verdict(key, figure, why)
    local found = report.new()
    found:goal(key, figure, why)
    return select(3, report.verdict(found:checked_goals()[1]))
  end

  local function around(median)
    return { median = median, low = median - 0.1, high = median + 0.1 }
  end

  it("is met, or met within noise, or missed", function()
    assert.equal("met", verdict("at_once", 1.15))
    assert.equal("MISSED", verdict("at_once", 1.16))
    assert.equal("met", verdict("at_once", around(1.1)))
    assert.equal("met within noise", verdict("at_once", around(1.2)))
    assert.equal("MISSED", verdict("at_once", around(1.3)))
    assert.equal("met within noise", verdict("javascript", around(4.95)))
    assert.equal("MISSED", verdict("javascript", around(4.8)))
    assert.equal("not measured: no", verdict("at_once", nil, "no"))
  end)
end)


describe("the committed results #once", function()
  local results = json.object(assert(system.read("spec/bench/results.json")))

  it("tell when and on what they were measured", function()
    assert.matches("^%d%d%d%d%-%d%d%-%d%d$", results.date)
    local facts = {}
    for _, fact in ipairs(results.machine) do
      facts[fact.name] = fact.value
    end
    for _, name in ipairs({ "processor", "kernel", "libcurl", "Lua" }) do
      assert.is_string(facts[name], name)
    end
    assert.is_false(results.quick)
  end)

  it("check every goal, by its present mark", function()
    assert.equal(#goals, #results.goals)
    for i, goal in ipairs(goals) do
      local checked = results.goals[i]
      assert.equal(goal.key, checked.key)
      assert.equal(goal.at_most, checked.at_most)
      assert.equal(goal.at_least, checked.at_least)
      assert.equal(checked.met, goal.at_most and checked.value <= goal.at_most
        or goal.at_least and checked.value >= goal.at_least or false)
    end
  end)

  it("are those that the README shows", function()
    local readme = assert(system.read("spec/bench/README.md"))
    assert.truthy(readme:find(markdown.goals(results), 1, true))
    assert.truthy(readme:find("](results.svg)", 1, true))
    assert.equal(chart.draw(results), system.read("spec/bench/results.svg"))
  end)
end)
