--- Protects locations of nginx with Genesys Cloud bearer tokens.
--
--   init_by_lua_block {
--     guard = require("gctokens.guard").new({
--       region = "us-east-1", organizations = { "..." },
--     })
--   }
--   location /api/ {
--     access_by_lua_block { guard:access() }
--   }
--
-- It fails closed: a request goes through only if Genesys has said, not long
-- ago, that its token is valid, and the policy of the location allows it.

if type(rawget(_G, "ngx")) ~= "table" then
  error("gctokens.guard runs inside nginx only, with its Lua module", 2)
end

local bearer = require("gctokens.guard.request.bearer")
local clock = require("gctokens.guard.clock")
local errors = require("gctokens.errors")
local guard_errors = require("gctokens.guard.errors")
local identity = require("gctokens.guard.cache.identity")
local invalidation = require("gctokens.guard.invalidation")
local parts = require("gctokens.guard.parts")
local phases = require("gctokens.guard.phases")
local policies = require("gctokens.guard.request.policy")
local status_endpoint = require("gctokens.guard.status.endpoint")

local ngx = ngx
local get_headers = ngx.req.get_headers
local check_phase = phases.check
local now = clock.now


---@class gctokens.guard.Guard
local Guard = {}

local guard_metatable = { __name = "gctokens.guard", __index = Guard }


-- ---- from credentials to a verdict -----------------------------------------

-- What is known counts in a fleet while this worker's machine follows it.
local function follow_fleet(self)
  if self.fleet and not self.fleet.is_started then
    self.fleet:start()
  end
end


-- What a request gets while the breaker is open and the fleet cannot tell.
local function short_circuit(self, key, time)
  if not self.fleet or not self.fleet:is_usable() then
    return self.lookup:short_circuit(key, time)
  end
end


-- The verdict on credentials, where it was found, and the token's key. Without
-- a verdict, the second value names the denial.
local function resolve(self, credentials)
  follow_fleet(self)
  local key = bearer.key(self.key_prefix, credentials)
  local time = now()

  -- L1, this worker's memory, and L2, that of all workers. What is not a token
  -- is never in them, so that is checked later.
  local verdict, layer, is_due = self.cache:find(key, time)
  if verdict then
    if is_due then
      self.tasks:refresh(self.lookup, key, bearer.token(credentials), time)
    end
    return verdict, layer, key
  end

  local token = bearer.token(credentials)
  if not token then
    return nil, "invalid_request", key
  end

  -- The breaker is open: nobody asks Genesys.
  verdict, layer = short_circuit(self, key, time)
  if verdict then
    return verdict, layer, key
  end

  -- Genesys, asked once for all requests that wait for the same token.
  verdict, layer = self.tasks:join(self.lookup, key, token,
    self.cache:is_known(key), time + self.lookup_timeout)
  return verdict, layer, key
end


-- ---- the access phase ------------------------------------------------------

-- The outcome for credentials, or for what is wrong with them: "allowed" or the
-- name of a denial. Then the verdict, its layer and the token's key.
local function evaluate(self, policy, credentials, problem)
  if not credentials then
    return problem
  end
  local verdict, layer, key = resolve(self, credentials)
  if not verdict then
    return layer
  end
  self.counters:add(layer, now())
  return policy:outcome(verdict), verdict, layer, key
end


-- As `evaluate`. A request that was let through, and may have lost its token
-- then, keeps its verdict: what is in the place of hidden credentials is the
-- application's.
local function examine(self, policy, headers)
  local credentials, problem =
    policy.sources.read(headers, policy.hide_credentials)
  if policy.hide_credentials or not credentials then
    local verdict, layer, key = self.admission:find()
    if verdict then
      return policy:outcome(verdict), verdict, layer, key
    end
  end
  return evaluate(self, policy, credentials, problem)
end


-- As `examine`, for a subrequest that came with identity headers: it is denied
-- unless they are true. Why: identity_headers.lua.
local function examine_claims(self, policy, headers)
  local name, verdict, layer, key = examine(self, policy, headers)
  local may_pass = verdict and (verdict.state == "valid" or verdict.failed)
  if may_pass
     and not self.identity_headers.is_true(headers, verdict.identity) then
    return "spoofed"
  end
  return name, verdict, layer, key
end


-- LuaJIT compiles both halves of it; one trace would have too many constants.
local function handle(self, policy)
  check_phase("access")
  local headers = get_headers(0)
  if self.identity_headers.clear(headers) and ngx.is_subrequest then
    return self.admission:admit(policy, examine_claims(self, policy, headers))
  end
  return self.admission:admit(policy, examine(self, policy, headers))
end


--- Lets the request through or ends it.
---
--- Phases: rewrite, access, content. On return the request may go on: the
--- identity is in ngx.ctx.gctokens and in the request's headers.
---
--- The work is done in `handle`, as LuaJIT begins no trace at a function that
--- has "..." in it.
---@param ... gctokens.guard.PolicyOptions|gctokens.guard.Policy each option
---  replaces the guard's own; an explicit nil raises
function Guard:access(...)
  return handle(self,
    policies.of("guard:access", self.default_policy, ...))
end


-- ---- for Lua code ----------------------------------------------------------

--- Makes a policy once, for guard:access and guard:check. A table in the block
--- of a location would be checked again for every request.
---
--- Phases: any.
---@param options gctokens.guard.PolicyOptions each replaces the guard's own
---@return gctokens.guard.Policy
function Guard:policy(options)
  return policies.compile("guard:policy", options, self.default_policy, true)
end


local function check_string(where, name, value)
  if type(value) ~= "string" then
    errors.raise(("guard:%s: the %s must be a string, got %s"):format(
      where, name, type(value)))
  end
end


--- Whose token it is, by the same policy as guard:access, without ending the
--- request.
---
--- Phases: all that can yield (rewrite, access, content, timers, TLS
--- handshake).
---@param token string
---@param ... gctokens.guard.PolicyOptions|gctokens.guard.Policy
---@return gctokens.guard.Identity? identity a copy
---@return gctokens.Error? err kind: invalid_request, invalid_token,
---  insufficient_scope, rate_limited, unavailable; status: what guard:access
---  would answer; retry_after
function Guard:check(token, ...)
  check_string("check", "token", token)
  check_phase("check")
  local policy = policies.of("guard:check", self.default_policy, ...)
  local name, verdict, layer =
    evaluate(self, policy, bearer.of_token(token))
  if name == "allowed" then
    return identity.copy(verdict.identity, layer)
  end
  return nil, guard_errors.denied(name, verdict)
end


-- What a method returns that has set a mark, or has failed to.
local function marked(method, ok, err, fleet_err)
  if not ok then
    return nil, guard_errors.not_marked(method, err)
  elseif fleet_err then
    return nil, guard_errors.fleet_not_told(method, fleet_err)
  end
  return true
end


local function forget(self, method, kind, names)
  follow_fleet(self)
  return marked(method,
    invalidation.run(self.cache, self.fleet, kind, names))
end


--- Forgets what is known of a token. All workers follow with their next turn of
--- the event loop, the other machines of a fleet soon after. A call to Genesys
--- that is under way does not bring it back.
---
--- Phases: any with a request or a timer.
---@param token string
---@return true?, gctokens.Error? err
function Guard:invalidate(token)
  check_string("invalidate", "token", token)
  return forget(self, "invalidate", "t",
    bearer.keys(self.key_prefixes, token))
end


--- Forgets all tokens of an organisation, or of a home organisation.
---
--- Phases: any with a request or a timer.
---@param id string
---@return true?, gctokens.Error? err
function Guard:invalidate_organization(id)
  check_string("invalidate_organization", "id", id)
  return forget(self, "invalidate_organization", "o", { id })
end


--- Forgets all tokens.
---
--- Phases: any with a request or a timer.
---@return true?, gctokens.Error? err
function Guard:flush()
  return forget(self, "flush", "*", { "" })
end


--- Revokes a token at Genesys, and forgets it here even if Genesys cannot be
--- reached. A token that is invalid already counts as revoked; one that Genesys
--- did not speak of, because it refuses the gateway's address, say, does not.
--- Revocations of the same token at the same time share one call.
---
--- Phases: all that can yield.
---@param token string
---@return true? revoked, gctokens.Error? err as of client:delete_tokens_me; or
---  kind unavailable, with retry_after, when too many calls are under way
function Guard:revoke(token)
  check_string("revoke", "token", token)
  check_phase("revoke")
  follow_fleet(self)
  local key = bearer.keys(self.key_prefixes, token)[1]
  local is_known = self.cache:is_known(key)
  self.cache:invalidate(key)
  local verdict = self.tasks:join(
    self.revocation, key, token, is_known, now() + self.lookup_timeout)
  if verdict.state ~= "invalid_token" then
    return nil, guard_errors.not_revoked(verdict)
  end
  return marked("revoke", not verdict.problem, verdict.problem,
    verdict.fleet_err)
end


-- ---- for operators ---------------------------------------------------------

--- The metrics, as Prometheus text. Waits a moment when something else has
--- removed counters from the shared dict.
---
--- Phases: all that can yield.
---@return string text
function Guard:metrics_text()
  check_phase("metrics_text")
  local gauges = self.fleet and self.fleet:gauges() or {}
  gauges.breaker_open = self.breaker:is_open(now())
  return self.counters:render(gauges)
end


--- Answers with the metrics.
---
--- Phases: content.
function Guard:metrics()
  check_phase("metrics")
  ngx.header["Content-Type"] = "text/plain; version=0.0.4"
  ngx.print(self:metrics_text())
end


--- Answers with a page that shows how the guard does and did over the last
--- minutes, or with the same as JSON: `?format=json`. Whoever gets there sees
--- it: the location's own rules say who.
---
--- Phases: content.
function Guard:status()
  check_phase("status")
  return status_endpoint.send(self)
end


local function warm_up_in_timer(_, self)
  local ok, err = self.client:warm_up({ deadline = 5, retry = true })
  if not ok then
    self.log:warn("warm_up", tostring(err))
  end
end


--- Opens a connection to Genesys in the background. Then the first request does
--- not wait for it, and no request waits while certificates are parsed. A guard
--- of a fleet follows it from then on.
---
--- Phases: init_worker, timers.
---@return boolean started
function Guard:warm_up()
  check_phase("warm_up")
  follow_fleet(self)
  return (ngx.timer.at(0, warm_up_in_timer, self)) and true or false
end


function guard_metatable:__tostring()
  return ("gctokens.guard (%s)"):format(self.client.base_url)
end


-- ---- construction ----------------------------------------------------------

local guard = {}


--- Makes a guard, once, in init_by_lua: then a mistake in the options, a
--- missing shared dict or an unreadable file stops nginx from starting.
---@param options gctokens.guard.Options?
---@return gctokens.guard.Guard
function guard.new(options)
  return setmetatable(parts.new(options or {}), guard_metatable)
end


return guard
