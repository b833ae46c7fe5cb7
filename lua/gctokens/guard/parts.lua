--- Makes a guard's parts of its options, and gives each what it needs of the
-- others.

local admission = require("gctokens.guard.request.admission")
local breaker = require("gctokens.guard.lookup.breaker")
local cache = require("gctokens.guard.cache")
local clock = require("gctokens.guard.clock")
local concurrency_limiter = require("gctokens.guard.lookup.concurrency_limiter")
-- On LuaJIT this loads all that a client may need, so in init_by_lua: workers
-- may not be able to read the files.
local gctokens = require("gctokens")
local guard_options = require("gctokens.guard.options")
local history = require("gctokens.guard.status.history")
local identity_headers = require("gctokens.guard.request.identity_headers")
local lookup = require("gctokens.guard.lookup")
local membership = require("gctokens.guard.membership")
local metrics = require("gctokens.guard.status.metrics")
local nginx_log = require("gctokens.nginx_log")
local pinned_dict = require("gctokens.guard.dict.pinned_dict")
local policies = require("gctokens.guard.request.policy")
local refusals = require("gctokens.guard.status.refusals")
local retry = require("gctokens.retry")
local revocation = require("gctokens.guard.lookup.revocation")
local tasks = require("gctokens.guard.lookup.tasks")


-- Seconds after its timeout until a lookup is over for certain: nginx's timers
-- may be late.
local LATENESS = 3


local parts = {}


--- Raises where an option is wrong, a shared dict is missing or a file cannot
--- be read.
---@param options gctokens.guard.Options
---@return table parts by their names; the guard's own fields
function parts.new(options)
  local own, client_options, policy_options = guard_options.read(options)
  client_options.retry = retry.in_request
  local longest_lookup = own.lookup_timeout + LATENESS
  local pinned = pinned_dict.new(own.dict, metrics.keys)
  local own_history = history.new(pinned, clock.now())
  local own_refusals = refusals.new(pinned)
  local self = {
    client = gctokens.new(client_options),
    history = own_history,
    refusals = own_refusals,
    counters = metrics.new(pinned, { own_history, own_refusals }),
    default_policy =
      policies.compile("gctokens.guard.new", policy_options, nil, true),
    identity_headers = identity_headers.new(own.headers or {}),
    log = nginx_log.new("gctokens.guard: "),
    lookup_timeout = own.lookup_timeout,
  }
  local base_url = self.client.base_url
  self.key_prefixes = membership.key_prefixes(base_url, pinned, own.fleet)
  self.key_prefix = self.key_prefixes[1]
  self.cache = cache.new({
    pinned = pinned, negative_dict = own.negative_dict,
    counters = self.counters,
    l1_bytes = own.l1_bytes, l1_ttl = own.l1_ttl,
    ttl = own.longest_ttl, refresh_ahead = own.refresh_ahead,
    stale_if_error = own.stale_if_error,
    negative_ttl = own.negative_ttl, error_ttl = own.error_ttl,
    longest_lookup = longest_lookup,
  })
  local fleet_lease
  self.fleet, fleet_lease = membership.join(own, {
    pinned = pinned, cache = self.cache, counters = self.counters,
    log = self.log,
  })
  self.breaker = breaker.new({
    pinned = pinned, base_url = base_url, options = own.breaker,
    longest_probe = longest_lookup,
  })
  local limiter = concurrency_limiter.new({
    max_connections = client_options.max_connections,
    max_calls = own.max_concurrent_known,
    lookup_timeout = own.lookup_timeout,
  })
  self.lookup = lookup.new({
    client = self.client, cache = self.cache, breaker = self.breaker,
    limiter = limiter, counters = self.counters, log = self.log,
    preserve_idle_ttl = own.preserve_idle_ttl,
    lookup_timeout = own.lookup_timeout,
    ttl = own.ttl, stale_if_error = own.stale_if_error,
    negative_ttl = own.negative_ttl, error_ttl = own.error_ttl,
  })
  self.revocation = revocation.new({
    client = self.client, cache = self.cache, limiter = limiter,
    log = self.log, negative_ttl = own.negative_ttl, fleet = self.fleet,
    key_prefixes = self.key_prefixes,
  })
  self.tasks = tasks.new({
    dict = own.dict, counters = self.counters, log = self.log,
    fleet_lease = fleet_lease,
    max_concurrent_lookups = own.max_concurrent_lookups,
    max_concurrent_known = own.max_concurrent_known,
    lookup_timeout = own.lookup_timeout,
  })
  self.admission = admission.new({
    cache = self.cache, counters = self.counters, refusals = self.refusals,
    log = self.log, identity_headers = self.identity_headers,
    key_prefix = self.key_prefix, realm = own.realm,
  })
  return self
end


return parts
