--- What guard:status() tells, as one table. The page shows what is in it, and
-- ?format=json is it. It holds no token and no identity.

local cjson = require("cjson")
local prometheus = require("gctokens.guard.status.prometheus")


local RECENT_STEPS = 4 -- that are "now", with the current one

-- Share of a step after which the current one is drawn: before, it says little
-- of the rate.
local TELLING_SHARE = 1 / 3

-- Verdicts that were known when they were asked for.
local HITS = { l1 = true, l2 = true, negative = true }

-- Of a request that found Genesys, or the way to it, wanting.
local TROUBLE = { "unavailable", "rate_limited", "fail_open" }


local status = {}


-- ---- counts ----------------------------------------------------------------

local function sum(counts, first)
  local total = 0
  for i = first or 1, #counts do
    total = total + counts[i]
  end
  return total
end


local function rounded(number)
  return math.floor(number * 1000 + 0.5) / 1000
end


-- To a millionth, so that few of many are not none.
local function share(part, whole)
  return whole > 0 and math.ceil(part / whole * 1e6) / 1e6 or 0
end


-- The steps that are drawn: numbers, the oldest first, as many whether the
-- current one is among them or not. And how long each has lasted.
local function drawn_steps(history, step)
  local current = #history.counts.allowed
  local offset = history.current >= step * TELLING_SHARE and 1 or 0
  local steps, seconds = {}, {}
  for i = 1, current - 1 do
    steps[i] = i + offset
    seconds[i] = steps[i] == current and history.current or step
  end
  return { steps = steps, seconds = seconds }
end


local function rates(counts, drawn)
  local list = {}
  for i, step in ipairs(drawn.steps) do
    list[i] = rounded(counts[step] / drawn.seconds[i])
  end
  return list
end


local function recent(counts)
  return sum(counts, #counts - RECENT_STEPS)
end


-- The counts of several names, step by step.
local function added(all, names)
  local totals = {}
  for _, name in ipairs(names) do
    for i, count in ipairs(all[name]) do
      totals[i] = (totals[i] or 0) + count
    end
  end
  return totals
end


-- One entry for each label, and the sum of all.
local function series(all, labels, drawn, name_of)
  local list, total = {}, 0
  for i, label in ipairs(labels) do
    local counts = all[name_of and name_of(label) or label]
    list[i] = {
      name = label, count = sum(counts), per_second = rates(counts, drawn),
    }
    total = total + list[i].count
  end
  for _, entry in ipairs(list) do
    entry.share = share(entry.count, total)
  end
  return list, total
end


-- ---- how long calls took ---------------------------------------------------

--- The time that a share of the calls did not exceed, as Prometheus'
--- histogram_quantile() estimates it: within a bucket, times are taken to be
--- spread evenly. Of the last bucket only its lower end is known.
---@param counts integer[] by bucket
---@param part number 0 to 1
---@return number? seconds nil: there are no calls
function status.quantile(counts, part)
  local wanted = sum(counts) * part
  if sum(counts) == 0 then
    return nil
  end
  local lower, below = 0, 0
  for i, upper in ipairs(prometheus.buckets) do
    if below + counts[i] >= wanted then
      if upper == math.huge then
        return lower
      end
      return rounded(
        lower + (upper - lower) * (wanted - below) / counts[i])
    end
    lower, below = upper, below + counts[i]
  end
end


-- The counts of all buckets, of one step or of all.
local function buckets_of(all, step)
  local counts = {}
  for i, seconds in ipairs(prometheus.buckets) do
    local of_bucket = all[prometheus.bucket(seconds)]
    counts[i] = step and of_bucket[step] or sum(of_bucket)
  end
  return counts
end


local function latency(all, drawn)
  local p95 = {}
  for i, step in ipairs(drawn.steps) do
    p95[i] = status.quantile(buckets_of(all, step), 0.95) or cjson.null
  end
  local counts = buckets_of(all)
  return {
    p50 = status.quantile(counts, 0.5), p95 = status.quantile(counts, 0.95),
    p95_by_step = p95,
  }
end


-- ---- all of it -------------------------------------------------------------

local function requests(all, drawn, recent_seconds)
  local outcomes, total = series(all, prometheus.outcomes, drawn)
  return {
    total = total, outcomes = outcomes,
    per_second =
      rounded(recent(added(all, prometheus.outcomes)) / recent_seconds),
  }
end


local function lookups(all, drawn)
  local layers, total = series(all, prometheus.layers, drawn)
  local hits = 0
  for _, layer in ipairs(layers) do
    if HITS[layer.name] then
      hits = hits + layer.count
    end
  end
  return {
    total = total, layers = layers,
    hit_ratio = total > 0 and share(hits, total) or nil,
  }
end


local function calls(all, drawn)
  local classes, total =
    series(all, prometheus.classes, drawn, prometheus.call)
  return { total = total, classes = classes, seconds = latency(all, drawn) }
end


local function iso8601(time)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(time))
end


local function refusals(list, now, time)
  local entries = {}
  for i, refusal in ipairs(list) do
    local age = math.max(0, now - refusal.time)
    entries[i] = {
      time = iso8601(time - age), age = rounded(age),
      reason = refusal.reason, token = refusal.token,
    }
  end
  return entries
end


local function fleet_facts(gauges)
  local age = gauges.fleet_poll_age
  return {
    reachable = gauges.fleet_reachable == 1, machines = gauges.fleet_machines,
    poll_age = age >= 0 and rounded(age) or nil,
  }
end


local function state_of(breaker_wait, all)
  if breaker_wait then
    return "breaker_open"
  end
  return recent(added(all, TROUBLE)) > 0 and "degraded" or "ok"
end


---@class gctokens.guard.StatusInput
---@field version string
---@field api string its URL
---@field workers integer
---@field now number seconds of the clock
---@field time number seconds of Unix time, at that moment
---@field step number seconds of a step of the history
---@field history gctokens.guard.HistoryCounts
---@field usage gctokens.guard.DictUsage
---@field breaker_wait number? seconds until a call may be made
---@field refusals gctokens.guard.Refusal[]
---@field fleet table<string, number>? gauges of fleet.lua; nil: it is alone

--- All facts. What is counted, is counted over `window.seconds`.
---@param input gctokens.guard.StatusInput
---@return table facts
function status.facts(input)
  local all, step = input.history.counts, input.step
  local drawn, usage = drawn_steps(input.history, step), input.usage
  return {
    version = input.version, api = input.api, workers = input.workers,
    time = iso8601(input.time),
    state = state_of(input.breaker_wait, all),
    window = { seconds = #drawn.steps * step, step = step },
    requests =
      requests(all, drawn, RECENT_STEPS * step + input.history.current),
    lookups = lookups(all, drawn),
    calls = calls(all, drawn),
    breaker = {
      open = input.breaker_wait ~= nil,
      retry_after = input.breaker_wait and rounded(input.breaker_wait),
    },
    dict = {
      capacity_bytes = usage.capacity_bytes, free_bytes = usage.free_bytes,
      evictions = sum(all.evictions), not_stored = sum(all.not_stored),
      tokens = usage.tokens, tokens_are_estimated = usage.is_estimate,
    },
    fleet = input.fleet and fleet_facts(input.fleet),
    refusals = refusals(input.refusals, input.now, input.time),
  }
end


return status
