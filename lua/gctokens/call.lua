--- One call of an operation: as many attempts as token, retry policy and
-- deadline allow.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local oauth = require("gctokens.oauth")


-- A call is a table:
--   client, operation, call_options, token_source
--   token        that it is made with
--   started, deadline   times of the loop's clock
--   attempts     requests made
--   is_renewed   its token was replaced once
--   may_have_arrived   the server may have acted on an attempt that failed
--   known_error  the outcome of the token source that it was given last
--   on_attempt_error   what on_attempt raised
-- Those of every call are eight, as tables grow by powers of two. What the
-- operation takes as arguments, or nil, is handed on beside it.
local function new_call(client, operation, call_options, token_source, deadline)
  local now = client.loop.now()
  return {
    client = client,
    operation = operation,
    call_options = call_options,
    token_source = token_source,
    started = now,
    deadline = deadline or now + call_options.deadline,
    attempts = 0,
    token = nil, -- allocates its slot with the others
  }
end


local repeat_attempts


-- The first error requires it.
local function retry()
  return require("gctokens.retry")
end


-- Makes a call on behalf of a token source: without a token, and within the
-- options and the deadline that the source was given.
local function call_for_source(call, operation, arguments)
  return repeat_attempts(new_call(call.client, operation, call.call_options,
    nil, call.deadline), arguments)
end


-- Takes the token for all attempts, as delete_tokens_me must never be repeated
-- with another one. `replace_token` drops one that was rejected.
local function take_token(call)
  if call.token or not call.token_source then
    return nil
  end
  local token, fields = call.token_source.token(call, call_for_source)
  if token then
    call.token = token
    return nil
  end
  return errors.new(fields.kind, call.operation, fields.reason, fields)
end


-- Sends a request with the user's transport or the engine, and waits for what
-- it ends with. Nothing was sent when the error has no response.
local function send(client, operation, arguments, token, headers, timeout,
                    connect_timeout)
  local engine, loop = client.engine, client.loop
  if loop.is_blocking and engine then
    return engine[operation](engine, arguments, token, headers, timeout,
      connect_timeout)
  elseif not engine then
    return client.transport:attempt(loop.now, operation, arguments, token,
      headers, timeout, connect_timeout)
  end
  local start = loop.start_call or engine.start
  local id, err = start(engine, operation, arguments, token, headers, timeout,
    connect_timeout)
  if not id then
    return nil, err
  end
  return loop.wait(engine, id)
end


local function attempt(call, arguments)
  local client, operation = call.client, call.operation
  local call_options = call.call_options
  local timeout = call_options.timeout
  local connect_timeout = call_options.connect_timeout
  local left = call.deadline - client.loop.now()
  if left <= 0 then
    return nil, errors.new("timeout", operation,
      "the deadline of the call has passed", { retryable = true })
  end
  local result, err, response = send(client, operation, arguments, call.token,
    call_options.headers, timeout < left and timeout or left,
    connect_timeout < left and connect_timeout or left)
  if err then
    errors.wrap(err)
    err.operation = err.operation or operation
    response = err.response
  end
  if response then
    call.attempts = call.attempts + 1
  end
  return result, err, response
end


-- Whether the API says that the call's token is not valid. A 401 to a HEAD has
-- no body that could say why, so a GET asks again, without extending the
-- session.
local function is_token_invalid(call, err)
  if call.operation == "head_tokens_me" and err.status == 401 then
    err = select(2, repeat_attempts(new_call(call.client, "get_tokens_me",
      call.call_options, oauth.fixed(call.token), call.deadline),
      { preserve_idle_ttl = true }))
  end
  return errors.is_token_invalid(err)
end


-- Forgets a token that is not valid. True when the call is to be made again
-- with a fresh one, which happens once.
local function replace_token(call, err)
  local token_source = call.token_source
  if not token_source or not token_source.renewable
     or not is_token_invalid(call, err) then
    return false
  end
  token_source.forget(call.token, "rejected")
  if call.is_renewed or not retry().takes_fresh_token(call.operation) then
    return false
  end
  call.token, call.is_renewed = nil, true
  return true
end


-- Returns the seconds until the next attempt, or nil and perhaps why there is
-- none.
local function plan(call, tries, err)
  if replace_token(call, err) then
    return 0
  end
  err.retryable = retry().is_retryable(err)
  return retry().pause(call.call_options.retry, tries, err, call.deadline,
    call.client.loop.now, core.random)
end


-- What on_attempt raises is reported in the response: it must not cost the
-- result of the call.
local function emit_on_attempt(call, on_attempt, err, response, pause)
  local ok, raised = errors.protected_call(on_attempt, {
    operation = call.operation,
    attempt = call.attempts,
    status = response.status,
    kind = err and err.kind,
    cause = err and err.cause,
    seconds = response.elapsed,
    correlation_id = response.correlation_id,
    rate_limit = response.rate_limit,
    retry_after = err and err.retry_after,
    pause = pause,
  })
  if not ok then
    call.on_attempt_error = raised
  end
end


-- Reports an attempt to the observer of the call, which is ours, and to the
-- user's on_attempt.
local function report(call, err, response, pause)
  local call_options = call.call_options
  local observer, on_attempt = call_options.observer, call_options.on_attempt
  if observer then
    observer(call, err, response, pause)
  end
  if on_attempt then
    emit_on_attempt(call, on_attempt, err, response, pause)
  end
end


local function complete(call, response)
  response.attempts = call.attempts
  response.elapsed = call.client.loop.now() - call.started
  if call.on_attempt_error ~= nil then
    response.on_attempt_error = call.on_attempt_error
  end
end


local function succeed(call, result, response)
  report(call, nil, response, nil)
  complete(call, response)
  if call.operation == "delete_tokens_me" then
    call.token_source.forget(call.token, "needed")
  end
  return result, nil, response
end


-- Where the value of an option is from; nil: from the caller's code.
local function origin_of(call, option)
  if option == "access_token" then
    return call.token_source and call.token_source.origin
  end
  return option and call.client.origins[option]
end


-- Appends to both texts of an error.
local function append_text(err, text)
  err.message = err.message .. text
  err.reason = err.reason .. text
end


-- `why` there is no further attempt.
local function fail(call, err, why)
  if err.kind ~= "auth" then
    err.attempts = call.attempts
  end
  if err.response then
    complete(call, err.response)
  end
  local origin = not err.origin and origin_of(call, err.option)
  if origin then
    err.origin = origin
    append_text(err, (" (%s is from %s)"):format(err.option, origin))
  end
  if call.attempts > 1 then
    append_text(err, (" (attempt %d)"):format(call.attempts))
  end
  if why then
    append_text(err, "; not tried again: " .. why)
  end
  return nil, err
end


-- `tries` are attempts, and errors of the token source.
function repeat_attempts(call, arguments)
  local tries = 0
  while true do
    tries = tries + 1
    local result, response
    local err = take_token(call)
    if not err then
      result, err, response = attempt(call, arguments)
    end
    if not err then
      return succeed(call, result, response)
    end
    if response and retry().is_already_deleted(
      call.operation, err, call.may_have_arrived)
    then
      response.already_deleted = true
      return succeed(call, true, response)
    end
    call.may_have_arrived =
      call.may_have_arrived or retry().may_have_arrived(err)
    local pause, why = plan(call, tries, err)
    if response then
      report(call, err, response, pause)
    end
    if not pause then
      return fail(call, err, why)
    end
    if pause > 0 then
      call.client.loop.sleep(pause)
    end
  end
end


local _M = {}


--- Runs a call to its end.
---@param client gctokens.Client
---@param operation string
---@param arguments table? of the core
---@param call_options table the client's, or of call_options.complete
---@param token_source table? of oauth.token_source; nil sends no token
---@return any result, gctokens.Error? err, gctokens.Response? response
function _M.run(client, operation, arguments, call_options, token_source)
  return repeat_attempts(
    new_call(client, operation, call_options, token_source), arguments)
end


--- The token that calls with this token source are made with.
---@param client gctokens.Client
---@param operation string what errors call it
---@param call_options table
---@param token_source table of oauth.token_source
---@return string? token, gctokens.Error? err
function _M.token(client, operation, call_options, token_source)
  local call = new_call(client, operation, call_options, token_source)
  local err = take_token(call)
  if err then
    return fail(call, err)
  end
  return call.token
end


return _M
