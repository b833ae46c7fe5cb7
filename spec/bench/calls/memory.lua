--- The peak of resident memory after many calls.

local figures = require("spec.bench.figures")
local peers = require("spec.bench.peers")

local PEERS = { "raw_easy", "gctokens", "core" }


local function peak(key, api, calls)
  return peers.run(key, {
    base_url = api.url, token = api.token, calls = calls,
  }).peak
end


return function(report, plan)
  local api = plan.api()
  report:work({
    title = ("peak memory after %d calls"):format(plan.many_calls),
    unit = "KiB", to = peers.raw_easy.name,
  })
  local peaks = {}
  for _, key in ipairs(PEERS) do
    local early = peak(key, api, plan.many_calls / 10)
    peaks[key] = { peak(key, api, plan.many_calls) }
    report:row({
      name = peers[key].name, values = peaks[key],
      ratios = key ~= "raw_easy"
        and figures.ratios(peaks[key], peaks.raw_easy),
      note = ("%.0f after a tenth of them"):format(early),
    })
  end
  report:goal("memory", peaks.gctokens[1] / peaks.raw_easy[1])
end
