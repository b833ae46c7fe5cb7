--- The client: its options, its engine or transport, and the six operations as
-- methods.
--
-- What many programs do not need is required where it is needed, here and in
-- the modules below: of a script that makes one call, reading Lua is a quarter
-- of the work. gctokens.lua says where that is not so.

local call = require("gctokens.call")
local core = require("gctokens.core")
local errors = require("gctokens.errors")
local oauth = require("gctokens.oauth")
local options = require("gctokens.options")
local client_rows = require("gctokens.options.client")


---@class gctokens.Client
local Client = {}

local client_metatable = { __name = "gctokens.client", __index = Client }


local function closed(operation)
  return nil, errors.new("closed", operation, "the client is closed")
end


-- With a dot in place of the colon, the first argument is taken for the client.
local function check_client(client, method)
  if type(client) ~= "table" or not client.terms then
    errors.raise(("%s: got %s in place of the client, call it as "
      .. "client:%s(...), with a colon"):format(method, type(client), method))
  end
end


-- `name` and `value` are an argument of the operation. Only a warm-up sends no
-- token.
local function run(client, operation, given, name, value)
  check_client(client, operation)
  -- The nils make room for what every call adds.
  local arguments = {
    access_token = nil, headers = nil, timeout = nil, connect_timeout = nil,
  }
  if name then
    arguments[name] = value
  end
  local terms = client.terms
  local source = operation ~= "warm_up" and client.source or nil
  if given ~= nil then
    terms = require("gctokens.call_options").complete(
      terms, operation, given, arguments)
    source = terms.access_token and oauth.source(terms) or source
  end
  if client.closed then
    return closed(operation)
  end
  return call.run(client, operation, arguments, terms, source)
end


-- ---- the six operations ----------------------------------------------------

--- What is known of the current token.
--- GET /api/v2/tokens/me. Needs no permission.
---@param opts gctokens.GetTokensMeOptions?
---@return gctokens.TokenInfo? info
---@return gctokens.Error? err any kind
---@return gctokens.Response? response
function Client:get_tokens_me(opts)
  return run(self, "get_tokens_me", opts)
end


--- Whether the current token is alive: `true`, or an error. A 401 does not say
--- whether it is the token, as a response to HEAD has no body. Where that
--- matters, ask get_tokens_me, with preserve_idle_ttl. HEAD /api/v2/tokens/me.
--- Needs no permission.
---@param opts gctokens.CallOptions?
---@return true? alive
---@return gctokens.Error? err any kind but protocol
---@return gctokens.Response? response
function Client:head_tokens_me(opts)
  return run(self, "head_tokens_me", opts)
end


--- Kills the current token. Never repeated with a fresh token: when the API
--- says to a retry that the token is not valid, because an earlier attempt
--- arrived, that is success with `response.already_deleted`.
--- DELETE /api/v2/tokens/me. Needs no permission.
---@param opts gctokens.CallOptions?
---@return true? deleted
---@return gctokens.Error? err any kind but protocol
---@return gctokens.Response? response
function Client:delete_tokens_me(opts)
  return run(self, "delete_tokens_me", opts)
end


--- Kills all tokens of a user.
--- DELETE /api/v2/tokens/{userId}. Needs oauth:token:delete.
---@param user_id string the user's id, never "me" or "timeout"
---@param opts gctokens.CallOptions?
---@return true? deleted
---@return gctokens.Error? err any kind but protocol; status 404: no such user
---@return gctokens.Response? response
function Client:delete_token(user_id, opts)
  check_client(self, "delete_token")
  if type(user_id) ~= "string" then
    errors.raise("delete_token: user_id must be a string, got "
      .. type(user_id))
  end
  return run(self, "delete_token", opts, "user_id", user_id)
end


--- The organisation's idle-token timeout.
--- GET /api/v2/tokens/timeout. Needs no permission.
---@param opts gctokens.CallOptions?
---@return gctokens.IdleTokenTimeout? timeout
---@return gctokens.Error? err any kind
---@return gctokens.Response? response
function Client:get_tokens_timeout(opts)
  return run(self, "get_tokens_timeout", opts)
end


--- Changes, enables or disables the organisation's idle-token timeout.
--- PUT /api/v2/tokens/timeout. Needs directory:organization:admin.
---@param body gctokens.IdleTokenTimeout? nil sends no body
---@param opts gctokens.PutTokensTimeoutOptions?
---@return gctokens.IdleTokenTimeout? timeout as it is now
---@return gctokens.Error? err any kind; argument: the body breaks the schema
---@return gctokens.Response? response
function Client:put_tokens_timeout(body, opts)
  check_client(self, "put_tokens_timeout")
  if body ~= nil and type(body) ~= "table" then
    errors.raise("put_tokens_timeout: body must be a table or nil, got "
      .. type(body))
  end
  return run(self, "put_tokens_timeout", opts, "body", body)
end


--- Kills all tokens of many users, several calls at a time, no faster than
--- Genesys allows.
--- DELETE /api/v2/tokens/{userId}, for each. Needs oauth:token:delete.
---@param user_ids string[]|fun(): string? a list, or an iterator
---@param opts gctokens.DeleteTokensOfOptions?
---@return gctokens.RevocationTotals totals
function Client:delete_tokens_of(user_ids, opts)
  check_client(self, "delete_tokens_of")
  return require("gctokens.revoke").run(self, user_ids, opts)
end


--- The access token that calls are made with: a cached one, or a fresh one of
--- the client's source. For other tools; calls get it themselves.
---@return string? access_token
---@return gctokens.Error? err kinds auth, timeout, argument, closed
function Client:get_access_token()
  check_client(self, "get_access_token")
  if self.closed then
    return closed("get_access_token")
  end
  return call.token(self, "get_access_token", self.terms, self.source)
end


-- ---- life ------------------------------------------------------------------

--- Opens a connection, so that the next call finds the name looked up and the
--- server's certificate verified. No token is asked for or sent.
--- HEAD /api/v2/tokens/me, to which Genesys answers 401.
---@param opts gctokens.WarmUpOptions?
---@return true? ready a response has come, with a status below 500
---@return gctokens.Error? err kinds transport, timeout, tls,
---  proxy, argument, closed, and api
---@return gctokens.Response? response
function Client:warm_up(opts)
  return run(self, "warm_up", opts)
end


--- What the client has done so far. With a transport only `calls` is known.
---@return gctokens.Stats
function Client:stats()
  check_client(self, "stats")
  return (self.transport or self.engine):stats()
end


--- Closes all connections; may be called again. Calls made later return an
--- error of kind "closed".
function Client:close()
  check_client(self, "close")
  self.closed = true
  local open = self.transport or self.engine
  open:close()
end


client_metatable.__gc = Client.close
client_metatable.__close = Client.close


function client_metatable:__tostring()
  return ("gctokens.client (%s%s)"):format(
    self.base_url, self.closed and ", closed" or "")
end


-- Waiting for the network must not stop the other requests of an nginx worker.
local function default_loop()
  local ngx = rawget(_G, "ngx")
  if type(ngx) == "table" and ngx.get_phase then
    return require("gctokens.loop.nginx")
  end
  return require("gctokens.loop.blocking")
end


local function new_engine(settings)
  local engine_settings = {}
  for _, row in ipairs(client_rows) do
    if row.engine then
      engine_settings[row.name] = settings[row.name]
    end
  end
  return core.new(engine_settings)
end


local client = {}


--- Makes a client, for the command, which has its own words for what is wrong.
---@param given gctokens.Options?
---@param origins table<string, string>? option -> where its value is from, for
---  errors that speak of it
---@return gctokens.Client?
---@return gctokens.OptionError? err
function client.open(given, origins)
  local settings, err = options.for_client(core, given)
  if not settings then
    return nil, err
  end
  for name, origin in pairs(origins or {}) do
    settings.origins[name] = origin
  end
  local own = settings.transport
    and require("gctokens.transport").new(settings)
  return setmetatable({
    base_url = settings.base_url,
    transport = own,
    engine = not own and new_engine(settings) or nil,
    loop = settings.loop or default_loop(),
    source = oauth.source(settings, settings.origins.access_token),
    origins = settings.origins,
    closed = false,
    terms = {
      timeout = settings.timeout,
      connect_timeout = settings.connect_timeout,
      deadline = settings.deadline,
      retry = settings.retry,
      headers = settings.headers,
      on_attempt = settings.on_attempt,
    },
  }, client_metatable)
end


--- Makes a client. Raises on an unknown option or a wrong value.
---@param given gctokens.Options?
---@return gctokens.Client
function client.new(given)
  local made, err = client.open(given)
  if not made then
    errors.raise(err.message)
  end
  return made
end


return client
