--- gctokens token: prints a fresh access token of the OAuth client in the
-- environment.

local client = require("gctokens.cli.client")
local exit = require("gctokens.cli.exit")
local report = require("gctokens.cli.report")


---@param options table of gctokens.cli.parser
return function(options)
  if options.token_file then
    exit.usage("--token-file cannot be used here: a fresh token is requested "
      .. "with client credentials")
  end
  local token, err =
    client.open_with_client_credentials(options):get_access_token()
  if not token then
    exit.with_error(err)
  elseif options.json then
    report.json({ access_token = token })
  else
    report.line(token)
  end
end
