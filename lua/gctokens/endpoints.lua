--- Where requests go: the URLs of the API and of the login. A secret goes only
-- to a host that the user has named, by region or by URL.

local regions = require("gctokens.regions")
local validate = require("gctokens.validate")

local endpoints = {}


-- Sets an option that is a URL to its normal form.
local function set_url(core, where, options, user, name)
  local normal, reason = core.base_url(user[name], user.allow_http or false)
  if not normal then
    return validate.option_error(where, name, "cannot be used: " .. reason)
  end
  options[name] = normal
end


-- The login of a region is next to its API. Other hosts have none that is
-- known.
local function login_next_to(base_url)
  local domain = base_url:lower():match("^https://api%.([^/:]+)$")
  return domain and regions.is_genesys(domain) and "https://login." .. domain
    or nil
end


local function choose_base_url(core, where, options, user, found, origins)
  if user.base_url then
    origins.region = nil
    local err = set_url(core, where, options, user, "base_url")
    options.login_url = not err and login_next_to(options.base_url) or nil
    return err
  end
  origins.region = not user.region and origins.region or nil
  local domain, reason = regions.resolve(
    user.region or found.region or regions.default)
  if not domain then
    return validate.option_error(where, "region", "cannot be used: " .. reason,
      origins.region)
  end
  options.base_url = "https://api." .. domain
  options.login_url = "https://login." .. domain
end


--- Sets base_url and login_url.
---@param core table gctokens.core
---@param where string function that was called, for messages
---@param options table gets them; has the client credentials that are used
---@param user table options of the code
---@param found table those of the environment
---@param origins table<string, string> option -> variable it is from
---@return gctokens.OptionError? err
function endpoints.choose(core, where, options, user, found, origins)
  local err = choose_base_url(core, where, options, user, found, origins)
  if not err and user.login_url then
    err = set_url(core, where, options, user, "login_url")
  end
  if not err and options.client_secret and not options.login_url then
    err = validate.option_error(where, "login_url",
      ("is needed: client credentials "
      .. "would go to a host that nobody named, as %s is none of Genesys'")
      :format(options.base_url))
  end
  return err
end


return endpoints
