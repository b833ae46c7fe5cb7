---@meta gctokens.core

--- The C core. This file documents it for editors; it is never loaded in its
-- place.

---@class gctokens.core
---@field _VERSION string
---@field array_metatable table marks a table as a JSON array
---@field operations gctokens.Operation[] all operations, as data
---@field default_ca_file string? where libcurl's trusted certificates are
local core = {}


--- An operation, as a row of csrc/wire/operations.c says it.
---@class gctokens.Operation
---@field name string
---@field credentials "bearer"|"basic"|"none"
---@field parameter { name: string, type: type, is_optional: boolean }? what a
---  caller names besides options: the first part of the path, or the body


---@class gctokens.EngineOptions
---@field base_url string https, or http to this machine
---@field allow_http? boolean allow clear text to any host
---@field timeout? number seconds of one attempt, default 15
---@field connect_timeout? number seconds, default 5
---@field max_response_bytes? integer after decompression, default 1 MiB
---@field max_connections? integer default 64
---@field user_agent? string default gctokens/<version> libcurl/<version>
---@field ca_file? string PEM file; replaces the system's store
---@field ca_path? string hashed directory; replaces the system's store
---@field client_cert? string PEM file
---@field client_key? string PEM file
---@field proxy? string URL, "" for none whatever the environment says
---@field no_proxy? string hosts, separated by commas

---@class gctokens.Arguments
---@field access_token? string RFC 6750 b64token
---@field user_id? string delete_token only
---@field preserve_idle_ttl? boolean get_tokens_me only
---@field body? gctokens.IdleTokenTimeout put_tokens_timeout only
---@field validate? boolean false: do not check the body against the schema
---@field headers? table<string, string> at most 64
---@field timeout? number seconds; default: the engine's
---@field connect_timeout? number seconds; default: the engine's
---@field base_url? string default: the engine's
---@field user_agent? string default: the engine's
---@field client_id? string post_oauth_token only
---@field client_secret? string post_oauth_token only

---@alias gctokens.OperationName
---| "delete_token"
---| "delete_tokens_me"
---| "get_tokens_me"
---| "get_tokens_timeout"
---| "head_tokens_me"
---| "put_tokens_timeout"
---| "post_oauth_token" # client credentials; not of the Tokens API
---| "warm_up" # opens a connection; HEAD /api/v2/tokens/me without a token


--- Makes an engine. Raises on wrong options.
---@param options gctokens.EngineOptions
---@return gctokens.Engine
---@nodiscard
function core.new(options) end


--- What core.response needs to know of a request. It shows neither URL nor
--- secrets.
---@class gctokens.RequestObject: userdata

--- The request of an operation, without sending it. Needs
--- `arguments.base_url`.
---@param operation gctokens.OperationName
---@param arguments gctokens.Arguments?
---@param allow_http boolean? clear text to hosts other than this machine
---@return { method: string, url: string, headers: table<string, string>, body: string? }? request
---@return table? err kind argument
---@return gctokens.RequestObject? sent for core.response and core.redact
---@nodiscard
function core.request(operation, arguments, allow_http) end


--- What a response means, without having received it. With the request object
--- of core.request in place of the operation, the request's token or client
--- credentials are hidden wherever the response repeats them, and messages name
--- the URL.
---
--- A response that cannot be used (a status that is no whole number from 100 to
--- 999, headers or a body of a wrong type) raises. With a request object it is
--- an error of kind transport, as it comes from a transport.
---@param operation gctokens.OperationName
---@param status integer 100 to 999
---@param headers table<string, string|string[]>? in any letter case
---@param body string? decompressed
---@param max_response_bytes integer? default 1 MiB
---@return table|true|nil result
---@return table? err kinds api, protocol and transport
---@return gctokens.Response? response
---@overload fun(sent: gctokens.RequestObject, response: { status: integer, headers: table<string, string|string[]>?, body: string? }, max_response_bytes: integer?): table|true|nil, table?, gctokens.Response?
---@nodiscard
function core.response(operation, status, headers, body, max_response_bytes) end


--- Whether core.request would take these arguments. base_url and credentials
--- may be absent; what is there is checked.
---@param operation string
---@param arguments table?
---@return true? accepted
---@return table? err kind argument, with `option` and `reason`
function core.check(operation, arguments) end


--- A text with a star in place of each byte of a secret: as it is, or spelt
--- with the escapes of JSON.
---@param text string
---@param secrets string[]|gctokens.RequestObject
---@return string
---@nodiscard
function core.redact(text, secrets) end


--- Checks a base URL and gives its normal form.
---@param url string
---@param allow_http boolean? clear text to hosts other than this machine
---@return string? normal
---@return string? message why it is refused
---@nodiscard
function core.base_url(url, allow_http) end


---@param value any
---@return boolean can whether it can be sent as a bearer token
---@nodiscard
function core.is_token(value) end


---@return number seconds on a clock that only goes forward
---@nodiscard
function core.now() end


--- Returns no earlier than after that many seconds, unless a debug hook (as
--- Ctrl-C sets one) raises.
---@param seconds number
function core.sleep(seconds) end


---@return number random in [0, 1), from the system's entropy
---@nodiscard
function core.random() end


--- With a transport only `calls` is known.
---@class gctokens.Stats
---@field calls integer started
---@field connections_opened? integer that calls did not find open already
---@field bytes_sent? integer request lines, headers and bodies
---@field bytes_received? integer headers and bodies as they travelled
---@field in_flight? integer

---@class gctokens.Finished
---@field id integer
---@field result table|true|nil
---@field err table?
---@field response gctokens.Response

--- One libcurl multi handle: kept connections, one DNS cache, one TLS session
--- cache. Every operation is also a method that makes one attempt and waits
--- for it; nothing is ever retried here.
---
--- Behind `arguments` these methods and `start` take `access_token`, `headers`,
--- `timeout` and `connect_timeout`, too. Where one is not nil, it replaces what
--- the table says.
---@class gctokens.Engine
local engine = {}


---@param arguments gctokens.Arguments?
---@return true? deleted, table? err, gctokens.Response? response
function engine:delete_token(arguments) end


---@param arguments gctokens.Arguments?
---@return true? deleted, table? err, gctokens.Response? response
function engine:delete_tokens_me(arguments) end


---@param arguments gctokens.Arguments?
---@return gctokens.TokenInfo? info, table? err, gctokens.Response? response
function engine:get_tokens_me(arguments) end


---@param arguments gctokens.Arguments?
---@return gctokens.IdleTokenTimeout? timeout, table? err
---@return gctokens.Response? response
function engine:get_tokens_timeout(arguments) end


---@param arguments gctokens.Arguments?
---@return true? valid, table? err, gctokens.Response? response
function engine:head_tokens_me(arguments) end


---@param arguments gctokens.Arguments?
---@return gctokens.IdleTokenTimeout? timeout, table? err
---@return gctokens.Response? response
function engine:put_tokens_timeout(arguments) end


--- OAuth client credentials grant (RFC 6749 section 4.4).
---@param arguments gctokens.Arguments?
---@return table? grant access_token, token_type, expires_in in seconds
---@return table? err
---@return gctokens.Response? response
function engine:post_oauth_token(arguments) end


--- Opens a connection with a request that needs no token; any status below 500
--- is success.
---@param arguments gctokens.Arguments?
---@return true? ready, table? err, gctokens.Response? response
function engine:warm_up(arguments) end


--- Starts a call and returns at once.
---@param operation gctokens.OperationName
---@param arguments gctokens.Arguments?
---@param access_token string?
---@param headers table<string, string>?
---@param timeout number? seconds
---@param connect_timeout number? seconds
---@return integer? id
---@return table? err kind argument or closed
---@nodiscard
function engine:start(operation, arguments, access_token, headers, timeout,
                      connect_timeout) end


--- Moves all calls on. With 0 it never blocks; otherwise it returns when one
--- has finished or that many seconds have passed.
---@param seconds number? default 0
---@param limit integer? about how many sockets are served, so that the caller
---  is not held up for long; those that are left are ready the next time
---@return gctokens.Finished[] finished
---@return integer in_flight
function engine:step(seconds, limit) end


--- For an event loop: the descriptor that is readable when a step has
--- something to do. It belongs to the engine, and may become another one when
--- nothing is in flight, and after a fork.
---@return integer? fd nil before the first call of a process, when the engine
---  is closed, and on systems without epoll
---@return string? message why there is none
---@nodiscard
function engine:fd() end


--- For an event loop: when a step has something to do though the descriptor is
--- not readable. A start, a step and a cancel change it.
---@return number? seconds 0: at once; nil: nothing is in flight
---@nodiscard
function engine:timeout() end


--- Waits for one call. An error raised meanwhile (Ctrl-C) cancels the call.
---@param id integer
---@return table|true|nil result
---@return table? err
---@return gctokens.Response? response
function engine:wait(id) end


--- Gives a call up; nothing is reported for it any more.
---@param id integer
---@return boolean existed
function engine:cancel(id) end


---@return gctokens.Stats
---@nodiscard
function engine:stats() end


--- Closes all connections and ends all calls; may be called again.
function engine:close() end


return core
