--- The tokens of many users, 8 at a time: `delete_tokens_of`.

local compare = require("spec.bench.comparison")


return function(report, plan)
  local api = plan.api()
  local ratio = compare(report, plan, {
    title = plan.revocations .. " users' tokens, 8 at once, HTTP",
    peers = { "raw_multi", "gctokens" }, base_url = api.url,
    token = api.token, calls = plan.revocations, concurrency = 8,
    work = "revoke",
  })
  report:goal("revocation", ratio("gctokens", "raw_multi", "processor"))
end
