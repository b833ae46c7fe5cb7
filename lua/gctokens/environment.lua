--- Options from environment variables: those of Genesys' own command line, and
-- curl's for trusted certificates.

local environment = {}


-- option -> variable
local VARIABLES = {
  access_token = "GENESYSCLOUD_ACCESS_TOKEN",
  client_id = "GENESYSCLOUD_OAUTHCLIENT_ID",
  client_secret = "GENESYSCLOUD_OAUTHCLIENT_SECRET",
  region = "GENESYSCLOUD_REGION",
}

-- libcurl's order for the proxy of an https URL. libcurl reads them itself;
-- errors name them.
local PROXY_VARIABLES = {
  "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
}


-- A variable that is empty counts as not set, as in a shell's ${NAME:-default}.
local function read(variable)
  local value = os.getenv(variable)
  return value ~= "" and value or nil
end


-- curl's own variable wins over OpenSSL's two. OpenSSL's directory adds to the
-- certificates that libcurl trusts by default.
local function read_trust(found, origins, default_ca_file)
  local function take(option, variable)
    found[option] = read(variable)
    origins[option] = found[option] and variable
    return found[option] ~= nil
  end
  if take("ca_file", "CURL_CA_BUNDLE") then
    return
  end
  local has_file = take("ca_file", "SSL_CERT_FILE")
  if take("ca_path", "SSL_CERT_DIR") and not has_file then
    found.ca_file = default_ca_file
  end
end


--- Reads all variables.
---@param default_ca_file string? certificates that libcurl trusts by default
---@return table found option -> value
---@return table<string, string> origins option -> variable it is from
function environment.read(default_ca_file)
  local found, origins = {}, {}
  for option, variable in pairs(VARIABLES) do
    found[option] = read(variable)
    origins[option] = found[option] and variable
  end
  read_trust(found, origins, default_ca_file)
  for _, variable in ipairs(PROXY_VARIABLES) do
    origins.proxy = origins.proxy or read(variable) and variable
  end
  return found, origins
end


return environment
