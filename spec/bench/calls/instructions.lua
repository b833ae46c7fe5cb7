--- Instructions of one call, and whose they are.
--
-- The loop in C decodes the responses to GET with lua-cjson, too, so the ratio
-- says what this library costs. A HEAD has nothing to decode.

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


local function measure(report, title, run)
  report:work({ title = title, to = peers.raw_easy.name })
  local raw = callgrind.measure("raw_easy", run)
  show(report, "raw_easy", raw)
  local ours = callgrind.measure("gctokens", run)
  show(report, "gctokens", ours, raw)
  return ours.total / raw.total
end


return function(report, plan)
  if not callgrind.is_installed() then
    report:work({ title = "instructions a call, HTTP" })
    report:skip("instructions", "valgrind is not installed")
    report:goal("instructions", nil, "valgrind is not installed")
    report:goal("instructions_head", nil, "valgrind is not installed")
    return
  end
  local api = plan.api()
  local run = {
    base_url = api.url, token = api.token, calls = plan.counted_calls,
  }
  report:goal("instructions", measure(report,
    "instructions a get_tokens_me, HTTP, by object file", run))
  run.work = "head"
  report:goal("instructions_head", measure(report,
    "instructions a head_tokens_me, HTTP, by object file", run))
end
