--- Measures this library and its alternatives, and judges the goals.
--
--   make bench               about ten minutes
--   make bench QUICK=1       under a minute: fewer rounds and calls
--   make bench ONLY=hits     one part; ONLY=calls, ONLY=guard: one group
--
-- Machines are noisy, so the sides take turns, and what counts is the median of
-- the ratios of neighbours. Writes results.json, results.svg and results.md to
-- build/bench.

local chart = require("spec.bench.chart")
local json = require("gctokens.cli.json")
local machine = require("spec.bench.machine")
local markdown = require("spec.bench.markdown")
local processors = require("spec.bench.processors")
local report = require("spec.bench.report").new()
local system = require("spec.support.system")

local QUICK = os.getenv("QUICK") == "1"
local ONLY = os.getenv("ONLY") or ""
local OUTPUT = "build/bench/results"

local PARTS = {
  { group = "calls", name = "sequential" },
  { group = "calls", name = "at_once" },
  { group = "calls", name = "scale" },
  { group = "calls", name = "revocation" },
  { group = "calls", name = "cold_start" },
  { group = "calls", name = "memory" },
  { group = "calls", name = "instructions" },
  { group = "guard", name = "hits" },
  { group = "guard", name = "uncached" },
  { group = "guard", name = "stampede" },
  { group = "guard", name = "hanging" },
  { group = "guard", name = "stall" },
}

local PLAN = {
  rounds = QUICK and 3 or 9,
  slow_rounds = QUICK and 1 or 3, -- of peers that have a share only
  calls = QUICK and 300 or 10000,
  revocations = QUICK and 2000 or 20000,
  many_calls = QUICK and 2000 or 100000,
  counted_calls = QUICK and 30 or 200,
  guard_rounds = QUICK and 2 or 9,
  tokens = QUICK and { 1, 50000 } or { 1, 1000, 50000, 1000000 },
  loads = QUICK and { 256 } or { 256, 64, 1 }, -- connections at once
  seconds = 1, -- of load, a round and side
}


-- The server of all calls: it answers the same to everything, at once.
local emulator

function PLAN.api()
  if not emulator then
    emulator = processors.start_server(require("spec.support.emulator").start)
  end
  return {
    url = emulator.http_url .. "/_static",
    tls_url = emulator.https_url .. "/_static",
    ca_file = emulator.ca_file,
    token = emulator.tokens.admin,
  }
end


local function run(part)
  require("spec.bench." .. part.group .. "." .. part.name)(report, PLAN)
end


local facts = machine.describe()
for _, fact in ipairs(facts) do
  print(("%-12s %s"):format(fact.name, fact.value))
end
for _, part in ipairs(PARTS) do
  if ONLY == "" or ONLY == part.name or ONLY == part.group then
    run(part)
  end
end
if emulator then
  emulator:stop()
end
report:finish()

local results = {
  date = os.date("!%Y-%m-%d"), machine = facts, quick = QUICK,
  works = report.works, goals = report:checked_goals(),
}
system.write(OUTPUT .. ".json", json.encode(results, true) .. "\n")
system.write(OUTPUT .. ".svg", chart.draw(results))
system.write(OUTPUT .. ".md", markdown.write(results))
print(("\nwritten: %s.json, .svg and .md"):format(OUTPUT))
