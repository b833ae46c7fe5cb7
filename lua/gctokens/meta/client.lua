--- The operations as methods of the client. This file documents them; it is
--- never loaded in place of the client.
---@meta gctokens.client

---@class gctokens.Client
local client = {}


--- What is known of the current token.
--- GET /api/v2/tokens/me. Needs no permission.
---@param opts gctokens.GetTokensMeOptions?
---@return gctokens.TokenInfo? info
---@return gctokens.Error? err any kind
---@return gctokens.Response? response
function client:get_tokens_me(opts) end


--- Whether the current token is valid: `true`, or an error. A 401 does not say
--- whether the token is the reason, as a response to HEAD has no body. Where
--- that matters, call get_tokens_me with preserve_idle_ttl.
--- HEAD /api/v2/tokens/me. Needs no permission.
---@param opts gctokens.CallOptions?
---@return true? valid
---@return gctokens.Error? err any kind but protocol
---@return gctokens.Response? response
function client:head_tokens_me(opts) end


--- Revokes the current token. Never repeated with a fresh token. When the API
--- answers a retry that the token is not valid, an earlier attempt has arrived:
--- success, with `response.already_deleted`.
--- DELETE /api/v2/tokens/me. Needs no permission.
---@param opts gctokens.CallOptions?
---@return true? revoked
---@return gctokens.Error? err any kind but protocol
---@return gctokens.Response? response
function client:delete_tokens_me(opts) end


--- Revokes all tokens of a user.
--- DELETE /api/v2/tokens/{userId}. Needs oauth:token:delete.
---@param user_id string the user's id, never "me" or "timeout"
---@param opts gctokens.CallOptions?
---@return true? revoked
---@return gctokens.Error? err any kind but protocol; status 404: no such user
---@return gctokens.Response? response
function client:delete_token(user_id, opts) end


--- The organisation's idle-token timeout.
--- GET /api/v2/tokens/timeout. Needs no permission.
---@param opts gctokens.CallOptions?
---@return gctokens.IdleTokenTimeout? timeout
---@return gctokens.Error? err any kind
---@return gctokens.Response? response
function client:get_tokens_timeout(opts) end


--- Changes, enables or disables the organisation's idle-token timeout.
--- PUT /api/v2/tokens/timeout. Needs directory:organization:admin.
---@param body gctokens.IdleTokenTimeout? nil sends no body
---@param opts gctokens.PutTokensTimeoutOptions?
---@return gctokens.IdleTokenTimeout? timeout as it is now
---@return gctokens.Error? err any kind; argument: the body breaks the schema
---@return gctokens.Response? response
function client:put_tokens_timeout(body, opts) end


--- Opens a connection, so that the next call does not wait for DNS, TCP, TLS.
--- No token is asked for or sent.
--- HEAD /api/v2/tokens/me, to which Genesys answers 401.
---@param opts gctokens.WarmUpOptions?
---@return true? ready a response has come, with a status below 500
---@return gctokens.Error? err kinds transport, timeout, tls,
---  proxy, argument, closed, and api
---@return gctokens.Response? response
function client:warm_up(opts) end


return client
