--- Letting a request through: what the application and nginx.conf learn of it,
-- and that it stays let through when its credentials are hidden.
--
-- nginx begins a request anew, access phase and all, when it sends it on to
-- another location (index, try_files, error_page, ngx.exec). ngx.ctx is empty
-- then, and so is the header that was hidden. What is known of such a request
-- is kept by a name that no other request has, ever, and for as long as nginx
-- has the request: its first ngx.ctx holds it, everything else does so weakly.

local identity = require("gctokens.guard.identity")

local ngx = ngx
local var = ngx.var


---@class gctokens.guard.Admission
local Admission = {}

local admission_metatable = { __index = Admission }

-- What Genesys has said of a token is the same for all guards of that API, as
-- in the cache: key prefix -> what they share.
local of_api = {}


local admission = {}


---@param settings table upstream, key_prefix
---@return gctokens.guard.Admission
function admission.new(settings)
  local shared = of_api[settings.key_prefix]
  if not shared then
    shared = {
      by_name = setmetatable({}, { __mode = "v" }), -- of the request
      by_ctx = setmetatable({}, { __mode = "k" }),
    }
    of_api[settings.key_prefix] = shared
  end
  return setmetatable({
    upstream = settings.upstream,
    shared = shared,
  }, admission_metatable)
end


-- ---- the same request again ------------------------------------------------

-- The connection's number, which nginx gives to no other, and the request's on
-- it, over HTTP/2 the stream's. Subrequests have their parent's, and are not
-- the request that was let through.
local function request_name()
  return var.connection .. " " .. var.connection_requests
end


local function hide_credentials(self, verdict, layer, key)
  ngx.req.clear_header("Authorization")
  if not ngx.is_subrequest then
    local entry = { verdict = verdict, layer = layer, key = key }
    self.shared.by_name[request_name()] = entry
    self.shared.by_ctx[ngx.ctx] = entry
  end
end


--- What this request was let through with, if its credentials were hidden then.
---@return gctokens.guard.Verdict? verdict, string? layer, string? key
function Admission:find()
  local entry = self.shared.by_name[request_name()]
  if entry and not ngx.is_subrequest then
    return entry.verdict, entry.layer, entry.key
  end
  return nil
end


-- ---- letting through -------------------------------------------------------

local function can_set_variable(layer)
  var.gctokens_cache = layer
end


--- For access logs, where nginx.conf has a variable of that name: whether it
--- does, is found out once in every worker.
---@param layer string
function Admission:show_layer(layer)
  if self.has_variable == nil then
    self.has_variable = pcall(can_set_variable, layer)
  elseif self.has_variable then
    var.gctokens_cache = layer
  end
end


--- Lets a request through as whoever the token belongs to.
---@param policy gctokens.guard.Policy
---@param verdict gctokens.guard.Verdict a valid one
---@param layer string
---@param key string
function Admission:let_through(policy, verdict, layer, key)
  local who = identity.copy(verdict.identity, layer)
  ngx.ctx.gctokens = who
  self.upstream.set(nil, who)
  if policy.hide_credentials then
    hide_credentials(self, verdict, layer, key)
  end
end


--- Lets a request through of which nobody knows whose it is.
---@param policy gctokens.guard.Policy
---@param verdict gctokens.guard.Verdict one that has `failed`
---@param layer string
---@param key string
function Admission:fail_open(policy, verdict, layer, key)
  ngx.ctx.gctokens = { unverified = true, cache = "fail_open" }
  ngx.header["X-Gctokens-Unverified"] = "1"
  if policy.hide_credentials then
    hide_credentials(self, verdict, layer, key)
  end
end


return admission
