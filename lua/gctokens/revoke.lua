--- Mass revocation: delete_token for many users, several calls at a time.
--
-- Every call is a call of the client, with its retries and its deadline. This
-- file decides which user is next and when, and counts the results.

local complete_options = require("gctokens.call_options").complete
local errors = require("gctokens.errors")
local lru = require("gctokens.lru")
local oauth = require("gctokens.oauth")
local rate_limiter = require("gctokens.rate_limiter")
local retry = require("gctokens.retry")

local min = math.min
local protected_call = errors.protected_call


local OPERATION = "delete_tokens_of"

-- Seconds that a thread sleeps at most before it checks whether the run is
-- over.
local LONGEST_SLEEP = 0.1

-- Seconds between two checks whether another thread is done with the iterator,
-- which may wait itself, as one that reads from a cosocket does; or whether the
-- first call has been answered.
local POLL_INTERVAL = 0.005

-- ---- what a run is made of -------------------------------------------------

-- Returns a function that returns whether there is one more id, and the id, and
-- how many there are, if that is known. What a list holds need not be strings.
local function iterator_of(user_ids)
  if type(user_ids) == "function" then
    return function()
      local user_id = user_ids()
      return user_id ~= nil, user_id
    end
  end
  if type(user_ids) ~= "table" then
    errors.raise(("%s: user_ids must be a list or a function, got %s")
      :format(OPERATION, type(user_ids)))
  end
  local number, count = 0, #user_ids
  for key in next, user_ids do
    if type(key) ~= "number" or key < 1 or key > count or key % 1 ~= 0 then
      errors.raise(OPERATION .. ": user_ids must be a list, got a table with "
        .. "other keys, too, which would not be revoked")
    end
  end
  return function()
    number = number + 1
    return number <= count, user_ids[number]
  end, count
end


-- A run is a table, which the threads find in their client. Set later: over (no
-- more ids are taken), taking (a thread is in the iterator), has_first (a
-- thread makes the first call), is_proven (that has been answered), proof (the
-- event of this), longest_pause in seconds.
local function new_run(client, user_ids, own)
  local iterate, count = iterator_of(user_ids)
  return {
    iterate = iterate,
    count = count, -- nil: an iterator's is unknown
    rate_limiter = rate_limiter.new(own.rate_per_minute, client.loop.now()),
    on_result = own.on_result,
    should_stop = own.should_stop,
    taken = 0,
    in_flight = 0,
    -- All ids of a list, the latest of an iterator.
    seen = lru.new(count and math.huge or own.dedupe_window),
    totals = {
      done = 0, not_found = 0, failed = 0, duplicates = 0, attempts = 0,
    },
  }
end


-- The first call has been answered: the other threads may begin.
local function prove(run)
  run.is_proven = true
  if run.proof then
    run.proof:set()
  end
end


-- Observes the attempts of all calls of a run.
local function observe(call, err, response, pause)
  local client = call.client
  local run = client.revocation
  if call.operation == "delete_token" then
    run.rate_limiter:observe(call.attempts, err, response, pause,
      run.in_flight - 1, client.loop.now)
    if not run.is_proven and (not err or pause) then
      prove(run)
    end
  end
end


-- The client with the run, and with the call options and the token source of
-- its calls. The default deadline leaves time for the longest pause that the
-- server may ask for under the retry policy.
local function view_of(client, run, call_options, has_deadline)
  local policy = call_options.retry
  if policy and not has_deadline then
    call_options.deadline = call_options.deadline + policy.max_retry_after
  end
  call_options.observer = observe
  run.longest_pause = (policy or retry.default).max_retry_after
  local token_source = call_options.access_token
    and oauth.token_source(call_options) or client.token_source
  call_options.access_token = nil
  return setmetatable({
    call_options = call_options,
    token_source = token_source,
    revocation = run,
  }, { __index = client })
end


-- ---- the end ---------------------------------------------------------------

-- Takes no more ids. Calls in flight are finished.
local function stop(run, err)
  run.over = true
  run.totals.stopped = run.totals.stopped or err
end


-- A function of the user has raised.
local function stop_for_raised(run, name, raised)
  stop(run, errors.new("argument", OPERATION,
    ("%s failed: %s"):format(name, errors.describe(raised))))
end


local function is_over(run)
  if run.over or not run.should_stop then
    return run.over
  end
  local ok, answer = protected_call(run.should_stop)
  if not ok then
    stop_for_raised(run, "should_stop", answer)
  elseif answer then
    run.over = true
    run.totals.cancelled = true
  end
  return run.over
end


-- Whether every other call would fail like this one, because there is no token,
-- headers are wrong, or a proxy wants another login.
local function is_final(run, err)
  if err.kind == "argument" then
    return err.option ~= "user_id"
  elseif err.kind == "proxy" then
    return not err.retryable
  elseif err.kind ~= "api" then
    return err.kind == "auth" or err.kind == "closed"
  end
  return err.status == 401 or err.status == 403 or err.status == 407
    or err.status == 429 and (err.retry_after or 0) > run.longest_pause
end


local function report(run, user_id, deleted, err)
  local ok, raised = protected_call(run.on_result, user_id, deleted, err)
  if not ok and run.totals.on_result_error == nil then
    run.totals.on_result_error = raised
  end
end


local function settle(run, user_id, deleted, err, response)
  local totals = run.totals
  response = response or err.response
  totals.attempts = totals.attempts + (response and response.attempts or 0)
  if deleted then
    totals.done = totals.done + 1
  elseif err.kind == "api" and err.status == 404 then
    totals.not_found = totals.not_found + 1
  else
    totals.failed = totals.failed + 1
    if is_final(run, err) then
      stop(run, err)
    end
  end
  if run.on_result then
    report(run, user_id, deleted or false, err)
  end
end


-- ---- a thread --------------------------------------------------------------

-- False when the run ends before.
local function wait_for_slot(run, loop)
  local now = loop.now()
  local slot = run.rate_limiter:slot(now)
  while not is_over(run) do
    local delay = run.rate_limiter:delay(slot, now)
    if delay <= 0 then
      return true
    end
    loop.sleep(min(delay, LONGEST_SLEEP))
    now = loop.now()
  end
  return false
end


-- The first call is made alone, until it has been answered or is tried again,
-- as it may show what is wrong with all of them: many refused logins at a
-- proxy may lock an account. False when the run ends before.
local function wait_for_first(run, loop)
  while run.has_first and not run.is_proven and not is_over(run) do
    if loop.event then
      run.proof = run.proof or loop.event()
      run.proof:wait(POLL_INTERVAL)
    else
      loop.sleep(POLL_INTERVAL)
    end
  end
  run.has_first = true
  return not run.over
end


local function is_new(run, user_id)
  if run.seen:get(user_id) then
    return false
  end
  run.seen:set(user_id, true)
  return true
end


-- Calls the iterator. One that yields must not be called again meanwhile.
local function pull(run, loop)
  while run.taking do
    loop.sleep(POLL_INTERVAL)
  end
  if run.over then
    return false -- coverage: at times, a moment between two threads
  end
  run.taking = true
  local ok, more, user_id = protected_call(run.iterate)
  run.taking = false
  if not ok then
    stop_for_raised(run, "the iterator of user ids", more)
    return false
  end
  run.taken = run.taken + 1
  run.over = run.over or not more or run.taken == run.count
  return more, user_id
end


-- Returns the next id to send, or nil at the end.
local function take(run, loop)
  while not is_over(run) do
    local more, user_id = pull(run, loop)
    if more and type(user_id) ~= "string" then
      settle(run, user_id, nil, errors.new("argument", "delete_token",
        "user_id must be a string, got " .. type(user_id),
        { option = "user_id" }))
    elseif more and is_new(run, user_id) then
      return user_id
    elseif more then
      run.totals.duplicates = run.totals.duplicates + 1
    end
  end
end


-- The body of a thread. In nginx it must not have upvalues of a request's
-- coroutine (see gctokens.leadership), so everything is in the client.
local function work(client)
  local run, loop = client.revocation, client.loop
  while wait_for_slot(run, loop) and wait_for_first(run, loop) do
    local user_id = take(run, loop)
    if user_id then
      run.in_flight = run.in_flight + 1
      local deleted, err, response = client:delete_token(user_id)
      run.in_flight = run.in_flight - 1
      settle(run, user_id, deleted, err, response)
      -- A call that was refused before it was sent proves nothing.
      if not run.is_proven and (response or err.response) then
        prove(run)
      end
      run.has_first = false
    end
  end
end


local revoke = {}


--- See Client:delete_tokens_of.
---@param client gctokens.Client
---@param user_ids string[]|fun(): string?
---@param opts gctokens.DeleteTokensOfOptions?
---@return gctokens.RevocationTotals
function revoke.run(client, user_ids, opts)
  opts = opts or {}
  local own = {}
  local call_options =
    complete_options(client.call_options, OPERATION, opts, own)
  local run = new_run(client, user_ids, own)
  local view = view_of(client, run, call_options, opts.deadline ~= nil)
  local started = client.loop.now()
  if run.count ~= 0 then
    local count = min(own.concurrency, run.count or own.concurrency)
    if client.loop.run then
      client.loop.run(view, count, work)
    else
      work(view)
    end
  end
  local totals = run.totals
  totals.elapsed = client.loop.now() - started
  totals.remaining = run.count and run.count - totals.done - totals.not_found
    - totals.failed - totals.duplicates
  return totals
end


return revoke
