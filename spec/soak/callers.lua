--- The kinds of callers of the soak's server. Each is a function that makes
--- calls with its own client for a while, and records how each call ended:
--
--   call, call, operation
--   end, call, result ("ok" or the error's kind), status, attempts, serial,
--     seconds, whose (the call that the result names), already_deleted
--
-- Scripts and nginx workers run the same functions. A context is a table: name,
-- record, base_url, count (of calls), may_go_on (a function).

local core = require("gctokens.core")
local gctokens = require("gctokens")

local records = require("spec.soak.records")

local callers = {}


callers.limits = {
  timeout = 0.25, connect_timeout = 0.25, deadline = 1.5, -- seconds
}

local THREADS = 6
local CALLS = 400 -- of one client, about
local BATCH = 40 -- users of one mass revocation

local OPERATIONS = {
  "get_tokens_me", "head_tokens_me", "delete_tokens_me", "delete_token",
  "get_tokens_timeout", "put_tokens_timeout",
}


--- The id of the next call.
function callers.next_call(context, operation)
  context.count = context.count + 1
  local call = context.name .. "-" .. context.count
  context.record:write("call", call, operation)
  return call, core.now()
end


function callers.any_operation()
  return OPERATIONS[math.random(#OPERATIONS)]
end


--- Writes down how a call ended.
function callers.note_end(context, call, started, result, err, response)
  response = response or err and err.response
  context.record:write("end", call, result and "ok" or err.kind,
    response and response.status or "-",
    err and err.attempts or response and response.attempts or "-",
    response and response.correlation_id or "-",
    ("%.3f"):format(core.now() - started),
    type(result) == "table" and result.soakCall or "-",
    response and response.already_deleted and "already" or "-")
end


-- A token is new each time that one is asked for.
local function new_source()
  local number = 0
  return function()
    number = number + 1
    return "a-token-of-the-soak-" .. number
  end
end


local function new_client(context, loop)
  local client = gctokens.new({
    loop = loop,
    base_url = context.base_url, access_token = new_source(), env = false,
    timeout = callers.limits.timeout,
    connect_timeout = callers.limits.connect_timeout,
    deadline = callers.limits.deadline,
    retry = { max_attempts = 3, base_delay = 0.01, max_delay = 0.05,
      max_retry_after = 10 },
  })
  client.engine = records.tap(client.engine, context.record)
  return client
end


local function make_call(context, client)
  local operation = callers.any_operation()
  local call, started = callers.next_call(context, operation)
  local opts = { headers = { ["X-Soak-Call"] = call } }
  local result, err, response
  if operation == "delete_token" then
    result, err, response = client:delete_token(call, opts)
  elseif operation == "put_tokens_timeout" then
    result, err, response = client:put_tokens_timeout(
      { idleTokenTimeoutSeconds = 900 }, opts)
  else
    result, err, response = client[operation](client, opts)
  end
  callers.note_end(context, call, started, result, err, response)
end


--- One call after another.
function callers.alone(context)
  local client = new_client(context)
  local last = context.count + CALLS
  while context.may_go_on() and context.count < last do
    make_call(context, client)
  end
  client:close()
end


-- In nginx a thread has no upvalues that matter (see gctokens.loop.nginx): its
-- context is in its client.
local function call_until_closed(client)
  local context = client.context
  while not client.closed and context.may_go_on() do
    make_call(context, client)
    if math.random(CALLS) == 1 then
      context.client:close()
    end
  end
end


--- Several light threads with one client, which one of them closes while the
--- others wait.
function callers.threads(context)
  local client = new_client(context)
  context.client, client.context = client, context
  client.loop.run(client, THREADS, call_until_closed)
  client:close()
end


--- Coroutines of an event loop, by its name, with one client, which one of them
--- closes while the others wait. Only then is the loop loaded.
function callers.event_loop(name)
  return function(context)
    local event_loop = require("spec.loops.event_loops").available[name]
    local client = new_client(context, event_loop.gctokens)
    context.client, client.context = client, context
    for _ = 1, THREADS do
      event_loop.start(function()
        call_until_closed(client)
      end)
    end
    event_loop.run()
    client:close()
  end
end


local function revoke_batch(context, client)
  local taken, started = 0, {}
  return client:delete_tokens_of(function()
    if taken < BATCH then
      taken = taken + 1
      local call, now = callers.next_call(context, "delete_token")
      started[call] = now
      return call
    end
  end, {
    concurrency = THREADS, rate_per_minute = false,
    deadline = callers.limits.deadline,
    should_stop = function()
      return not context.may_go_on()
    end,
    on_result = function(call, deleted, err)
      -- a success has no more to tell here than that
      callers.note_end(context, call, started[call], deleted, err)
    end,
  }), taken
end


--- Mass revocations, one after another.
function callers.revocation(context)
  local client = new_client(context)
  local last = context.count + CALLS
  while context.may_go_on() and context.count < last do
    local totals, taken = revoke_batch(context, client)
    context.record:write("batch", taken,
      totals.done + totals.not_found + totals.failed, totals.attempts)
  end
  client:close()
end


return callers
