--- Who may pass: rules, made once, and asked for every request. They are asked
-- after the cache, so that a token which one location lets through is judged
-- anew by the next.

local checks = require("gctokens.checks")
local errors = require("gctokens.errors")
local identity = require("gctokens.guard.identity")


-- A list of names, one name, or false for "this rule of the guard's does not
-- hold here".
local function is_names(value)
  if value == false or type(value) == "string" and value ~= "" then
    return true
  end
  local expected = "a string, a list of strings (not empty), or false"
  if type(value) ~= "table" or #value == 0 then
    return expected
  end
  for key, name in pairs(value) do
    if type(key) ~= "number" or type(name) ~= "string" or name == "" then
      return expected
    end
  end
  return true
end


local function is_scopes(value)
  local verdict = is_names(value)
  if verdict ~= true or value == false then
    return verdict
  end
  for _, scope in ipairs(type(value) == "table" and value or { value }) do
    -- RFC 6749 section 3.3
    if scope:find("[^\33\35-\91\93-\126]") then
      return "scopes, without spaces or quotes"
    end
  end
  return true
end


local function is_allow(value)
  return value == false or type(value) == "function" or "a function or false"
end


local rules = {}


--- What rules there are, and how each is checked.
rules.options = {
  organizations = is_names,
  home_organizations = is_names,
  clients = is_names,
  grant_types = is_names,
  scopes = is_scopes,
  any_scope = is_scopes,
  allow = is_allow,
  fail_open = checks.is("boolean"),
  hide_credentials = checks.is("boolean"),
}

-- rule -> the field of the identity that must be one of its names
local MEMBERSHIPS = {
  organizations = "organization_id",
  home_organizations = "home_organization_id",
  clients = "client_id",
  grant_types = "grant_type",
}


local function list_of(value)
  if not value then
    return nil
  end
  return type(value) == "table" and value or { value }
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


-- The names of a policy that were given, or inherited from `base`.
local function complete(given, base)
  local all = {}
  for name in pairs(rules.options) do
    all[name] = given[name]
    if all[name] == nil and base then
      all[name] = base.given[name]
    end
  end
  return all
end


--- Makes a policy of rules. Raises on one that is wrong.
---@param where string who was called, for messages
---@param given table
---@param base gctokens.guard.Policy? holds where `given` says nothing
---@return gctokens.guard.Policy
function rules.compile(where, given, base)
  checks.all(where, given, rules.options)
  local all = complete(given, base)
  local policy = {
    given = all,
    memberships = {},
    all_scopes = list_of(all.scopes),
    any_scope = list_of(all.any_scope),
    allow = all.allow or nil,
    fail_open = all.fail_open or false,
    hide_credentials = all.hide_credentials or false,
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


---@param value any
function rules.is_policy(value)
  return getmetatable(value) == policy_metatable
end


local function has_all(has_scope, scopes)
  for i = 1, #scopes do
    if not has_scope[scopes[i]] then
      return false
    end
  end
  return true
end


local function has_any(has_scope, scopes)
  for i = 1, #scopes do
    if has_scope[scopes[i]] then
      return true
    end
  end
  return false
end


--- Whether whoever has that identity may pass. An error in the user's function
--- is not caught: nobody passes, and nginx logs it.
---@param who gctokens.guard.Identity
---@return boolean
function Policy:allows(who)
  local memberships = self.memberships
  for i = 1, #memberships do
    local rule = memberships[i]
    local value = who[rule.field]
    if not value or not rule.names[value] then
      return false
    end
  end
  if self.all_scopes and not has_all(who.has_scope, self.all_scopes)
     or self.any_scope and not has_any(who.has_scope, self.any_scope) then
    return false
  end
  return not self.allow or self.allow(identity.copy(who)) == true
end


--- The policy that a caller means: none given, a compiled one, or rules.
---@param where string
---@param given gctokens.guard.Policy|table|nil
---@param base gctokens.guard.Policy
function rules.policy(where, given, base)
  if given == nil then
    return base
  end
  if rules.is_policy(given) then
    return given
  end
  if type(given) ~= "table" then
    errors.misuse(("%s: rules must be a table, got %s"):format(
      where, type(given)))
  end
  return rules.compile(where, given, base)
end


return rules
