--- gctokens token: a fresh access token of the OAuth client in the environment.

local exit = require("gctokens.cli.exit")
local report = require("gctokens.cli.report")
local open_client = require("gctokens.cli.client").open


local ID = "GENESYSCLOUD_OAUTHCLIENT_ID"
local SECRET = "GENESYSCLOUD_OAUTHCLIENT_SECRET"


-- Named, so that the environment's access token does not come first.
local function credentials()
  local id, secret = os.getenv(ID) or "", os.getenv(SECRET) or ""
  if id == "" or secret == "" then
    exit.raise(exit.UNAUTHORISED, ("a token is got with client "
      .. "credentials: set %s and %s"):format(ID, SECRET))
  end
  return { client_id = id, client_secret = secret }
end


---@param options table of gctokens.cli.parser
return function(options)
  if options.token_file then
    exit.usage("a token is got with client credentials, --token-file has "
      .. "no use here")
  end
  local client = open_client(options, credentials())
  local token, err = client:get_access_token()
  if not token then
    exit.of(err)
  elseif options.json then
    report.json({ access_token = token })
  else
    report.line(token)
  end
end
