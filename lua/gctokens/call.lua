--- One call of an operation: as many attempts of the core as token, policy and
-- deadline allow.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local oauth = require("gctokens.oauth")
local retry = require("gctokens.retry")


-- A call is a table: client, operation, arguments, terms (its options),
-- source, token, started, deadline, attempts (requests made), tries (those,
-- and failures of the source), renewed, may_have_arrived, told (the failure of
-- the source that it knows).

local function new_call(client, operation, arguments, terms, source, deadline)
  local now = client.loop.now()
  return {
    client = client,
    operation = operation,
    arguments = arguments,
    terms = terms,
    source = source,
    started = now,
    deadline = deadline or now + terms.deadline,
    attempts = 0,
    tries = 0,
    token = nil, -- makes room
  }
end


local repeat_attempts


-- A call that a source makes: with no token, and within the terms and the
-- deadline that it is given.
local function call_for_source(call, operation, arguments)
  return repeat_attempts(new_call(call.client, operation, arguments,
    call.terms, nil, call.deadline))
end


-- The token is taken once: delete_tokens_me must never be repeated with
-- another one, and a rejected one is dropped in `replace_token`.
local function take_token(call)
  if call.token or not call.source then
    return nil
  end
  local token, fields = call.source.token(call, call_for_source)
  if token then
    call.token = token
    return nil
  end
  return errors.new(fields.kind, call.operation, fields.reason, fields)
end


-- One attempt, by the user's transport or by the engine. An error without a
-- response says that nothing was sent.
local function send(client, operation, arguments)
  local engine = client.engine
  if not engine then
    return client.transport:attempt(operation, arguments, client.loop.now)
  end
  local id, err = engine:start(operation, arguments)
  if not id then
    return nil, err
  end
  return client.loop.wait(engine, id)
end


local function attempt(call)
  local client, arguments, terms = call.client, call.arguments, call.terms
  local timeout, connect_timeout = terms.timeout, terms.connect_timeout
  local left = call.deadline - client.loop.now()
  if left <= 0 then
    return nil, errors.new("timeout", call.operation,
      "the deadline of the call has passed", { retryable = true })
  end
  arguments.access_token = call.token
  arguments.headers = terms.headers
  arguments.timeout = timeout < left and timeout or left
  arguments.connect_timeout = connect_timeout < left and connect_timeout
    or left
  local result, err, response = send(client, call.operation, arguments)
  if err then
    errors.wrap(err)
    err.operation = err.operation or call.operation
    response = err.response
  end
  if response then
    call.attempts = call.attempts + 1
  end
  return result, err, response
end


-- Whether the server may have acted on a request that failed like this. A
-- 429, a 4xx other than 408 and a proxy's refusal say that it has not, even if
-- the response broke off then.
local function may_have_arrived(err)
  local status = err.status
  if status and status >= 300 then
    return status == 408 or status >= 500
  end
  return err.kind ~= "proxy" and err.response ~= nil and err.response.sent > 0
end


-- delete_tokens_me was told that its token is not valid, after a request that
-- may have arrived: that one did it. `sent` counts what libcurl itself repeated
-- on a new connection.
local function is_already_deleted(call, err)
  return call.operation == "delete_tokens_me" and errors.is_token_invalid(err)
    and (call.may_have_arrived or err.response.sent > 1)
end


-- Whether the API says that the call's token is not valid. A 401 to a HEAD has
-- no body that could say why: the same is asked by GET, without keeping the
-- session alive.
local function is_token_invalid(call, err)
  if call.operation == "head_tokens_me" and err.status == 401 then
    err = select(2, repeat_attempts(new_call(call.client, "get_tokens_me",
      { preserve_idle_ttl = true }, call.terms, oauth.fixed(call.token),
      call.deadline)))
  end
  return errors.is_token_invalid(err)
end


-- A token that is not valid is forgotten; one fresh token is tried, once per
-- call.
local function replace_token(call, err)
  local source = call.source
  if not source or not source.renewable or not is_token_invalid(call, err) then
    return false
  end
  source.forget(call.token, "rejected")
  if call.renewed or call.operation == "delete_tokens_me" then
    return false
  end
  call.token, call.renewed = nil, true
  return true
end


-- Seconds until the next attempt, or nil and perhaps why there is none.
local function plan(call, err)
  if replace_token(call, err) then
    return 0
  end
  err.retryable = err.retryable or oauth.is_rate_limit(err)
  return retry.pause(call.terms.retry, call.tries, err, call.deadline,
    call.client.loop.now, core.random)
end


-- An error of the user's function must not cost the result of the call.
local function tell_user(call, on_attempt, err, response, pause)
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


-- Whoever makes many calls takes notice, and then the user.
local function report(call, err, response, pause)
  local notice, on_attempt = call.terms.notice, call.terms.on_attempt
  if notice then
    notice(call, err, response, pause)
  end
  if on_attempt then
    tell_user(call, on_attempt, err, response, pause)
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
    call.source.forget(call.token, "needed")
  end
  return result, nil, response
end


-- Where the value is from that an error speaks of; nil: from the caller's code.
local function origin_of(call, option)
  if option == "access_token" then
    return call.source and call.source.origin
  end
  return option and call.client.origins[option]
end


-- Both texts of an error go on like this.
local function add_words(err, words)
  err.message = err.message .. words
  err.reason = err.reason .. words
end


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
    add_words(err, (" (%s is from %s)"):format(err.option, origin))
  end
  if call.attempts > 1 then
    add_words(err, (" (attempt %d)"):format(call.attempts))
  end
  if why then
    add_words(err, "; not tried again: " .. why)
  end
  return nil, err
end


function repeat_attempts(call)
  while true do
    call.tries = call.tries + 1
    local result, response
    local err = take_token(call)
    if not err then
      result, err, response = attempt(call)
    end
    if not err then
      return succeed(call, result, response)
    end
    if response and is_already_deleted(call, err) then
      response.already_deleted = true
      return succeed(call, true, response)
    end
    call.may_have_arrived = call.may_have_arrived or may_have_arrived(err)
    local pause, why = plan(call, err)
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
---@param arguments table of the core; this table is used up
---@param terms table of options.for_call
---@param source table of oauth.source
---@return any result, gctokens.Error? err, gctokens.Response? response
function _M.run(client, operation, arguments, terms, source)
  return repeat_attempts(
    new_call(client, operation, arguments, terms, source))
end


--- The token that calls with this source are made with.
---@param client gctokens.Client
---@param operation string what errors call it
---@param terms table of options.for_call
---@param source table of oauth.source
---@return string? token, gctokens.Error? err
function _M.token(client, operation, terms, source)
  local call = new_call(client, operation, {}, terms, source)
  local err = take_token(call)
  if err then
    return fail(call, err)
  end
  return call.token
end


return _M
