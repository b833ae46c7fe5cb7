--- gctokens logout: revokes the access token.

local open_client = require("gctokens.cli.client").open
local exit = require("gctokens.cli.exit")
local report = require("gctokens.cli.report")


---@param options table of gctokens.cli.parser
return function(options)
  local client = open_client(options)
  local deleted, err, response = client:delete_tokens_me()
  if not deleted then
    exit.with_error(err)
  end
  local already = response.already_deleted or false
  if options.json then
    report.json({ deleted = true, already_deleted = already })
  elseif not options.quiet then
    report.line(already
      and "the token was revoked by an earlier attempt"
      or "the token is revoked")
  end
end
