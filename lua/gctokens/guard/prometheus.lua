--- The guard's metrics: what is counted, by which names, and how it is shown:
-- as Prometheus text (exposition format 0.0.4).

local metrics = {}


local BUCKETS = {
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, math.huge, -- seconds
}

-- name, type, help, and the series: labels, and the name they are counted by.
local COUNTERS = {
  {
    "gctokens_guard_lookups_total", "counter",
    "Tokens looked up, by where the answer came from.",
    { 'from="l1"', "l1" }, { 'from="l2"', "l2" },
    { 'from="negative"', "negative" }, { 'from="error"', "error" },
    { 'from="stale"', "stale" }, { 'from="breaker"', "breaker" },
    { 'from="miss"', "miss" },
  },
  {
    "gctokens_guard_answers_total", "counter",
    "Requests, by what became of them.",
    { 'answer="allowed"', "allowed" }, { 'answer="missing"', "missing" },
    { 'answer="invalid_request"', "invalid_request" },
    { 'answer="invalid_token"', "invalid_token" },
    { 'answer="insufficient_scope"', "insufficient_scope" },
    { 'answer="spoofed"', "spoofed" },
    { 'answer="rate_limited"', "rate_limited" },
    { 'answer="unavailable"', "unavailable" },
    { 'answer="fail_open"', "fail_open" },
  },
  {
    "gctokens_guard_joins_total", "counter",
    "Requests that waited for a call to Genesys already under way.",
    { nil, "joins" },
  },
  {
    "gctokens_guard_lease_waits_total", "counter",
    "Times a worker waited for another worker's call.",
    { nil, "lease_waits" },
  },
  {
    "gctokens_guard_refreshes_total", "counter",
    "Calls begun ahead of a record's end.",
    { nil, "refreshes" },
  },
  {
    "gctokens_guard_overload_total", "counter",
    "Requests refused because max_concurrent_lookups calls were under way.",
    { nil, "overload" },
  },
  {
    "gctokens_guard_no_slot_total", "counter",
    "Lookups given up because all connections were in use.",
    { nil, "no_slot" },
  },
  {
    "gctokens_guard_upstream_calls_total", "counter",
    "Calls to Genesys, by status class or kind of failure.",
    { 'status="2xx"', "call 2xx" }, { 'status="3xx"', "call 3xx" },
    { 'status="401"', "call 401" }, { 'status="429"', "call 429" },
    { 'status="4xx"', "call 4xx" }, { 'status="5xx"', "call 5xx" },
    { 'status="protocol"', "call protocol" },
    { 'status="transport"', "call transport" },
    { 'status="timeout"', "call timeout" }, { 'status="tls"', "call tls" },
    { 'status="proxy"', "call proxy" }, { 'status="queued"', "call queued" },
    { 'status="other"', "call other" },
  },
  {
    "gctokens_guard_evictions_total", "counter",
    "Records that had to make room for others.",
    { nil, "evictions" },
  },
  {
    "gctokens_guard_not_stored_total", "counter",
    "Records for which there was no room.",
    { nil, "not_stored" },
  },
}

local HISTOGRAM = "gctokens_guard_upstream_seconds"


local function bucket_name(i)
  return "bucket " .. i
end


--- What time calls took is added up by this name.
metrics.seconds = "seconds"

--- All names that are counted by.
---@type string[]
metrics.names = { metrics.seconds }

for _, metric in ipairs(COUNTERS) do
  for i = 4, #metric do
    table.insert(metrics.names, metric[i][2])
  end
end
for i = 1, #BUCKETS do
  table.insert(metrics.names, bucket_name(i))
end


--- The name by which a call of that class is counted.
---@param class string of verdict.class
---@return string
function metrics.call(class)
  return "call " .. class
end


--- The name by which a call that took so long is counted, and by no other.
---@param seconds number
---@return string
function metrics.bucket(seconds)
  local i = 1
  while seconds > BUCKETS[i] do
    i = i + 1
  end
  return bucket_name(i)
end


local function add_header(lines, name, kind, help)
  lines[#lines + 1] = ("# HELP %s %s"):format(name, help)
  lines[#lines + 1] = ("# TYPE %s %s"):format(name, kind)
end


local function add_counters(lines, values)
  for _, metric in ipairs(COUNTERS) do
    add_header(lines, metric[1], metric[2], metric[3])
    for i = 4, #metric do
      local labels, name = metric[i][1], metric[i][2]
      lines[#lines + 1] = ("%s%s %d"):format(metric[1],
        labels and "{" .. labels .. "}" or "", values[name])
    end
  end
end


-- Buckets are counted each for itself, and shown with all that are below. The
-- last one, which everything is in, is the number of calls.
local function add_histogram(lines, values)
  add_header(lines, HISTOGRAM, "histogram", "How long calls to Genesys took.")
  local below = 0
  for i, limit in ipairs(BUCKETS) do
    below = below + values[bucket_name(i)]
    lines[#lines + 1] = ('%s_bucket{le="%s"} %d'):format(HISTOGRAM,
      limit == math.huge and "+Inf" or ("%g"):format(limit), below)
  end
  lines[#lines + 1] = ("%s_sum %.3f"):format(
    HISTOGRAM, values[metrics.seconds])
  lines[#lines + 1] = ("%s_count %d"):format(HISTOGRAM, below)
end


--- All of it as text.
---@param values table<string, number> name -> total, of all names
---@param gauges table[] name, help, value
---@return string text
function metrics.text(values, gauges)
  local lines = {}
  add_counters(lines, values)
  add_histogram(lines, values)
  for _, gauge in ipairs(gauges) do
    add_header(lines, gauge[1], "gauge", gauge[2])
    lines[#lines + 1] = ("%s %d"):format(gauge[1], gauge[3])
  end
  return table.concat(lines, "\n") .. "\n"
end


return metrics
