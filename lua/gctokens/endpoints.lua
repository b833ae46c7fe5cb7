--- Where requests go: the URL of the API, and of the login that takes client
-- credentials. A secret goes only to a host that was named, by region or by
-- URL.

local validate = require("gctokens.validate")
local regions = require("gctokens.regions")

local endpoints = {}


local function normal_url(core, where, settings, given, name)
  local normal, reason = core.base_url(given[name], given.allow_http or false)
  if not normal then
    return validate.option_error(where, name, "cannot be used: " .. reason)
  end
  settings[name] = normal
end


-- The login of a region is next to its API; of other hosts nobody knows.
local function login_next_to(base_url)
  local domain = base_url:lower():match("^https://api%.([^/:]+)$")
  return domain and regions.is_genesys(domain) and "https://login." .. domain
    or nil
end


local function choose_base_url(core, where, settings, given, found, origins)
  if given.base_url then
    origins.region = nil
    local err = normal_url(core, where, settings, given, "base_url")
    settings.login_url = not err and login_next_to(settings.base_url) or nil
    return err
  end
  origins.region = not given.region and origins.region or nil
  local domain, reason = regions.resolve(
    given.region or found.region or regions.default)
  if not domain then
    return validate.option_error(where, "region", "cannot be used: " .. reason,
      origins.region)
  end
  settings.base_url = "https://api." .. domain
  settings.login_url = "https://login." .. domain
end


--- Sets base_url and login_url.
---@param core table gctokens.core
---@param where string who was called, for messages
---@param settings table gets them; has the client credentials that are used
---@param given table options of the code
---@param found table those of the environment
---@param origins table<string, string> option -> variable it is from
---@return gctokens.OptionError? err
function endpoints.choose(core, where, settings, given, found, origins)
  local err = choose_base_url(core, where, settings, given, found, origins)
  if not err and given.login_url then
    err = normal_url(core, where, settings, given, "login_url")
  end
  if not err and settings.client_secret and not settings.login_url then
    err = validate.option_error(where, "login_url",
      ("is needed: client credentials "
      .. "would go to a host that nobody named, as %s is none of Genesys'")
      :format(settings.base_url))
  end
  return err
end


return endpoints
