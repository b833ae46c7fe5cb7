--- A cron job: from the start of a program to its end, with one call.

local compare = require("spec.bench.comparison")

local TIMES = 5 -- as many rounds as elsewhere: these are short


return function(report, plan)
  local api = plan.api()
  local ratio = compare(report, plan, {
    title = "a process that makes one call, HTTP", field = "wall",
    peers = {
      "curl", "gctokens", "raw_easy", "luasocket", "lua_http", "lua_curl",
      "javascript",
    },
    base_url = api.url, token = api.token, calls = 1,
    rounds = plan.rounds * TIMES,
  })
  report:goal("cold_start", ratio("gctokens", "curl"))
end
