--- Policies: whose tokens may pass. A policy is made once and applied to every
-- request, after the cache: a token that passes at one location is checked
-- again at the next.

local validate = require("gctokens.validate")
local identity = require("gctokens.guard.cache.identity")
local token_option = require("gctokens.guard.request.token_option")


local function is_name(value)
  return type(value) == "string" and value ~= ""
end


-- A list of names, or one name. false: the guard's own list does not hold here.
local function is_names(value)
  return value == false or is_name(value)
    or type(value) == "table" and validate.is_list_of(value, is_name)
    or "a string, a list of strings (not empty), or false"
end


local function is_scopes(value)
  local verdict = is_names(value)
  if verdict ~= true or value == false then
    return verdict
  end
  for _, scope in ipairs(type(value) == "table" and value or { value }) do
    -- RFC 6749 section 3.3
    if scope:find("[^!#-Z%[%]^-~]") then
      return "scopes, without spaces or quotes"
    end
  end
  return true
end


local function is_allow(value)
  return value == false or type(value) == "function" or "a function or false"
end


local function is_refusals(value)
  return value == "json" or value == "nginx" or '"json" or "nginx"'
end


local policies = {}


--- Options of a policy, and how each is checked.
policies.options = validate.checks_of(require("gctokens.options.policy"), {
  is_names = is_names, is_scopes = is_scopes, is_allow = is_allow,
  is_refusals = is_refusals, is_token_sources = token_option.check,
})

-- option -> the field of the identity that must be one of its names
local MEMBERSHIPS = {
  organizations = "organization_id",
  home_organizations = "home_organization_id",
  clients = "client_id",
  grant_types = "grant_type",
}


-- A copy: the caller may change the list later.
local function list_of(value)
  if not value then
    return nil
  end
  return type(value) == "table" and { unpack(value) } or { value }
end


local function set_of(value)
  local set = {}
  for _, name in ipairs(list_of(value)) do
    set[name] = true
  end
  return set
end


---@class gctokens.guard.Policy
local Policy = {}

local policy_metatable = { __index = Policy }


-- All options: where one is nil, that of `base`.
local function complete(options, base)
  local all = {}
  for name in pairs(policies.options) do
    all[name] = options[name]
    if all[name] == nil and base then
      all[name] = base.options[name]
    end
  end
  return all
end


-- Options are checked outside of nginx, too, but sources are only there.
local function sources_of(options, base)
  if options.token == nil and base then
    return base.sources
  end
  local token_sources = require("gctokens.guard.request.token_sources")
  return options.token ~= nil and token_sources.compile(options.token)
    or token_sources.default
end


--- Makes a policy of options; raises on one that is wrong. A policy stays as it
--- is.
---@param where string the method that was called, for messages
---@param options gctokens.guard.PolicyOptions|gctokens.guard.Policy
---@param base gctokens.guard.Policy? its options hold where one is nil
---@param is_kept boolean? whether it is made once, for many requests
---@return gctokens.guard.Policy
function policies.compile(where, options, base, is_kept)
  if getmetatable(options) == policy_metatable then
    return options
  end
  options = validate.copy(where, options)
  validate.all(where, options, policies.options)
  local all = complete(options, base)
  local sources = sources_of(options, base)
  local policy = {
    options = all,
    is_kept = is_kept,
    memberships = {},
    all_scopes = list_of(all.scopes),
    any_scope = list_of(all.any_scope),
    allow = all.allow or nil,
    fail_open = all.fail_open or false,
    hide_credentials = all.hide_credentials or false,
    refusals = all.refusals or "json",
    sources = sources,
    -- Whether a request that is let through may be without its token when it
    -- comes to another location.
    loses_token = all.hide_credentials or sources.is_volatile or false,
  }
  for name, field in pairs(MEMBERSHIPS) do
    if all[name] then
      local list = policy.memberships
      list[#list + 1] = { field = field, names = set_of(all[name]) }
    end
  end
  -- For the challenge: what would have been enough.
  policy.scope = policy.all_scopes and table.concat(policy.all_scopes, " ")
    or policy.any_scope and table.concat(policy.any_scope, " ") or nil
  return setmetatable(policy, policy_metatable)
end


--- The policy of a method's optional argument: a policy, options of one, or the
--- guard's own where there is no argument. An explicit nil may be a misspelt
--- variable. It must not stand for the guard's own policy, and raises.
---@param where string
---@param base gctokens.guard.Policy
---@param ... any
---@return gctokens.guard.Policy
function policies.of(where, base, ...)
  if select("#", ...) == 0 then
    return base
  end
  return policies.compile(where, (...), base)
end


-- How many of the scopes somebody has.
local function count_scopes(who, scopes)
  local has, count = {}, 0
  for scope in who.scope:gmatch("%S+") do
    has[scope] = true
  end
  for _, scope in ipairs(scopes) do
    count = count + (has[scope] and 1 or 0)
  end
  return count
end


-- Whether an identity is what the lists ask for.
local function matches_lists(self, who)
  for _, membership in ipairs(self.memberships) do
    local value = who[membership.field]
    if not value or not membership.names[value] then
      return false
    end
  end
  local all, any = self.all_scopes, self.any_scope
  return (not all or count_scopes(who, all) == #all)
    and (not any or count_scopes(who, any) > 0)
end


--- Whether the token of a verdict may pass. What the lists say does not change,
--- and is kept with the verdict. The user's function is asked every time. An
--- error in it is not caught: nobody passes, and nginx logs it.
---@param verdict gctokens.guard.Verdict a valid one
---@return boolean
function Policy:allows(verdict)
  local passes = verdict.allowed_by[self]
  if passes == nil then
    passes = matches_lists(self, verdict.identity)
    if self.is_kept then
      verdict.allowed_by[self] = passes
    end
  end
  if passes and self.allow then
    return self.allow(identity.copy(verdict.identity, "")) == true
  end
  return passes
end


--- What becomes of a request with that verdict.
---@param verdict gctokens.guard.Verdict
---@return string outcome "allowed", or the name of a denial
function Policy:outcome(verdict)
  if verdict.state ~= "valid" then
    return verdict.state
  end
  return self:allows(verdict) and "allowed" or "insufficient_scope"
end


return policies
