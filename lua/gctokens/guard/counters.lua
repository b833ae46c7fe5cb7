--- The guard's metrics: counted in the worker, added up in shared memory about
-- once a second, and shown as Prometheus text (exposition format 0.0.4).

local ngx = ngx


local INTERVAL = 1 -- second, from the first count to the flush
local LOST = 5 -- seconds after which a flush was dropped by nginx

local BUCKETS = {
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, -- seconds
}


-- name, type, help, and the series: labels, and the name they are counted by.
local METRICS = {
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
    { 'answer="malformed"', "malformed" }, { 'answer="dead"', "dead" },
    { 'answer="forbidden"', "forbidden" }, { 'answer="limited"', "limited" },
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
    "Requests refused because max_flights calls were under way.",
    { nil, "overload" },
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


---@class gctokens.guard.Counters
local Counters = {}

local counters_metatable = { __index = Counters }


local counters = {}


function counters.new(dict)
  return setmetatable({
    dict = dict,
    pending = {}, -- name -> count that shared memory does not have yet
    flush_due = -math.huge,
  }, counters_metatable)
end


-- What does not fit is added the next time.
local function flush(self)
  for name, count in pairs(self.pending) do
    if self.dict:incr("c" .. name, count, 0) then
      self.pending[name] = nil
    end
  end
end


local function flush_in_timer(_, self)
  self.flush_due = -math.huge
  flush(self)
end


---@param name string
---@param now number
function Counters:add(name, now)
  local pending = self.pending
  pending[name] = (pending[name] or 0) + 1
  if now > self.flush_due then
    self.flush_due = now + LOST
    if not ngx.timer.at(INTERVAL, flush_in_timer, self) then
      flush_in_timer(true, self) -- as in a worker that is about to end
    end
  end
end


local function add_number(self, name, number)
  self.pending[name] = (self.pending[name] or 0) + number
end


--- A call to Genesys that took so many seconds.
function Counters:add_call(class, seconds, now)
  self:add("call " .. class, now)
  add_number(self, "seconds", seconds)
  for i = 1, #BUCKETS do
    if seconds <= BUCKETS[i] then
      add_number(self, "bucket " .. i, 1)
      return
    end
  end
end


local function value_of(self, name)
  return self.dict:get("c" .. name) or 0
end


local function add_header(lines, name, kind, help)
  lines[#lines + 1] = ("# HELP %s %s"):format(name, help)
  lines[#lines + 1] = ("# TYPE %s %s"):format(name, kind)
end


local function add_counters(self, lines)
  for _, metric in ipairs(METRICS) do
    add_header(lines, metric[1], metric[2], metric[3])
    for i = 4, #metric do
      local labels, name = metric[i][1], metric[i][2]
      lines[#lines + 1] = ("%s%s %d"):format(metric[1],
        labels and "{" .. labels .. "}" or "", value_of(self, name))
    end
  end
end


local function total_calls(self)
  local total = 0
  for _, metric in ipairs(METRICS) do
    for i = 4, #metric do
      if metric[i][2]:sub(1, 5) == "call " then
        total = total + value_of(self, metric[i][2])
      end
    end
  end
  return total
end


local function add_histogram(self, lines)
  add_header(lines, HISTOGRAM, "histogram", "How long calls to Genesys took.")
  local below = 0
  for i, limit in ipairs(BUCKETS) do
    below = below + value_of(self, "bucket " .. i)
    lines[#lines + 1] = ('%s_bucket{le="%g"} %d'):format(
      HISTOGRAM, limit, below)
  end
  local total = total_calls(self)
  lines[#lines + 1] = ('%s_bucket{le="+Inf"} %d'):format(HISTOGRAM, total)
  lines[#lines + 1] = ("%s_sum %.3f"):format(
    HISTOGRAM, value_of(self, "seconds"))
  lines[#lines + 1] = ("%s_count %d"):format(HISTOGRAM, total)
end


--- All metrics. What other workers have counted within the last second is not
--- in it yet.
---@param gauges table[] name, help, value
---@return string text
function Counters:render(gauges)
  flush(self)
  local lines = {}
  add_counters(self, lines)
  add_histogram(self, lines)
  for _, gauge in ipairs(gauges) do
    add_header(lines, gauge[1], "gauge", gauge[2])
    lines[#lines + 1] = ("%s %d"):format(gauge[1], gauge[3])
  end
  return table.concat(lines, "\n") .. "\n"
end


return counters
