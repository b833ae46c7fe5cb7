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
-- ago, that its token is valid, and the rules of the location let it through.

if type(rawget(_G, "ngx")) ~= "table" then
  error("gctokens.guard runs inside nginx only, with its Lua module", 2)
end

local admission = require("gctokens.guard.admission")
local denials = require("gctokens.guard.denials")
local bearer = require("gctokens.guard.bearer")
local breaker = require("gctokens.guard.breaker")
local cache = require("gctokens.guard.cache")
local client = require("gctokens.client")
local clock = require("gctokens.guard.clock")
local metrics = require("gctokens.guard.metrics")
local errors = require("gctokens.errors")
local guard_errors = require("gctokens.guard.errors")
local flights = require("gctokens.guard.flights")
local identity = require("gctokens.guard.identity")
local logs = require("gctokens.nginx_log")
local lookup = require("gctokens.guard.lookup")
local phases = require("gctokens.guard.phases")
local revocation = require("gctokens.guard.revocation")
local room = require("gctokens.guard.room")
local policies = require("gctokens.guard.policy")
local secret = require("gctokens.guard.secret")
local guard_options = require("gctokens.guard.options")
local slots = require("gctokens.guard.slots")
local identity_headers = require("gctokens.guard.identity_headers")

local ngx = ngx
local get_headers = ngx.req.get_headers
local check_phase = phases.check
local now = clock.now


-- Seconds for which nginx may lag behind when it is asked for the time.
local SLACK = 3


---@class gctokens.guard.Guard
local Guard = {}

local guard_metatable = { __name = "gctokens.guard", __index = Guard }


-- ---- finding out -----------------------------------------------------------

-- What is known of credentials or can be found out within the lookup timeout.
local function find(self, credentials)
  local key = bearer.key(self.key_prefix, credentials)
  local time = now()
  local verdict, layer = self.cache:find(key, time)
  if verdict then
    if verdict.refresh and time >= verdict.refresh
       and time < verdict.fresh_until then
      verdict.refresh = time + 1 -- at most once a second in this worker
      self.flights:refresh(
        self.lookup, key, bearer.token(credentials), time)
    end
    return verdict, layer, key
  end
  local token = bearer.token(credentials)
  if not token then
    return nil, "invalid_request", key
  end
  verdict = self.lookup:refused(time)
  if verdict then
    local stale = self.cache:find_stale(key, time)
    return stale or verdict, stale and "stale" or "breaker", key
  end
  verdict, layer = self.flights:join(
    self.lookup, key, token, self.cache:is_known(key),
    time + self.lookup_timeout)
  return verdict, layer, key
end


-- What becomes of a request with that verdict: "allowed", or the name of an
-- answer.
local function outcome(policy, verdict)
  if verdict.state ~= "valid" then
    return verdict.state
  end
  return policy:allows(verdict) and "allowed" or "insufficient_scope"
end


-- What becomes of a request with those credentials; then its verdict, the layer
-- it is from, and the token's key.
local function judge(self, policy, credentials, problem)
  if not credentials then
    return problem
  end
  local verdict, layer, key = find(self, credentials)
  if not verdict then
    return layer
  end
  self.counters:add(layer, now())
  return outcome(policy, verdict), verdict, layer, key
end


-- ---- the access phase ------------------------------------------------------

-- Whether a request that cannot be judged may pass unjudged: only while Genesys
-- fails. What a token can bring about, such as 404, 429 or too many of them at
-- once, opens nothing.
local function may_fail_open(self, policy, verdict, key)
  return policy.fail_open and verdict ~= nil and verdict.failed
    and not self.cache:is_known_invalid(key, now())
end


-- What becomes of the request, as `judge` says it. One whose credentials were
-- hidden when it was let through is known: what is in their place now is the
-- application's.
local function examine(self, policy, headers)
  local credentials, problem = bearer.credentials(headers.authorization)
  if policy.hide_credentials or not credentials then
    local verdict, layer, key = self.admission:find()
    if verdict then
      return outcome(policy, verdict), verdict, layer, key
    end
  end
  return judge(self, policy, credentials, problem)
end


-- The same of a subrequest that says whose it is: see identity_headers.lua.
local function examine_claims(self, policy, headers)
  local name, verdict, layer, key = examine(self, policy, headers)
  local may_pass = verdict and (verdict.state == "valid" or verdict.failed)
  if may_pass and not self.upstream.is_true(headers, verdict.identity) then
    return "spoofed"
  end
  return name, verdict, layer, key
end


-- Sees to it that it becomes so.
local function admit(self, policy, name, verdict, layer, key)
  local admitting = self.admission
  admitting:show_layer(layer or name)
  if name == "allowed" then
    self.counters:add(name, now())
    return admitting:let_through(policy, verdict, layer, key)
  elseif may_fail_open(self, policy, verdict, key) then
    self.counters:add("fail_open", now())
    self.log:warn("fail_open", ("let token %s through unverified, as fail_open "
      .. "asks for"):format(bearer.short(key)))
    return admitting:fail_open(policy, verdict, layer, key)
  end
  self.counters:add(name, now())
  return denials.send(name, {
    realm = self.realm,
    scope = policy.scope,
    retry_after = verdict and verdict.retry_after,
  })
end


-- LuaJIT compiles it whole, or, with so many headers that the constants would
-- be too many, its two halves.
local function handle(self, policy)
  check_phase("access")
  local headers = get_headers(0)
  if self.upstream.clear(headers) and ngx.is_subrequest then
    return admit(self, policy, examine_claims(self, policy, headers))
  end
  return admit(self, policy, examine(self, policy, headers))
end


-- The policy that was given, if any was: nil in its place may be a misspelt
-- variable, and must not stand for "no rules".
local function policy_of(self, where, ...)
  if select("#", ...) == 0 then
    return self.policy
  end
  return policies.policy(where, (...), self.policy)
end


--- Lets the request through or ends it.
---
--- Phases: rewrite, access, content. On return the request may go on: the
--- identity is in ngx.ctx.gctokens and in the request's headers.
---
--- What it does for every request is in `handle`: LuaJIT never begins to
--- compile at a function with "..." in it.
---@param ... table|gctokens.guard.Policy rules that replace the guard's, one by
---  one; an explicit nil raises
function Guard:access(...)
  return handle(self, policy_of(self, "guard:access", ...))
end


-- ---- for Lua code ----------------------------------------------------------

--- Rules made once, for guard:access: a table written in a location's block
--- would be checked again for every request.
---
--- Phases: any.
---@param given table
---@return gctokens.guard.Policy
function Guard:rules(given)
  return policies.policy("guard:rules", given, self.policy, true)
end


local function key_of(self, token)
  return bearer.key(self.key_prefix, bearer.of_token(token))
end


local function check_string(where, name, value)
  if type(value) ~= "string" then
    errors.raise(("guard:%s: the %s must be a string, got %s"):format(
      where, name, type(value)))
  end
end


--- Whose token it is, by the same rules as guard:access, without ending the
--- request.
---
--- Phases: all that can yield (rewrite, access, content, timers, TLS
--- handshake).
---@param token string
---@param ... table|gctokens.guard.Policy
---@return gctokens.guard.Identity? identity a copy
---@return gctokens.Error? err kind: invalid_request, invalid_token,
---  insufficient_scope, rate_limited, unavailable; status: what guard:access
---  would answer; retry_after
function Guard:check(token, ...)
  check_string("check", "token", token)
  check_phase("check")
  local policy = policy_of(self, "guard:check", ...)
  local name, verdict, layer = judge(self, policy, bearer.of_token(token))
  if name == "allowed" then
    return identity.copy(verdict.identity, layer)
  end
  return nil, guard_errors.of_answer(name, verdict)
end


local function told(ok, problem, method)
  if ok then
    return true
  end
  return nil, guard_errors.of_dict(method, problem)
end


--- Forgets what is known of a token. All workers see it within l1_ttl; a call
--- to Genesys that is under way does not bring it back.
---
--- Phases: any with a request or a timer.
---@param token string
---@return true?, gctokens.Error? err
function Guard:invalidate(token)
  check_string("invalidate", "token", token)
  local ok, err = self.cache:invalidate(key_of(self, token))
  return told(ok, err, "invalidate")
end


--- Forgets all tokens of an organisation, or of a home organisation.
---
--- Phases: any with a request or a timer.
---@param id string
---@return true?, gctokens.Error? err
function Guard:invalidate_organization(id)
  check_string("invalidate_organization", "id", id)
  local ok, err = self.cache:invalidate_organization(id)
  return told(ok, err, "invalidate_organization")
end


--- Forgets all tokens.
---
--- Phases: any with a request or a timer.
---@return true?, gctokens.Error? err
function Guard:flush()
  local ok, err = self.cache:flush()
  return told(ok, err, "flush")
end


--- Revokes a token at Genesys and here. Here it is forgotten even if Genesys
--- cannot be reached. That it is invalid already is success; that Genesys
--- refuses the gateway's address, say, is not. Who revokes the same token at
--- the same time shares one call.
---
--- Phases: all that can yield.
---@param token string
---@return true? revoked, gctokens.Error? err as of client:delete_tokens_me; or
---  kind unavailable, with retry_after, when too many calls are under way
function Guard:revoke(token)
  check_string("revoke", "token", token)
  check_phase("revoke")
  local key = key_of(self, token)
  local is_known = self.cache:is_known(key)
  self.cache:invalidate(key)
  local verdict = self.flights:join(
    self.revocation, key, token, is_known, now() + self.lookup_timeout)
  if verdict.state ~= "invalid_token" then
    return nil, guard_errors.of_revocation(verdict)
  end
  return told(not verdict.problem, verdict.problem, "revoke")
end


--- Answers with the metrics, as Prometheus text. Waits a moment when something
--- else has put counters out of the shared dict.
---
--- Phases: content.
function Guard:metrics()
  ngx.header["Content-Type"] = "text/plain; version=0.0.4"
  ngx.print(self.counters:render({
    { "gctokens_guard_breaker_open",
      "Whether calls to Genesys are held back.", self.breaker:is_open(now()) },
    { "gctokens_guard_dict_capacity_bytes",
      "Size of the shared dict.", self.dict:capacity() },
    { "gctokens_guard_dict_free_bytes",
      "Pages of the shared dict that nothing is in.",
      self.dict:free_space() },
  }))
end


local function warm_up_in_timer(_, self)
  local ok, err = self.client:warm_up({ deadline = 5 })
  if not ok then
    self.log:warn("warm_up", tostring(err))
  end
end


--- Opens a connection to Genesys in the background, so that the first request
--- does not wait for it, and no other for the parsing of certificates.
---
--- Phases: init_worker, timers.
---@return boolean started
function Guard:warm_up()
  check_phase("warm_up")
  return (ngx.timer.at(0, warm_up_in_timer, self)) and true or false
end


function guard_metatable:__tostring()
  return ("gctokens.guard (%s)"):format(self.client.base_url)
end


local guard = {}


--- Makes a guard, once, in init_by_lua: then a mistake in the options, a
--- missing shared dict or an unreadable file stops nginx from starting.
---@param options gctokens.guard.Options?
---@return gctokens.guard.Guard
function guard.new(options)
  local own, client_options, own_rules = guard_options.read(options or {})
  own.room = room.new(own.dict, metrics.keys)
  local made = {
    client = client.new(client_options),
    policy = policies.compile("gctokens.guard.new", own_rules, nil, true),
    dict = own.dict,
    realm = own.realm,
    lookup_timeout = own.lookup_timeout,
    counters = metrics.new(own.room),
    log = logs.new("gctokens.guard: "),
    upstream = identity_headers.new(own.headers or {}),
  }
  own.client, own.counters, own.log = made.client, made.counters, made.log
  own.longest = own.lookup_timeout + SLACK
  own.name = made.client.base_url
  made.key_prefix =
    bearer.key_prefix(made.client.base_url, secret.of(own.room))
  made.admission = admission.new(made)
  own.cache = cache.new(own)
  made.cache = own.cache
  -- Two meanings of "breaker" meet: the policy goes in, the thing comes out.
  own.breaker = breaker.new(own)
  made.breaker = own.breaker
  own.slots =
    slots.new(client_options.max_connections, own.max_concurrent_known,
    own.lookup_timeout)
  made.lookup = lookup.new(own)
  made.revocation = revocation.new(own)
  made.flights = flights.new(own)
  return setmetatable(made, guard_metatable)
end


return guard
