--- gctokens verify: checks whether the access token is valid.

local errors = require("gctokens.errors")
local open_client = require("gctokens.cli.client").open
local exit = require("gctokens.cli.exit")
local report = require("gctokens.cli.report")


local function print_answer(options, valid, err)
  if options.quiet then
    return
  elseif options.json then
    report.json({ valid = valid, correlation_id = err and err.correlation_id })
  else
    report.line(valid and "valid" or "invalid")
  end
end


-- Uses GET. A response to HEAD has no body, and only the body distinguishes an
-- invalid token from an address that Genesys blocks.
---@param options table of gctokens.cli.parser
---@return integer? exit_code
return function(options)
  local client = open_client(options)
  local info, err = client:get_tokens_me({ preserve_idle_ttl = true })
  if info then
    print_answer(options, true)
  elseif errors.is_token_invalid(err) then
    print_answer(options, false, err)
    return exit.REFUSED
  else
    exit.with_error(err)
  end
end
