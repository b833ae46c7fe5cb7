--- Who may pass: rules, made once, and asked for every request. They are asked
-- after the cache, so that a token which one location lets through is judged
-- anew by the next.

local validate = require("gctokens.validate")
local identity = require("gctokens.guard.identity")


-- A list of names, one name, or false for "this rule of the guard's does not
-- hold here".
local function is_names(value)
  if value == false or type(value) == "string" and value ~= "" then
    return true
  end
  local expected = "a string, a list of strings (not empty), or false"
  if type(value) ~= "table" or next(value) == nil then
    return expected
  end
  -- A list with a hole would end there, and lose what is behind it.
  local count = 0
  for _ in pairs(value) do
    count = count + 1
  end
  for i = 1, count do
    if type(value[i]) ~= "string" or value[i] == "" then
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
    if scope:find("[^!#-Z%[%]^-~]") then
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
rules.options = validate.checks_of(require("gctokens.options.policy"), {
  is_names = is_names, is_scopes = is_scopes, is_allow = is_allow,
})

-- rule -> the field of the identity that must be one of its names
local MEMBERSHIPS = {
  organizations = "organization_id",
  home_organizations = "home_organization_id",
  clients = "client_id",
  grant_types = "grant_type",
}


-- A list of its own: what becomes of the caller's does not matter.
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
---@param is_kept boolean? whether it is made once, for many requests
---@return gctokens.guard.Policy
function rules.compile(where, given, base, is_kept)
  given = validate.copy(where, given)
  validate.all(where, given, rules.options)
  local all = complete(given, base)
  local policy = {
    given = all,
    is_kept = is_kept,
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


local function judge(self, who)
  for _, rule in ipairs(self.memberships) do
    local value = who[rule.field]
    if not value or not rule.names[value] then
      return false
    end
  end
  local all, any = self.all_scopes, self.any_scope
  return (not all or count_scopes(who, all) == #all)
    and (not any or count_scopes(who, any) > 0)
end


--- Whether whoever it is may pass. What the names say does not change, and is
--- kept with the verdict; the user's function is asked every time. An error in
--- it is not caught: nobody passes, and nginx logs it.
---@param verdict gctokens.guard.Verdict a valid one
---@return boolean
function Policy:allows(verdict)
  local passes = verdict.allowed_by[self]
  if passes == nil then
    passes = judge(self, verdict.identity)
    if self.is_kept then
      verdict.allowed_by[self] = passes
    end
  end
  if passes and self.allow then
    return self.allow(identity.copy(verdict.identity, "")) == true
  end
  return passes
end


--- The policy that a caller means: a compiled one, or rules.
---@param where string
---@param given gctokens.guard.Policy|table
---@param base gctokens.guard.Policy
---@param is_kept boolean?
function rules.policy(where, given, base, is_kept)
  if rules.is_policy(given) then
    return given
  end
  return rules.compile(where, given, base, is_kept)
end


return rules
