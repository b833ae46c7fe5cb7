-- The fault matrix: every operation under every fault ends in time, as the
-- README says, after as many attempts as it says; and the next call of the same
-- client succeeds.

local core = require("gctokens.core")
local gctokens = require("gctokens")
local matrix = require("spec.faults.matrix")
local fault_proxies = require("spec.support.fault_proxy")
local fixtures = require("spec.support.fixtures")
local socket = require("socket")
local system = require("spec.support.system")

local MAX_ATTEMPTS = 2
local DEADLINE = 3 -- seconds
-- Seconds, and one attempt more than fit in.
local SLOW = { timeout = 0.12, deadline = 0.3, max_attempts = 4 }
local SLACK = 0.1 -- seconds after the deadline
local FLAT = 64 * 1024 -- kB that the process may have grown at its largest
local ENOUGH = 20 -- more than all attempts that a call may make

local TRIED_AGAIN = { -- the README's table of errors
  transport = true, timeout = true,
  [408] = true, [429] = true, [502] = true, [503] = true, [504] = true,
}

-- A connection to a proxy that does what it should.
local PROXY = {
  { { "request" }, { "send", "HTTP/1.1 200 OK\r\n\r\n" }, { "tunnel" } },
}

-- 64 bytes, where a label has 63 at most: no resolver asks anybody about it.
local NO_NAME = "http://" .. ("n"):rep(64) .. ".invalid"


-- Seconds that this process could have run and had to wait for a processor:
-- proc(5), the second number, in nanoseconds. Nobody's fault here.
local function waited()
  local text = system.read("/proc/self/schedstat")
  return text and tonumber(text:match("^%d+ (%d+)")) / 1e9 or 0
end


-- kB that this process has been large at most.
local function peak_memory()
  local text = system.read("/proc/self/status")
  return text and tonumber(text:match("VmHWM:%s*(%d+)")) or 0
end


local function call(client, operation, emulator, options)
  if operation == "delete_token" then
    return client:delete_token(emulator.users.agent, options)
  elseif operation == "put_tokens_timeout" then
    return client:put_tokens_timeout(
      { idleTokenTimeoutSeconds = 600 }, options)
  end
  return client[operation](client, options)
end


local function kind_of(operation)
  if operation == "head_tokens_me" then
    return "head"
  end
  return operation:find("^delete") and "empty" or "object"
end


-- How a row is to end for an operation.
local function expected(row, operation)
  return row[kind_of(operation)] or row.expect
end


-- Whether it may also end well.
local function may_be_fine(row, operation)
  return row.head_may_be_fine and kind_of(operation) == "head"
end


describe("the fault matrix #once", function()
  it("is as large as the README says", function()
    assert.matches(("%d operations under %d faults are %d cases"):format(
      #matrix.operations, #matrix.rows, #matrix.operations * #matrix.rows),
      (system.read("spec/README.md"):gsub("\n", " ")), 1, true)
  end)
end)


describe("under the fault #once", function()
  local emulator, proxy

  -- What happens to a place, and how it is put right.
  local places = {
    down = {
      function() emulator:down() end,
      function() emulator:up() end,
    },
    full = {
      function() proxy:fill() end,
      function() proxy:empty() end,
    },
    dropped = {
      function() proxy:drop() end,
      function() end,
    },
    nameless = { function() end, function() end },
  }

  setup(function()
    emulator = fixtures.emulator()
    proxy = fault_proxies.start(emulator)
  end)

  teardown(function()
    proxy:stop()
  end)

  local function url(row)
    local direct = row.response or row.place == "down" or row.proxy
    if row.place == "nameless" then
      return NO_NAME
    end
    return (direct and emulator or proxy)[row.tls and "https_url" or "http_url"]
  end

  local function new_client(row)
    local times = row.slow and SLOW or {}
    return gctokens.new({
      base_url = url(row),
      access_token = emulator.tokens.admin,
      ca_file = emulator.ca_file,
      allow_http = row.place == "nameless",
      proxy = row.proxy and proxy.http_url or "",
      env = false,
      timeout = times.timeout,
      deadline = times.deadline or DEADLINE,
      retry = {
        base_delay = 0.001,
        max_attempts = times.max_attempts or MAX_ATTEMPTS,
        max_retry_after = 1,
      },
    })
  end

  local function spoil(row)
    proxy:play(row.connections or { row.connection },
      row.connection and ENOUGH)
  end

  -- Faults of the emulator come after the call that warms a connection.
  local function spoil_further(row)
    if row.response then
      local fault = { count = ENOUGH }
      for name, value in pairs(row.response) do
        fault[name] = value
      end
      emulator:fault(fault)
    elseif row.place then
      places[row.place][1]()
    end
    socket.sleep(row.pause or 0)
  end

  local function put_right(row)
    if row.place then
      places[row.place][2]()
    end
    proxy:play(row.proxy and PROXY or {}, ENOUGH)
    emulator:reset()
  end

  -- The call under the fault: what it returned, seconds past its deadline, and
  -- requests that were seen.
  local function suffer(row, operation, client)
    spoil(row)
    if row.warm then
      assert(client:head_tokens_me())
    end
    spoil_further(row)
    local seen = row.warm and -1 or 0
    local lateness = -waited()
    local started = core.now()
    local result, err, response = call(client, operation, emulator)
    local elapsed = core.now() - started
    lateness = lateness + waited()
    assert.is_true(not row.early or system.wait_until(function()
      return proxy:requests() > 0
    end))
    if row.place ~= "down" then
      seen = seen + select(2, emulator:requests()) + proxy:requests()
    end
    local deadline = row.slow and SLOW.deadline or DEADLINE
    assert.is_true(elapsed <= deadline + SLACK + lateness,
      ("it took %.3f s, of which %.3f s were waits for a processor"):format(
        elapsed, lateness))
    return result, err, response, seen, elapsed
  end

  local function check_result(row, operation, result, err)
    assert.is_nil(err, tostring(err))
    if kind_of(operation) ~= "object" then
      assert.is_true(result)
      return
    end
    assert.is_table(result)
    for name, value in pairs(row.result or {}) do
      assert.equal(value or nil, result[name])
    end
  end

  local function check_error(row, operation, err)
    assert.is_true(gctokens.is_error(err), "no error")
    assert.equal(expected(row, operation), err.kind, tostring(err))
    assert.equal(operation, err.operation)
    assert.equal(row.again
      or TRIED_AGAIN[err.kind == "api" and err.status or err.kind]
      or false, err.retryable)
    assert.equal(row.proxy_status, err.proxy_status)
    if err.kind == "api" then
      assert.equal(row.status, err.status)
      assert.equal(kind_of(operation) ~= "head" and row.code or nil, err.code)
      if row.retry_after then
        assert.is_true(math.abs(err.retry_after - row.retry_after)
          <= (row.within or 0))
      else
        assert.is_nil(err.retry_after)
      end
    end
    -- an interim status is no response
    assert.is_true(not err.status or err.status >= 200, tostring(err.status))
    assert.is_true(not row.cause or err.cause == row.cause
      or err.cause == row.other_cause, err.cause)
    assert.not_equal("UNKNOWN", err.cause)
  end

  local function check_attempts(row, operation, err, response, seen, elapsed)
    local attempts = err and err.attempts or response.attempts
    local again = err and err.retryable
    if not err and row.head_may_be_fine then
      return
    elseif row.slow and again then
      assert.is_true(attempts >= 2)
    elseif row.attempts_up_to then
      assert.is_true(attempts <= row.attempts_up_to)
    else
      assert.equal(row.attempts or again and MAX_ATTEMPTS or 1, attempts)
    end
    if row.seen_up_to then
      assert.is_true(seen >= attempts and seen <= row.seen_up_to, seen)
    else
      assert.equal(row.seen or attempts, seen)
    end
    if err and err.retry_after and attempts > 1 then
      assert.is_true(elapsed >= err.retry_after)
    end
    if operation == "delete_tokens_me" and row.response
       and row.response.then_process then
      assert.is_true(response.already_deleted)
    end
  end

  -- No client can be told another name: its engine can.
  local function check_next(row, operation, client)
    local result, err
    if row.place == "nameless" then
      result, err = client.engine[operation](client.engine, {
        base_url = emulator.http_url,
        access_token = emulator.tokens.admin,
        user_id = operation == "delete_token" and emulator.users.agent or nil,
      })
    else
      -- Each connection that was left may cost an attempt, of HTTP/2 above all:
      -- that the other side has closed it is seen or not.
      result, err = call(client, operation, emulator, {
        retry = {
          base_delay = 0.001,
          max_attempts = (row.seen_up_to or 0) + MAX_ATTEMPTS,
        },
      })
    end
    assert.is_nil(err, tostring(err and err.message))
    -- and is not what was left over of the call before
    if kind_of(operation) == "object" then
      assert.is_truthy(result.organization or result.idleTokenTimeoutSeconds)
    end
  end

  for _, row in ipairs(matrix.rows) do
    for _, operation in ipairs(matrix.operations) do
      it(("%s: %s is %s"):format(row[1], operation, expected(row, operation)),
        function()
          fixtures.emulator()
          local memory = peak_memory()
          local client = new_client(row)
          finally(function()
            client:close()
          end)
          local result, err, response, seen, elapsed = suffer(
            row, operation, client)
          put_right(row)
          if expected(row, operation) == "ok"
             or not err and may_be_fine(row, operation) then
            check_result(row, operation, result, err)
          else
            check_error(row, operation, err)
          end
          check_attempts(row, operation, err, response, seen, elapsed)
          check_next(row, operation, client)
          assert.is_true(peak_memory() - memory < FLAT)
        end)
    end
  end
end)
