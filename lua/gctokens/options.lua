--- The options of gctokens.new: checked, and completed from defaults and
-- environment. The table gctokens.options.client lists them.

local rows = require("gctokens.options.client")
local validate = require("gctokens.validate")

local options = {}


local WHERE = "gctokens.new"


--- The defaults in a table of options.
---@param list table[] see gctokens.options.client
---@return table defaults option -> value; of fields, a table of theirs
function options.defaults_of(list)
  local defaults = {}
  for _, row in ipairs(list) do
    if row.fields then
      defaults[row.name] = options.defaults_of(row.fields)
    else
      defaults[row.name] = row.default
    end
  end
  return defaults
end


--- The value of an option that has fields, with their defaults.
---@param value boolean|table|nil
---@param defaults table
---@return table|false
function options.completed(value, defaults)
  if value == false then
    return false
  end
  local fields = type(value) == "table" and value or {}
  local completed = {}
  for name, default in pairs(defaults) do
    completed[name] = fields[name] == nil and default or fields[name]
  end
  return completed
end


--- Option -> default.
---@type table<string, any>
options.defaults = options.defaults_of(rows)


--- Option -> check.
---@type table<string, function>
options.checks = validate.checks_of(rows)


-- With a transport there is no engine. Options of the engine alone would have
-- no effect.
local function check_transport(user_options)
  for _, row in ipairs(user_options.transport and rows or {}) do
    if row.engine == "alone" and user_options[row.name] ~= nil then
      return validate.option_error(WHERE, row.name,
        "has no effect together with option \"transport\"")
    end
  end
end


-- ---- completing ------------------------------------------------------------

-- In these functions `user` holds the options given in the code, `found` those
-- of the environment, `all` the resulting options. `origins` holds the
-- environment variable that an option is from.

local function check_pair(all, origins, name, other)
  if all[name] and not all[other] then
    local from = origins[name] and (" (from %s)"):format(origins[name]) or ""
    return validate.option_error(WHERE, other,
      ("is needed together with %s%s"):format(name, from))
  end
end


-- Code beats environment; within one of them a token beats credentials.
local function choose_credentials(all, user, found, origins)
  local credentials = user.client_id or user.client_secret
  all.access_token = nil
  all.client_id, all.client_secret = nil, nil
  if user.access_token then
    all.access_token = user.access_token
    origins.access_token = nil
  elseif found.access_token and not credentials then
    all.access_token = found.access_token
  else
    for _, name in ipairs({ "client_id", "client_secret" }) do
      all[name] = user[name] or found[name]
      origins[name] = not user[name] and origins[name] or nil
    end
    return check_pair(all, origins, "client_id", "client_secret")
      or check_pair(all, origins, "client_secret", "client_id")
  end
end


-- What the code names replaces what the environment names. A transport has its
-- own trust.
local function choose_trust(all, user, found, origins)
  if user.ca_file or user.ca_path or user.transport then
    origins.ca_file, origins.ca_path = nil, nil
  else
    all.ca_file, all.ca_path = found.ca_file, found.ca_path
  end
end


-- Completes the options from the environment, and notes in `origins` which
-- variable each of those is from.
local function choose_all(core, all, user, origins)
  local found = {}
  if user.env ~= false then
    local variables
    found, variables = require("gctokens.environment").read(
      core.default_ca_file)
    for name, variable in pairs(variables) do
      origins[name] = origins[name] or variable
    end
  end
  if user.proxy then
    origins.proxy = nil
  end
  if user.env == false then -- else libcurl reads its own variables
    all.proxy = user.proxy or ""
    all.no_proxy = user.no_proxy or ""
  end
  choose_trust(all, user, found, origins)
  return choose_credentials(all, user, found, origins)
    or require("gctokens.endpoints").choose(
      core, WHERE, all, user, found, origins)
end


--- Checks the options of gctokens.new and completes them from environment and
--- defaults.
---@param core table gctokens.core
---@param user_options gctokens.Options?
---@return table? client_options with `origins`: option -> the variable that its
---  value is from
---@return gctokens.OptionError? err the first thing that is wrong
function options.for_client(core, user_options)
  if user_options == nil then
    user_options = {}
  end
  user_options = validate.copy(WHERE, user_options)
  local err = validate.first_wrong(WHERE, user_options, options.checks)
    or check_transport(user_options)
  if err then
    return nil, err
  end
  local client_options = validate.copy(WHERE, user_options)
  for name in pairs(options.checks) do
    if client_options[name] == nil then
      client_options[name] = options.defaults[name]
    end
  end
  client_options.retry =
    options.completed(user_options.retry, options.defaults.retry)
  client_options.origins = {}
  err = choose_all(core, client_options, user_options, client_options.origins)
  if err then
    return nil, err
  end
  return client_options
end


return options
