--- 32 calls at once: over as many connections with HTTP/1.1, over one with
--- HTTP/2.

local compare = require("spec.bench.comparison")

local CONCURRENCY = 32
local PEERS = { "raw_multi", "core", "gctokens", "lua_http", "javascript" }


-- What has no row, with the reason.
local function skip_those_that_cannot(report)
  report:skip("LuaSocket and LuaSec", "their requests block")
  report:skip("lua-curl", "it has no multi handle")
end


return function(report, plan)
  local api = plan.api()
  local ratio = compare(report, plan, {
    title = CONCURRENCY .. " get_tokens_me at once, HTTP/1.1", peers = PEERS,
    base_url = api.url, token = api.token, calls = plan.calls,
    concurrency = CONCURRENCY,
  })
  skip_those_that_cannot(report)
  report:goal("at_once", ratio("core", "raw_multi"))
  report:goal("javascript_at_once", ratio("javascript", "core"))
  ratio = compare(report, plan, {
    title = CONCURRENCY .. " get_tokens_me at once, HTTPS with HTTP/2",
    peers = PEERS, base_url = api.tls_url, ca_file = api.ca_file,
    token = api.token, calls = plan.calls, concurrency = CONCURRENCY,
    notes = { javascript = "HTTP/1.1" },
  })
  skip_those_that_cannot(report)
  report:goal("at_once_tls", ratio("core", "raw_multi"))
end
