--- The client: its options, its engine or transport, and the operations as
-- methods.
--
-- What many programs do not need is required where it is needed, here and in
-- the modules below: reading Lua is a quarter of the work of a script that
-- makes one call. Lua 5.1 is an exception, see gctokens.lua.

local call = require("gctokens.call")
local core = require("gctokens.core")
local errors = require("gctokens.errors")
local oauth = require("gctokens.oauth")
local options = require("gctokens.options")
local client_rows = require("gctokens.options.client")


local type = type

---@class gctokens.Client
local Client = {}

local client_metatable = { __name = "gctokens.client", __index = Client }


local function closed(operation)
  return nil, errors.new("closed", operation, "the client is closed")
end


-- Called with a dot in place of the colon, a method gets another value as the
-- client.
local function check_client(client, method)
  if type(client) ~= "table" or not client.call_options then
    errors.raise(("%s: got %s in place of the client, call it as "
      .. "client:%s(...), with a colon"):format(method, type(client), method))
  end
end


local function check_type(operation, parameter, value)
  if type(value) ~= parameter.type
     and not (value == nil and parameter.is_optional) then
    errors.raise(("%s: %s must be a %s%s, got %s"):format(
      operation, parameter.name, parameter.type,
      parameter.is_optional and " or nil" or "", type(value)))
  end
end


-- `parameter` and `value` are an argument of the operation.
local function run(client, operation, sends_token, opts, parameter, value)
  local call_options = type(client) == "table" and client.call_options
  if not call_options then
    check_client(client, operation)
  end
  local arguments
  if parameter then
    check_type(operation, parameter, value)
    arguments = { [parameter.name] = value }
  end
  local token_source = sends_token and client.token_source or nil
  if opts ~= nil then
    arguments = arguments or {}
    call_options = require("gctokens.call_options").complete(
      call_options, operation, opts, arguments)
    token_source = call_options.access_token
      and oauth.token_source(call_options) or token_source
  end
  if client.closed then
    return closed(operation)
  end
  return call.run(client, operation, arguments, call_options, token_source)
end


-- ---- operations ------------------------------------------------------------

-- A method of the client: (opts), or with a parameter (value, opts).
local function new_method(operation)
  local name, parameter = operation.name, operation.parameter
  local sends_token = operation.credentials == "bearer"
  if not parameter then
    return function(client, opts)
      return run(client, name, sends_token, opts)
    end
  end
  return function(client, value, opts)
    return run(client, name, sends_token, opts, parameter, value)
  end
end


-- The methods are documented in meta/client.lua. Only a token source logs in.
for _, operation in ipairs(core.operations) do
  if operation.credentials ~= "basic" then
    Client[operation.name] = new_method(operation)
  end
end


-- ---- further methods -------------------------------------------------------

--- Revokes all tokens of many users, several calls at a time, no faster than
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
--- the client's token source. For other tools; calls take it themselves.
---@return string? access_token
---@return gctokens.Error? err kinds auth, timeout, argument, closed
function Client:get_access_token()
  check_client(self, "get_access_token")
  if self.closed then
    return closed("get_access_token")
  end
  return call.token(
    self, "get_access_token", self.call_options, self.token_source)
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
  local engine, close_calls = self.engine, self.loop.close_engine
  if engine and close_calls then
    close_calls(engine)
  end
  local open = self.transport or engine
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


local function new_engine(client_options)
  local engine_options = {}
  for _, row in ipairs(client_rows) do
    if row.engine then
      engine_options[row.name] = client_options[row.name]
    end
  end
  return core.new(engine_options)
end


local client = {}


--- Makes a client. For the command, which words errors of options itself.
---@param user_options gctokens.Options?
---@param origins table<string, string>? option -> where its value is from, for
---  errors about it
---@return gctokens.Client?
---@return gctokens.OptionError? err
function client.open(user_options, origins)
  local client_options, err = options.for_client(core, user_options)
  if not client_options then
    return nil, err
  end
  for name, origin in pairs(origins or {}) do
    client_options.origins[name] = origin
  end
  local transport = client_options.transport
    and require("gctokens.transport").new(client_options)
  return setmetatable({
    base_url = client_options.base_url,
    transport = transport,
    engine = not transport and new_engine(client_options) or nil,
    loop = client_options.loop or default_loop(),
    token_source = oauth.token_source(
      client_options, client_options.origins.access_token),
    origins = client_options.origins,
    closed = false,
    call_options = {
      timeout = client_options.timeout,
      connect_timeout = client_options.connect_timeout,
      deadline = client_options.deadline,
      retry = client_options.retry,
      headers = client_options.headers,
      on_attempt = client_options.on_attempt,
    },
  }, client_metatable)
end


--- Makes a client. Raises on an unknown option or a wrong value.
---@param user_options gctokens.Options?
---@return gctokens.Client
function client.new(user_options)
  local made, err = client.open(user_options)
  if not made then
    errors.raise(err.message)
  end
  return made
end


return client
