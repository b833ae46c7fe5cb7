--- Options: which there are, of what type, with which default, and where a
-- value comes from when the code gives none.

local validate = require("gctokens.validate")
local retry = require("gctokens.retry")

local options = {}


local WHERE = "gctokens.new"

local is = validate.is
local is_count = validate.is_count
local is_pause = validate.is_pause
local is_seconds = validate.is_seconds
local is_text = validate.is_text


local function is_token(value)
  return type(value) == "string" or type(value) == "function"
    or "a string or a function"
end


-- Names and values are judged when a request is made of them.
local function is_headers(value)
  if type(value) ~= "table" then
    return "a table of strings"
  end
  for name, text in pairs(value) do
    if type(name) ~= "string" or type(text) ~= "string" then
      return "a table of strings, names to values"
    end
  end
  return true
end


local is_retry_policy = validate.is_table_of({
  max_attempts = is_count,
  base_delay = is_pause,
  max_delay = is_pause,
  max_retry_after = is_pause,
}, "false or a table of max_attempts, base_delay, max_delay and "
  .. "max_retry_after")

local function is_retry(value)
  return type(value) == "boolean" or is_retry_policy(value)
end


local function is_loop(value)
  if type(value) ~= "table" then
    return "a table"
  end
  for _, name in ipairs({ "now", "sleep", "wait" }) do
    if type(value[name]) ~= "function" then
      return ("a table with a function %s"):format(name)
    end
  end
  for _, name in ipairs({ "run", "event", "detach" }) do
    if value[name] ~= nil and type(value[name]) ~= "function" then
      return ("a table whose %s is a function, if it has one"):format(name)
    end
  end
  return true
end


local function is_concurrency(value)
  return is_count(value) == true and value <= 1024
    or "a whole number from 1 to 1024"
end


local function is_rate(value)
  return value == false
    or type(value) == "number" and value > 0 and value < math.huge
    or "false or a number above 0"
end


-- What a call can override, and what it inherits from the client otherwise.
local call_options = {
  access_token = is_token,
  timeout = is_seconds,
  connect_timeout = is_seconds,
  deadline = is_seconds,
  retry = is_retry,
  headers = is_headers,
}

-- Adds those to `own`.
local function with_call_options(own)
  for name, check in pairs(call_options) do
    own[name] = check
  end
  return own
end

-- Where not just those of any call are taken.
local operation_options = {
  get_tokens_me = with_call_options({ preserve_idle_ttl = is("boolean") }),
  put_tokens_timeout = with_call_options({ validate = is("boolean") }),
  warm_up = with_call_options({}),
  delete_tokens_of = with_call_options({
    concurrency = is_concurrency,
    rate_per_minute = is_rate,
    dedupe_window = is_count,
    on_result = is("function"),
    should_stop = is("function"),
  }),
}
operation_options.warm_up.access_token = nil

local client_options = with_call_options({
  region = is_text,
  base_url = is_text,
  login_url = is_text,
  allow_http = is("boolean"),
  client_id = is_text,
  client_secret = is_text,
  ca_file = is_text,
  ca_path = is_text,
  client_cert = is_text,
  client_key = is_text,
  proxy = is("string"), -- "" means: no proxy, whatever the environment says
  no_proxy = is("string"),
  max_response_bytes = is_count,
  max_connections = is_count,
  user_agent = is_text,
  on_attempt = is("function"),
  loop = is_loop,
  transport = is("function"),
  env = is("boolean"),
})


-- What the engine does, and a transport has to do itself.
local engine_options = {
  "ca_file", "ca_path", "client_cert", "client_key", "proxy", "no_proxy",
  "max_connections",
}


local defaults = {
  timeout = 15,
  connect_timeout = 5,
  deadline = 60,
}


-- What would have no effect must not look as if it had.
local function check_transport(given)
  for _, name in ipairs(engine_options) do
    if given.transport and given[name] ~= nil then
      return validate.option_error(WHERE, name,
        "has no effect together with option \"transport\"")
    end
  end
end


---@param value boolean|table|nil
---@return gctokens.RetryPolicy|false
local function retry_policy(value)
  if value == false then
    return false
  end
  local given = type(value) == "table" and value or {}
  local policy = {}
  for name, default in pairs(retry.default) do
    policy[name] = given[name] == nil and default or given[name]
  end
  return policy
end


local function check_pair(settings, origins, name, other)
  if settings[name] and not settings[other] then
    local from = origins[name] and (" (from %s)"):format(origins[name]) or ""
    return validate.option_error(WHERE, other,
      ("is needed together with %s%s"):format(name, from))
  end
end


-- Code beats environment; within one of them a token beats credentials.
local function choose_credentials(settings, given, found, origins)
  local credentials = given.client_id or given.client_secret
  settings.access_token = nil
  settings.client_id, settings.client_secret = nil, nil
  if given.access_token then
    settings.access_token = given.access_token
    origins.access_token = nil
  elseif found.access_token and not credentials then
    settings.access_token = found.access_token
  else
    for _, name in ipairs({ "client_id", "client_secret" }) do
      settings[name] = given[name] or found[name]
      origins[name] = not given[name] and origins[name] or nil
    end
    return check_pair(settings, origins, "client_id", "client_secret")
      or check_pair(settings, origins, "client_secret", "client_id")
  end
end


-- Named in the code, one of them is all that is trusted. A transport has its
-- own.
local function choose_trust(settings, given, found, origins)
  if given.ca_file or given.ca_path or given.transport then
    origins.ca_file, origins.ca_path = nil, nil
  else
    settings.ca_file, settings.ca_path = found.ca_file, found.ca_path
  end
end


-- `origin`, of an option that is not from the code, is known to who calls.
local function choose_all(core, settings, given, origins)
  local found = {}
  if given.env ~= false then
    local variables
    found, variables = require("gctokens.environment").read(
      core.default_ca_file)
    for name, variable in pairs(variables) do
      origins[name] = origins[name] or variable
    end
  end
  if given.proxy then
    origins.proxy = nil
  end
  if given.env == false then -- where there is nothing, libcurl reads variables
    settings.proxy = given.proxy or ""
    settings.no_proxy = given.no_proxy or ""
  end
  choose_trust(settings, given, found, origins)
  return choose_credentials(settings, given, found, origins)
    or require("gctokens.endpoints").choose(
      core, WHERE, settings, given, found, origins)
end


--- Checks the options of gctokens.new and completes them from environment and
--- defaults.
---@param core table gctokens.core
---@param given table?
---@return table? settings with `origins`: option -> the variable it is from
---@return gctokens.OptionError? err the first thing that is wrong
function options.for_client(core, given)
  given = validate.copy(WHERE, given or {})
  local err = validate.first_wrong(WHERE, given, client_options)
    or check_transport(given)
  if err then
    return nil, err
  end
  local settings = validate.copy(WHERE, given)
  for name, value in pairs(defaults) do
    settings[name] = settings[name] or value
  end
  settings.retry = retry_policy(given.retry)
  settings.origins = {}
  err = choose_all(core, settings, given, settings.origins)
  if err then
    return nil, err
  end
  return settings
end


local function merged(base, extra)
  if not base or not extra then
    return extra or base
  end
  local both, lower = {}, {}
  for name, value in pairs(extra) do
    both[name], lower[name:lower()] = value, true
  end
  for name, value in pairs(base) do
    if not lower[name:lower()] then
      both[name] = value
    end
  end
  return both
end


--- Checks the options of one call and completes them from the client's.
---@param settings table of options.for_client
---@param operation string
---@param given table
---@param arguments table gets the operation's own options
---@return table terms
function options.for_call(settings, operation, given, arguments)
  given = validate.copy(operation, given)
  local known = operation_options[operation] or call_options
  for name, value in pairs(given) do
    validate.one(operation, name, value, known)
    if not call_options[name] then
      arguments[name] = value
    end
  end
  local policy = settings.retry
  if given.retry ~= nil then
    policy = retry_policy(given.retry)
  end
  return {
    access_token = given.access_token,
    timeout = given.timeout or settings.timeout,
    connect_timeout = given.connect_timeout or settings.connect_timeout,
    deadline = given.deadline or settings.deadline,
    retry = policy,
    headers = merged(settings.headers, given.headers),
    on_attempt = settings.on_attempt,
  }
end


return options
