--- The options of gctokens.guard.new, checked and completed, and what else must
-- be right before nginx may start with a guard. The tables
-- gctokens.options.guard, .client and .policy list them.

local client_rows = require("gctokens.options.client")
local core = require("gctokens.core")
local errors = require("gctokens.errors")
local field_names = require("gctokens.guard.request.field_names")
local fleet_options = require("gctokens.guard.fleet.options")
local identity = require("gctokens.guard.cache.identity")
local options = require("gctokens.options")
local policies = require("gctokens.guard.request.policy")
local rows = require("gctokens.options.guard")
local validate = require("gctokens.validate")

local ngx = ngx


local WHERE = "gctokens.guard.new"

local SMALLEST_DICT = 512 * 1024 -- bytes

-- On top of max_concurrent_lookups, for tokens that were valid before: a flood
-- of others shall not be why they are refused.
local MORE_FOR_KNOWN = 1 / 4

-- Versions of ngx_lua (as ngx.config.ngx_lua_version has them) not to be put
-- in front of anything. Debian's package carries the fix of the second.
local OLDEST = 10019
local KNOWN_BAD = {
  {
    from = 10021, to = 10022,
    why = "it hangs in threads outside the content phase",
  },
  {
    from = 0, to = 10026, fixed_by_debian = true,
    why = "HEAD requests can be smuggled past it (CVE-2024-33452)",
  },
}


-- ---- checks ----------------------------------------------------------------

local own_checks = {}

for name, check in pairs(fleet_options.checks) do
  own_checks[name] = check
end


function own_checks.is_false(value)
  return value == false or "false"
end


function own_checks.is_ratio(value)
  return type(value) == "number" and value > 0 and value <= 1
    or "a number above 0, at most 1"
end


-- Names of request headers to fields of the identity.
function own_checks.is_identity_headers(value)
  if value == false then
    return true
  end
  local expected = "false, or a table of header names to "
    .. table.concat(identity.fields, ", ")
  if type(value) ~= "table" then
    return expected
  end
  local known = {}
  for _, field in ipairs(identity.fields) do
    known[field] = true
  end
  for name, field in pairs(value) do
    if type(name) ~= "string" or not field_names.is_free(name)
       or name:lower() == "authorization" then
      return ("%s; %q cannot be such a name"):format(expected, tostring(name))
    elseif not known[field] then
      return ("%s; %q is none"):format(expected, tostring(field))
    end
  end
  return true
end


local defaults = options.defaults_of(rows)


-- Those of the guard, of its policy, and of gctokens.new that it passes on.
local checks = validate.checks_of(rows, own_checks)

for name, check in pairs(policies.options) do
  checks[name] = check
end

for _, row in ipairs(client_rows) do
  if row.guard then
    checks[row.name] = options.checks[row.name]
  end
end


-- ---- what must be right ----------------------------------------------------

local function check_version()
  local version = ngx.config.ngx_lua_version
  local debian = ngx.config.nginx_configure():find(
    "/libnginx-mod-http-lua-", 1, true) ~= nil
  local shown = ("0.%d.%d"):format(
    math.floor(version / 1000), version % 1000)
  if version < OLDEST then
    errors.raise(("%s: ngx_lua %s is too old, 0.%d.%d is the least"):format(
      WHERE, shown, math.floor(OLDEST / 1000), OLDEST % 1000))
  end
  for _, bad in ipairs(KNOWN_BAD) do
    if version >= bad.from and version <= bad.to
       and not (bad.fixed_by_debian and debian) then
      errors.raise(("%s: ngx_lua %s must not be used: %s; if yours has the "
        .. "fix, set check_ngx_lua = false"):format(WHERE, shown, bad.why))
    end
  end
end


local function find_dict(name)
  local dict = ngx.shared[name]
  if not dict then
    errors.raise(("%s: there is no shared dict %q: add "
      .. "\"lua_shared_dict %s 10m;\" to the http block"):format(
      WHERE, name, name))
  end
  if dict:capacity() < SMALLEST_DICT then
    errors.raise(("%s: the shared dict %q is too small: %d KiB, at least "
      .. "%d KiB are needed"):format(
      WHERE, name, dict:capacity() / 1024, SMALLEST_DICT / 1024))
  end
  return dict
end


local function check_readable(name, path)
  if not path then
    return
  end
  local file, message = io.open(path, "rb")
  local text = file and file:read(1)
  if file then
    file:close()
  end
  if not text then
    errors.raise(("%s: option %q: could not read the file: %s"):format(
      WHERE, name, message or path .. " is empty or no file"))
  end
end


local function needs_default_ca_file(user)
  return not user.ca_file and not user.ca_path and not user.transport
    and not (user.base_url or ""):find("^[Hh][Tt][Tt][Pp]:")
end


local function check_files(user)
  for _, name in ipairs({ "ca_file", "client_cert", "client_key" }) do
    check_readable(name, user[name])
  end
  if needs_default_ca_file(user) then
    check_readable("ca_file", core.default_ca_file)
  end
end


-- ---- completing ------------------------------------------------------------

local function guard_options_of(user)
  local own = {}
  for _, row in ipairs(rows) do
    own[row.name] = user[row.name]
    if own[row.name] == nil then
      own[row.name] = defaults[row.name]
    end
  end
  own.breaker = options.completed(user.breaker, defaults.breaker)
  own.refresh_ahead = own.refresh_ahead or own.ttl / 10
  own.fleet = user.fleet and fleet_options.read(WHERE, user.fleet, own.ttl)
  own.longest_ttl = math.max(own.ttl, own.fleet and own.fleet.ttl_alone or 0)
  own.max_concurrent_known =
    math.ceil(own.max_concurrent_lookups * (1 + MORE_FOR_KNOWN))
  return own
end


-- Tokens come with requests: the environment has no say.
local function client_options_of(user, own)
  local client_options = { env = false }
  for _, row in ipairs(client_rows) do
    if row.guard then
      client_options[row.name] = user[row.name]
    end
  end
  for _, row in ipairs(rows) do
    if row.client then
      client_options[row.name] = own[row.name]
    end
  end
  if not user.transport then
    client_options.max_connections =
      own.max_connections or own.max_concurrent_known
  end
  return client_options
end


local function policy_options_of(user)
  local policy_options = {}
  for name in pairs(policies.options) do
    policy_options[name] = user[name]
  end
  return policy_options
end


local guard_options = {}


--- Checks the options and completes them. Raises on the first that is wrong,
--- which stops nginx when it is done in init_by_lua.
---@param user_options gctokens.guard.Options
---@return table own the guard's own options, with the shared dict as `dict`
---@return table client_options for gctokens.new
---@return table policy_options for policies.compile
function guard_options.read(user_options)
  local user = validate.copy(WHERE, user_options)
  validate.all(WHERE, user, checks)
  local own = guard_options_of(user)
  if own.check_ngx_lua then
    check_version()
  end
  if not user.region and not user.base_url then
    errors.raise(WHERE .. ": option \"region\" or \"base_url\" is needed")
  end
  own.dict_name, own.dict = own.dict, find_dict(own.dict)
  own.negative_dict = own.negative_dict and find_dict(own.negative_dict)
  check_files(user)
  return own, client_options_of(user, own), policy_options_of(user)
end


return guard_options
