--- Lets a request through or turns it away. Tells the application and
-- nginx.conf whose it is, and remembers requests that may lose their token.
--
-- nginx begins a request anew, access phase and all, when it sends it on to
-- another location (index, try_files, error_page, ngx.exec). Then ngx.ctx is
-- empty, and hidden credentials are gone, as those in a query may be. So the
-- verdict is kept, by a name that no other request ever has. It lives as long
-- as nginx has the request: only the request's first ngx.ctx holds it, the
-- table of names is weak.

local bearer = require("gctokens.guard.request.bearer")
local clock = require("gctokens.guard.clock")
local denial_response = require("gctokens.guard.request.denial_response")
local identity = require("gctokens.guard.cache.identity")

local now = clock.now
local ngx = ngx
local var = ngx.var


---@class gctokens.guard.Admission
---@field cache gctokens.guard.Cache
---@field counters gctokens.guard.Counters
---@field refusals gctokens.guard.Refusals
---@field log gctokens.NginxLog
---@field identity_headers gctokens.guard.IdentityHeaders
---@field key_prefix string of the tokens' keys: it stands for the API
---@field realm string of the challenge
local Admission = {}

local admission_metatable = { __index = Admission }

-- All guards of an API know of each other's requests, as they share the cache:
-- key prefix -> what they share.
local shared_by_prefix = {}


local admission = {}


---@param fields gctokens.guard.Admission its fields; this table becomes the
---  admission
---@return gctokens.guard.Admission
function admission.new(fields)
  local shared = shared_by_prefix[fields.key_prefix]
  if not shared then
    shared = {
      by_name = setmetatable({}, { __mode = "v" }), -- of the request
      by_ctx = setmetatable({}, { __mode = "k" }),
    }
    shared_by_prefix[fields.key_prefix] = shared
  end
  fields.shared = shared
  return setmetatable(fields, admission_metatable)
end


-- ---- the same request again ------------------------------------------------

-- The connection's number, which nginx gives to no other, and the request's on
-- it; over HTTP/2 that is the stream's. A subrequest has its parent's name, but
-- is not the request that was let through.
local function request_name()
  return var.connection .. " " .. var.connection_requests
end


-- Makes of a request what the application gets, or an error page.
local function pass_on(self, policy, verdict, layer, key)
  policy.sources.pass_on(policy.hide_credentials)
  if not ngx.is_subrequest then
    local entry = { verdict = verdict, layer = layer, key = key }
    self.shared.by_name[request_name()] = entry
    self.shared.by_ctx[ngx.ctx] = entry
  end
end


--- The verdict on this request when it was let through or turned away, if it
--- may have lost its token then.
---@return gctokens.guard.Verdict? verdict, string? layer, string? key
function Admission:find()
  local entry = self.shared.by_name[request_name()]
  if entry and not ngx.is_subrequest then
    return entry.verdict, entry.layer, entry.key
  end
  return nil
end


-- ---- letting through, turning away -----------------------------------------

local function set_variable(layer)
  var.gctokens_cache = layer
end


-- Sets $gctokens_cache, for access logs, where nginx.conf has that variable.
-- Each worker finds out once whether it has.
local function show_layer(self, layer)
  if self.has_variable == nil then
    self.has_variable = pcall(set_variable, layer)
  elseif self.has_variable then
    var.gctokens_cache = layer
  end
end


local function let_through(self, policy, verdict, layer, key)
  local who = identity.copy(verdict.identity, layer)
  ngx.ctx.gctokens = who
  if policy.loses_token then
    pass_on(self, policy, verdict, layer, key)
  end
  self.identity_headers.set(nil, who)
end


-- Whether a request may pass unverified: only while Genesys fails. What a token
-- can bring about, such as 404, 429 or too many lookups at once, lets nobody
-- pass.
local function may_fail_open(self, policy, verdict, key)
  return policy.fail_open and verdict ~= nil and verdict.failed
    and not self.cache:is_known_invalid(key, now())
end


local function fail_open(self, policy, verdict, layer, key)
  self.log:warn("fail_open", ("let token %s through unverified, as fail_open "
    .. "asks for"):format(bearer.short(key)))
  ngx.ctx.gctokens = { unverified = true, cache = "fail_open" }
  ngx.header["X-Gctokens-Unverified"] = "1"
  if policy.loses_token then
    pass_on(self, policy, verdict, layer, key)
  end
end


--- Lets the request through or ends it.
---@param policy gctokens.guard.Policy
---@param name string "allowed", or the name of a denial
---@param verdict gctokens.guard.Verdict? nil: there was no token
---@param layer string? that the verdict is from
---@param key string? of the token
function Admission:admit(policy, name, verdict, layer, key)
  show_layer(self, layer or name)
  if name == "allowed" then
    self.counters:add(name, now())
    return let_through(self, policy, verdict, layer, key)
  elseif may_fail_open(self, policy, verdict, key) then
    self.counters:add("fail_open", now())
    return fail_open(self, policy, verdict, layer, key)
  end
  self.counters:add(name, now())
  self.refusals:add(name, key, now())
  if policy.refusals == "nginx" and policy.loses_token then
    pass_on(self, policy, verdict, layer, key)
  end
  return denial_response.send(name, policy.refusals, {
    realm = self.realm,
    scope = policy.scope,
    retry_after = verdict and verdict.retry_after,
  })
end


return admission
