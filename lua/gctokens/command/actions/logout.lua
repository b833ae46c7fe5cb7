--- gctokens logout: kills the access token.

local failure = require("gctokens.command.failure")
local report = require("gctokens.command.report")
local session = require("gctokens.command.session")


---@param options table of gctokens.command.parser
return function(options)
  local client = session.open(options)
  local deleted, err, response = client:delete_tokens_me()
  if not deleted then
    failure.of(err)
  end
  local already = response.already_deleted or false
  if options.json then
    report.json({ deleted = true, already_deleted = already })
  elseif not options.quiet then
    report.line(already
      and "the token is dead since an earlier attempt" or "the token is dead")
  end
end
