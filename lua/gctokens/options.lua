--- Options: which there are, of what type, with which default, and where a
-- value comes from when the code gives none.

local checks = require("gctokens.checks")
local errors = require("gctokens.errors")
local retry = require("gctokens.retry")

local options = {}


local is = checks.is
local is_count = checks.is_count
local is_pause = checks.is_pause
local is_seconds = checks.is_seconds
local is_text = checks.is_text


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


local is_retry_policy = checks.is_table_of({
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
    remember = is_count,
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
      errors.misuse(("gctokens.new: option %q has no effect together with "
        .. "option \"transport\""):format(name))
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


local environment_names = {
  access_token = "GENESYSCLOUD_ACCESS_TOKEN",
  client_id = "GENESYSCLOUD_OAUTHCLIENT_ID",
  client_secret = "GENESYSCLOUD_OAUTHCLIENT_SECRET",
  region = "GENESYSCLOUD_REGION",
}


-- Set but empty counts as not set, as in a shell's ${NAME:-default}.
local function read_environment(given)
  local found = {}
  if given.env ~= false then
    for name, variable in pairs(environment_names) do
      local value = os.getenv(variable)
      found[name] = value ~= "" and value or nil
    end
  end
  return found
end


-- Code beats environment; within one of them a token beats credentials.
local function choose_credentials(settings, given, found)
  local credentials = given.client_id or given.client_secret
  if given.access_token then
    settings.access_token = given.access_token
  elseif found.access_token and not credentials then
    settings.access_token = found.access_token
  else
    settings.client_id = given.client_id or found.client_id
    settings.client_secret = given.client_secret or found.client_secret
    if (settings.client_id == nil) ~= (settings.client_secret == nil) then
      errors.misuse("gctokens.new: client_id and client_secret are needed "
        .. "together, only one is set")
    end
  end
end


local function normal_url(core, name, url, given)
  local normal, message = core.base_url(url, given.allow_http or false)
  if not normal then
    errors.misuse(("gctokens.new: option %q: %s"):format(name, message))
  end
  return normal
end


local function domain_of(given, found)
  local regions = require("gctokens.regions")
  local region = given.region or found.region or regions.default
  local domain, message = regions.resolve(region)
  if not domain then
    errors.misuse(("gctokens.new: option \"region\"%s: %s"):format(
      given.region and "" or " (from GENESYSCLOUD_REGION)", message))
  end
  return domain
end


-- With a base URL of one's own, the login is next to it and never at the
-- region's: a secret goes to the configured host only.
local function choose_urls(core, settings, given, found)
  if given.base_url then
    settings.base_url =
      normal_url(core, "base_url", given.base_url, given)
    settings.login_url =
      settings.base_url:gsub("^(https?://)api%.", "%1login.")
  else
    local domain = domain_of(given, found)
    settings.base_url = "https://api." .. domain
    settings.login_url = "https://login." .. domain
  end
  if given.login_url then
    settings.login_url =
      normal_url(core, "login_url", given.login_url, given)
  end
end


--- Checks the options of gctokens.new and completes them from environment and
--- defaults. Raises on the first that is wrong.
---@param core table gctokens.core
---@param given table?
---@return table settings
function options.for_client(core, given)
  given = checks.copy("gctokens.new", given or {})
  checks.all("gctokens.new", given, client_options)
  check_transport(given)
  local settings = checks.copy("gctokens.new", given)
  for name, value in pairs(defaults) do
    settings[name] = settings[name] or value
  end
  settings.retry = retry_policy(given.retry)
  local found = read_environment(given)
  settings.access_token = nil
  settings.client_id, settings.client_secret = nil, nil
  choose_credentials(settings, given, found)
  choose_urls(core, settings, given, found)
  if given.env == false and not given.proxy then
    settings.proxy = ""
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
  given = checks.copy(operation, given)
  local known = operation_options[operation] or call_options
  for name, value in pairs(given) do
    checks.one(operation, name, value, known)
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
