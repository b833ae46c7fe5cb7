--- Looks a token up at Genesys: one call, where the limiter and the breaker
-- permit it; what the response means, and where that is kept.

local bearer = require("gctokens.guard.request.bearer")
local client_call = require("gctokens.guard.lookup.client_call")
local clock = require("gctokens.guard.clock")
local core = require("gctokens.core")
local prometheus = require("gctokens.guard.status.prometheus")
local retry = require("gctokens.retry")
local verdict = require("gctokens.guard.lookup.verdict")

local ngx = ngx


local MOST_TRIES = 2 -- of a lookup that an invalidation overtakes

-- Of lookup_timeout: with less, a time-out says nothing of Genesys.
local SHARE_TO_RESPOND = 1 / 3


---@class gctokens.guard.Lookup: gctokens.guard.Task
---@field client gctokens.Client its retry policy is retry.in_request
---@field cache gctokens.guard.Cache
---@field breaker gctokens.guard.Breaker
---@field limiter gctokens.guard.ConcurrencyLimiter
---@field counters gctokens.guard.Counters
---@field log gctokens.NginxLog
---@field preserve_idle_ttl boolean
---@field lookup_timeout number seconds, as all that follow
---@field ttl number
---@field stale_if_error number
---@field negative_ttl number
---@field error_ttl number
local Lookup = {}

local lookup_metatable = { __index = Lookup }

Lookup.prefix = ""
Lookup.is_of_fleet = true


local lookup = {}


---@param fields gctokens.guard.Lookup its fields; this table becomes the lookup
---@return gctokens.guard.Lookup
function lookup.new(fields)
  return setmetatable(fields, lookup_metatable)
end


--- What a request gets at once while the breaker is open.
---@param key string
---@param now number
---@return gctokens.guard.Verdict? verdict nil: the breaker is closed
---@return string? layer
function Lookup:short_circuit(key, now)
  local wait = self.breaker:wait(now)
  if not wait then
    return nil
  end
  local stale = self.cache:find_stale(key, now)
  if stale then
    return stale, "stale"
  end
  return { state = "unavailable", retry_after = wait, failed = true }, "breaker"
end


-- ---- one call --------------------------------------------------------------

local function log_error(self, key, err, class)
  if err then
    self.log:error(class, ("could not verify token %s: %s"):format(
      bearer.short(key), tostring(err.message)))
  end
end


-- Unix time by the server's own clock, where its response tells it.
local function date_of(response)
  local date = response.headers["date"]
  return date and ngx.parse_http_time(date) or ngx.time()
end


-- The verdict, the call's class for the metrics, and whether it says how
-- Genesys is.
local function call(self, key, token, seconds, ttl)
  local change = self.cache:latest_change(clock.now())
  local fetched_at = core.now() -- microseconds count, as in marks: cache.lua
  local wall_offset = ngx.now() - clock.now()
  local has_returned, info, err, response = client_call.run(self.log,
    self.client, "get_tokens_me", key, {
      access_token = token, preserve_idle_ttl = self.preserve_idle_ttl,
      timeout = seconds, deadline = seconds,
    })
  if not has_returned then
    return verdict.not_asked("an internal error"), "other", false
  end
  response = response or err.response
  if response and response.raw_headers then
    self.limiter:learn(response.raw_headers)
  end
  local found = verdict.of(info, err, {
    fetched_at = fetched_at,
    wall_offset = wall_offset,
    date = info and date_of(response),
    ttl = clock.jittered(ttl),
    stale_if_error = self.stale_if_error,
  })
  found.change = change
  if err and err.kind == "timeout" and not retry.gave_time(
       seconds, response, self.lookup_timeout * SHARE_TO_RESPOND) then
    found.failed = false
    return found, "queued", false
  end
  return found, prometheus.class(err or found.err), true
end


local function record(self, failed, is_probe)
  local change = self.breaker:record(failed, is_probe, clock.now())
  if change then
    self.log:warn("breaker", "the circuit breaker has " .. change)
  end
end


-- The verdict, and whether Genesys was asked.
local function call_if_permitted(self, context, token)
  local key, ends = context.key, context.calls_end
  local now = clock.now()
  local permitted, is_probe = self.breaker:permits(now)
  if not permitted then
    return { state = "unavailable", retry_after = self.breaker:wait(now),
      failed = true }, false
  end
  local found, class, tells =
    call(self, key, token, retry.seconds_until(ends, now),
      context.ttl or self.ttl)
  ngx.update_time()
  self.counters:add_call(class, clock.now() - now, clock.now())
  if tells then
    record(self, found.failed or false, is_probe)
  else
    self.breaker:disregard(is_probe)
  end
  log_error(self, key, found.err, class)
  return found, true
end


local function ask(self, context, token)
  local has_run, found, was_asked = self.limiter:run(context.is_known,
    context.calls_end, call_if_permitted, self, context, token)
  if not has_run then
    self.counters:add("no_connection", clock.now())
    return verdict.not_asked("all connections are in use"), false
  end
  return found, was_asked
end


-- ---- what becomes of the verdict -------------------------------------------

--- Keeps a verdict for all workers.
---@param key string
---@param found gctokens.guard.Verdict
---@return boolean stored false: an invalidation has overtaken it
function Lookup:store(key, found)
  local now = clock.now()
  if found.state == "valid" then
    return self.cache:store_valid(key, found, now)
  end
  local seconds = found.state == "invalid_token"
    and clock.jittered(self.negative_ttl)
    or self.error_ttl * (1 + core.random())
  self.cache:store_negative(key, found, seconds, now)
  return true
end


-- While Genesys fails, what was last known stands in, within stale_if_error.
-- What Genesys has answered is no failure: a token can bring it about.
local function or_stale(self, key, found)
  local stale = found.failed and self.cache:find_stale(key, clock.now())
  if stale then
    return stale, "stale"
  end
  return found, "miss"
end


-- ---- as a task, see tasks.lua ----------------------------------------------

--- What all workers know.
function Lookup:find(key, now)
  return self.cache:find_shared(key, now)
end


--- Asks Genesys, with all leases in hand: what the others that share a lease
--- know has been looked at before.
function Lookup:run(context, token)
  for _ = 1, MOST_TRIES do
    local found, was_asked = ask(self, context, token)
    if not was_asked or self:store(context.key, found) then
      context.response = was_asked and found or nil
      return or_stale(self, context.key, found)
    end
  end
  return verdict.not_asked("the token was invalidated while it was looked up"),
    "miss"
end


return lookup
