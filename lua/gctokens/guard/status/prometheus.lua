--- The names of the guard's metrics, and their text: Prometheus' exposition
-- format 0.0.4.

local prometheus = {}


local BUCKETS = {
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, math.huge, -- seconds
}

-- name, help, and the series: label, and the name it is counted by.
local COUNTERS = {
  {
    "gctokens_guard_lookups_total",
    "Tokens looked up, by where the verdict came from.",
    { 'from="l1"', "l1" }, { 'from="l2"', "l2" },
    { 'from="negative"', "negative" }, { 'from="error"', "error" },
    { 'from="stale"', "stale" }, { 'from="breaker"', "breaker" },
    { 'from="fleet"', "fleet" }, { 'from="miss"', "miss" },
  },
  {
    "gctokens_guard_requests_total",
    "Requests, by their outcome.",
    { 'outcome="allowed"', "allowed" }, { 'outcome="missing"', "missing" },
    { 'outcome="invalid_request"', "invalid_request" },
    { 'outcome="invalid_token"', "invalid_token" },
    { 'outcome="insufficient_scope"', "insufficient_scope" },
    { 'outcome="spoofed"', "spoofed" },
    { 'outcome="rate_limited"', "rate_limited" },
    { 'outcome="unavailable"', "unavailable" },
    { 'outcome="fail_open"', "fail_open" },
  },
  {
    "gctokens_guard_joins_total",
    "Requests that waited for a call to Genesys already under way.",
    { nil, "joins" },
  },
  {
    "gctokens_guard_lease_waits_total",
    "Times a worker waited for another worker's call.",
    { nil, "lease_waits" },
  },
  {
    "gctokens_guard_refreshes_total",
    "Calls made ahead of a record's end.",
    { nil, "refreshes" },
  },
  {
    "gctokens_guard_overload_total",
    "Requests refused because max_concurrent_lookups calls were under way.",
    { nil, "overload" },
  },
  {
    "gctokens_guard_no_connection_total",
    "Lookups given up because all connections were in use.",
    { nil, "no_connection" },
  },
  {
    "gctokens_guard_api_calls_total",
    "Calls to Genesys, by status or kind of error.",
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
    "gctokens_guard_fleet_looks_total",
    "Questions to the fleet before Genesys is asked, by its answer.",
    { 'answer="record"', "look record" }, { 'answer="lead"', "look lead" },
    { 'answer="wait"', "look wait" }, { 'answer="limited"', "look limited" },
    { 'answer="reset"', "look reset" }, { 'answer="failed"', "look failed" },
  },
  {
    "gctokens_guard_fleet_waits_total",
    "Times this machine waited for another machine's call.",
    { nil, "fleet_waits" },
  },
  {
    "gctokens_guard_fleet_marks_total",
    "Marks of what to forget, by what was done with them.",
    { 'direction="sent"', "marks sent" },
    { 'direction="received"', "marks received" },
    { 'direction="kept"', "marks kept" },
  },
  {
    "gctokens_guard_evictions_total",
    "Writes to the shared dict that evicted entries.",
    { nil, "evictions" },
  },
  {
    "gctokens_guard_not_stored_total",
    "Entries for which the shared dict had no memory.",
    { nil, "not_stored" },
  },
}

local HISTOGRAM = "gctokens_guard_api_call_seconds"

-- name, help, and the name of the value. One without a value is left out.
local GAUGES = {
  { "gctokens_guard_breaker_open",
    "Whether the circuit breaker is open: 1 or 0.", "breaker_open" },
  { "gctokens_guard_dict_capacity_bytes",
    "Size of the shared dict.", "dict_capacity" },
  { "gctokens_guard_dict_free_bytes",
    "Size of the free pages of the shared dict.", "dict_free" },
  { "gctokens_guard_fleet_reachable",
    "Whether the fleet's Redis can be reached: 1 or 0.", "fleet_reachable" },
  { "gctokens_guard_fleet_machines",
    "Machines of the fleet that were seen within 15 seconds.",
    "fleet_machines" },
  { "gctokens_guard_fleet_poll_age_seconds",
    "Time since the fleet's marks were last received; -1: never.",
    "fleet_poll_age" },
}


local function bucket_name(i)
  return "bucket " .. i
end


--- The name of the total time that calls took.
prometheus.seconds = "seconds"

--- All names that are counted by.
---@type string[]
prometheus.names = { prometheus.seconds }

for _, metric in ipairs(COUNTERS) do
  for i = 3, #metric do
    table.insert(prometheus.names, metric[i][2])
  end
end
for i = 1, #BUCKETS do
  table.insert(prometheus.names, bucket_name(i))
end

local is_name = {}
for _, name in ipairs(prometheus.names) do
  is_name[name] = true
end


-- The values of the label of a metric, in the order of its series.
local function label_values(name)
  local values = {}
  for _, metric in ipairs(COUNTERS) do
    for i = 3, metric[1] == name and #metric or 0 do
      table.insert(values, metric[i][1]:match('"(.*)"'))
    end
  end
  return values
end


--- Where verdicts come from, how requests end, how calls to Genesys end. The
--- first two are also the names that they are counted by; for the last one
--- there is `prometheus.call`.
---@type string[]
prometheus.layers = label_values("gctokens_guard_lookups_total")
---@type string[]
prometheus.outcomes = label_values("gctokens_guard_requests_total")
---@type string[]
prometheus.classes = label_values("gctokens_guard_api_calls_total")

--- The longest times, in seconds, of the buckets that calls are counted in. The
--- last one is infinite. Their names are those of `prometheus.bucket`.
---@type number[]
prometheus.buckets = BUCKETS


--- The name by which a call of that class is counted.
---@param class string
---@return string
function prometheus.call(class)
  return "call " .. class
end


--- The class of a call: the response's status where that has a series of its
--- own, else its hundreds; without a response, the kind of the error.
---@param err gctokens.Error? nil: it went well
---@return string
function prometheus.class(err)
  if not err then
    return "2xx"
  end
  local class = err.kind
  if class == "api" then
    class = tostring(err.status)
    if not is_name[prometheus.call(class)] then
      class = math.floor(err.status / 100) .. "xx"
    end
  end
  return is_name[prometheus.call(class)] and class or "other"
end


--- The name by which a call that took so long is counted, and by no other.
---@param seconds number
---@return string
function prometheus.bucket(seconds)
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
    add_header(lines, metric[1], "counter", metric[2])
    for i = 3, #metric do
      local labels, name = metric[i][1], metric[i][2]
      lines[#lines + 1] = ("%s%s %d"):format(metric[1],
        labels and "{" .. labels .. "}" or "", values[name])
    end
  end
end


-- Each call is counted in one bucket. Prometheus wants each bucket to include
-- all below it, so that the last one is the number of calls.
local function add_histogram(lines, values)
  add_header(lines, HISTOGRAM, "histogram", "How long calls to Genesys took.")
  local below = 0
  for i, limit in ipairs(BUCKETS) do
    below = below + values[bucket_name(i)]
    lines[#lines + 1] = ('%s_bucket{le="%s"} %d'):format(HISTOGRAM,
      limit == math.huge and "+Inf" or ("%g"):format(limit), below)
  end
  lines[#lines + 1] = ("%s_sum %.3f"):format(
    HISTOGRAM, values[prometheus.seconds])
  lines[#lines + 1] = ("%s_count %d"):format(HISTOGRAM, below)
end


local function add_gauges(lines, values)
  for _, gauge in ipairs(GAUGES) do
    local value = values[gauge[3]]
    if value then
      add_header(lines, gauge[1], "gauge", gauge[2])
      lines[#lines + 1] = ("%s %.14g"):format(gauge[1], value)
    end
  end
end


--- All metrics as text.
---@param values table<string, number> name -> total, of `prometheus.names`;
---  breaker_open, dict_capacity, dict_free
---@return string text
function prometheus.text(values)
  local lines = {}
  add_counters(lines, values)
  add_histogram(lines, values)
  add_gauges(lines, values)
  return table.concat(lines, "\n") .. "\n"
end


return prometheus
