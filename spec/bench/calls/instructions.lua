--- Instructions of one call, and whose they are.

local callgrind = require("spec.bench.callgrind")
local peers = require("spec.bench.peers")


local function show(report, key, counts, reference)
  report:row({
    name = peers[key].name, values = { counts.total },
    ratios = reference and { counts.total / reference.total },
  })
  for _, part in ipairs(callgrind.parts) do
    if counts[part.name] then
      report:row({ name = "  " .. part.name, values = { counts[part.name] } })
    end
  end
  report:row({ name = "  other", values = { counts.other or 0 } })
end


return function(report, plan)
  if not callgrind.is_installed() then
    report:work({ title = "instructions a call, HTTP" })
    report:skip("instructions", "valgrind is not installed")
    report:goal("instructions", nil, "valgrind is not installed")
    return
  end
  report:work({
    title = "instructions a call, HTTP, by object file",
    to = peers.raw_easy.name,
  })
  local api = plan.api()
  local run = {
    base_url = api.url, token = api.token, calls = plan.counted_calls,
  }
  local raw = callgrind.measure("raw_easy", run)
  show(report, "raw_easy", raw)
  local ours = callgrind.measure("gctokens", run)
  show(report, "gctokens", ours, raw)
  report:goal("instructions", ours.total / raw.total)
end
