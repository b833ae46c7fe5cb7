--- The options of gctokens.guard.new, and what must be right before nginx may
-- start with a guard.

local breaker = require("gctokens.guard.breaker")
local validate = require("gctokens.validate")
local core = require("gctokens.core")
local errors = require("gctokens.errors")
local identity = require("gctokens.guard.identity")
local policies = require("gctokens.guard.policy")

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


local function is_l1_ttl(value)
  return type(value) == "number" and value > 0 and value <= 1
    or "a number of seconds above 0, at most 1"
end


-- Header names that mean something to nginx or to the application.
local NOT_OURS = {
  authorization = true, connection = true, ["content-length"] = true,
  ["content-type"] = true, cookie = true, host = true,
  ["transfer-encoding"] = true,
}

-- HTTP field names (RFC 9110 section 5.6.2) to fields of the identity.
local function is_headers(value)
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
    if type(name) ~= "string" or not name:find("^[%w!#$%%&'*+.^_`|~-]+$")
       or NOT_OURS[name:lower()] then
      return ("%s; %q cannot be such a name"):format(expected, tostring(name))
    elseif not known[field] then
      return ("%s; %q is none"):format(expected, tostring(field))
    end
  end
  return true
end


local is_breaker_policy = validate.is_table_of({
  min_calls = validate.is_count,
  ratio = function(value)
    return type(value) == "number" and value > 0 and value <= 1
      or "a number above 0, at most 1"
  end,
  window = validate.is_seconds,
  cooldown = validate.is_seconds,
  max_cooldown = validate.is_seconds,
}, "false, or a table of min_calls, ratio, window, cooldown and max_cooldown")

local function is_breaker(value)
  return value == false or is_breaker_policy(value)
end


-- Passed on to gctokens.new, which checks them.
local CLIENT_OPTIONS = {
  "region", "base_url", "allow_http", "ca_file", "ca_path", "client_cert",
  "client_key", "proxy", "no_proxy", "max_connections", "user_agent",
  "transport",
}

local OPTIONS = {
  dict = validate.is_text,
  negative_dict = validate.is_text,
  ttl = validate.is_seconds,
  negative_ttl = validate.is_seconds,
  error_ttl = validate.is_seconds,
  l1_ttl = is_l1_ttl,
  l1_size = validate.is_count,
  refresh_ahead = validate.is_pause,
  stale_if_error = validate.is_pause,
  lookup_timeout = validate.is_seconds,
  connect_timeout = validate.is_seconds,
  max_concurrent_lookups = validate.is_count,
  max_response_bytes = validate.is_count,
  breaker = is_breaker,
  preserve_idle_ttl = validate.is("boolean"),
  headers = is_headers,
  realm = validate.is_text,
  check_ngx_lua = validate.is("boolean"),
}

local DEFAULTS = {
  dict = "gctokens",
  ttl = 60,
  negative_ttl = 10,
  error_ttl = 1,
  l1_ttl = 1,
  l1_size = 10000,
  stale_if_error = 0,
  lookup_timeout = 2,
  connect_timeout = 1,
  max_concurrent_lookups = 128, -- half of nginx's lua_max_running_timers
  max_response_bytes = 65536,
  breaker = breaker.default,
  preserve_idle_ttl = true,
  headers = {
    ["X-Genesys-Organization-Id"] = "organization_id",
    ["X-Genesys-Client-Id"] = "client_id",
  },
  realm = "Genesys Cloud",
  check_ngx_lua = true,
}


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


local function needs_default_ca_file(given)
  return not given.ca_file and not given.ca_path and not given.transport
    and not (given.base_url or ""):find("^[Hh][Tt][Tt][Pp]:")
end


-- ---- all of it -------------------------------------------------------------

local settings = {}


local function known_options()
  local known = {}
  for name, check in pairs(OPTIONS) do
    known[name] = check
  end
  for name, check in pairs(policies.options) do
    known[name] = check
  end
  for _, name in ipairs(CLIENT_OPTIONS) do
    known[name] = function() -- gctokens.new checks it
      return true
    end
  end
  return known
end


-- Given values over defaults, one level deep.
local function completed(given)
  local all = {}
  for name in pairs(OPTIONS) do
    all[name] = given[name]
    if all[name] == nil then
      all[name] = DEFAULTS[name]
    end
  end
  if all.breaker then
    local policy = {}
    for name, default in pairs(breaker.default) do
      policy[name] = all.breaker[name] or default
    end
    all.breaker = policy
  end
  all.refresh_ahead = all.refresh_ahead or all.ttl / 10
  all.max_concurrent_known =
    math.ceil(all.max_concurrent_lookups * (1 + MORE_FOR_KNOWN))
  return all
end


--- Checks the options and completes them. Raises on the first that is wrong,
--- which stops nginx when it is done in init_by_lua.
---@param given table
---@return table all the guard's own options, with the shared dict as `dict`
---@return table client options for gctokens.new
---@return table rules for policies.compile
function settings.read(given)
  given = validate.copy(WHERE, given)
  validate.all(WHERE, given, known_options())
  local all = completed(given)
  if all.check_ngx_lua then
    check_version()
  end
  if not given.region and not given.base_url then
    errors.raise(WHERE .. ": option \"region\" or \"base_url\" is needed")
  end
  all.dict = find_dict(all.dict)
  all.negative_dict = all.negative_dict and find_dict(all.negative_dict)
  for _, name in ipairs({ "ca_file", "client_cert", "client_key" }) do
    check_readable(name, given[name])
  end
  if needs_default_ca_file(given) then
    check_readable("ca_file", core.default_ca_file)
  end
  -- Tokens come with requests: the environment has no say.
  local client = {
    env = false,
    connect_timeout = all.connect_timeout,
    max_response_bytes = all.max_response_bytes,
  }
  for _, name in ipairs(CLIENT_OPTIONS) do
    client[name] = given[name]
  end
  if not given.transport then
    client.max_connections = given.max_connections or all.max_concurrent_known
  end
  local own_rules = {}
  for name in pairs(policies.options) do
    own_rules[name] = given[name]
  end
  return all, client, own_rules
end


return settings
