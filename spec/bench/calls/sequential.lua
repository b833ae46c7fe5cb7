--- One call after another, over connections that are kept where a peer can.

local compare = require("spec.bench.comparison")

local PEERS = {
  "raw_easy", "gctokens", "core", "lua_curl", "lua_http", "luasocket",
  "javascript",
}


return function(report, plan)
  local api = plan.api()
  local ratio = compare(report, plan, {
    title = "one get_tokens_me after another, HTTP", peers = PEERS,
    base_url = api.url, token = api.token, calls = plan.calls,
    notes = { luasocket = "a new connection each" },
  })
  report:goal("sequential", ratio("gctokens", "raw_easy"))
  report:goal("javascript", ratio("javascript", "gctokens"))
  ratio = compare(report, plan, {
    title = "one get_tokens_me after another, HTTPS", peers = PEERS,
    base_url = api.tls_url, ca_file = api.ca_file, token = api.token,
    calls = plan.calls, notes = {
      -- The server's last packet waits for a delayed ACK.
      luasocket = "a new connection each, HTTP/1.1, 40 ms of a delayed ACK",
      javascript = "HTTP/1.1",
    },
  })
  report:goal("sequential_tls", ratio("gctokens", "raw_easy"))
end
