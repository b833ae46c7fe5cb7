--- What a call costs when few or many are in flight. Each takes a transfer of
--- its own, so the many need memory that no cache of the processor holds.

local figures = require("spec.bench.figures")
local peers = require("spec.bench.peers")

local IN_FLIGHT = { 10, 1000, 10000 }
local CALLS = 50000 -- to make the transfers is part of what they cost


return function(report, plan)
  local api = plan.api()
  report:work({
    title = "processor time of a get_tokens_me, with many in flight, HTTP",
    unit = "us a call", to = ("the same with %d"):format(IN_FLIGHT[1]),
  })
  local sides = {}
  for i, in_flight in ipairs(IN_FLIGHT) do
    sides[i] = function()
      return peers.run("core", {
        base_url = api.url, token = api.token, calls = CALLS,
        concurrency = in_flight,
      }).processor / CALLS * 1e6
    end
  end
  local lists = figures.in_turns(plan.slow_rounds, sides)
  for i, in_flight in ipairs(IN_FLIGHT) do
    report:row({
      name = ("%s, %d in flight"):format(peers.core.name, in_flight),
      values = lists[i],
      ratios = i > 1 and figures.ratios(lists[i], lists[1]),
    })
  end
end
