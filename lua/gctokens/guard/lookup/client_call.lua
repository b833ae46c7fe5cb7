--- One call of the client on behalf of a request's token. A transport of the
-- user may raise, and its message may hold the token: the log gets it redacted.

local bearer = require("gctokens.guard.request.bearer")
local core = require("gctokens.core")
local errors = require("gctokens.errors")


-- Operation -> what the log says was attempted.
local VERBS = { get_tokens_me = "verify", delete_tokens_me = "revoke" }


local client_call = {}


---@param log gctokens.NginxLog
---@param client gctokens.Client
---@param operation "get_tokens_me"|"delete_tokens_me"
---@param key string of the token, for the log
---@param options table of the call, with its access_token
---@return boolean has_returned false: it raised
---@return any result, gctokens.Error? err, gctokens.Response? response
function client_call.run(log, client, operation, key, options)
  local ok, result, err, response =
    pcall(client[operation], client, options)
  if not ok then
    log:error("internal", ("could not %s token %s: %s"):format(
      VERBS[operation], bearer.short(key),
      core.redact(errors.describe(result), { options.access_token })))
    return false
  end
  return true, result, err, response
end


return client_call
