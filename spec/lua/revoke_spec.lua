-- Revoking the tokens of many users.

local blocking = require("gctokens.loop.blocking")
local core = require("gctokens.core")
local fixtures = require("spec.support.fixtures")


local function uuid(number)
  return ("%08x-0000-4000-8000-000000000000"):format(number)
end


local function ids(count)
  local list = {}
  for i = 1, count do
    list[i] = uuid(i)
  end
  return list
end


local function iterate(list)
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end


describe("client:delete_tokens_of", function()
  local emulator, client, results

  -- The totals but for those that differ every time.
  local function delete(user_ids, options)
    local all = {
      rate_per_minute = false,
      on_result = function(user_id, ok, err)
        results[#results + 1] = { user_id = user_id, ok = ok, err = err }
      end,
    }
    for name, value in pairs(options or {}) do
      all[name] = value
    end
    local totals = client:delete_tokens_of(user_ids, all)
    assert.is_true(totals.elapsed >= 0)
    totals.elapsed = nil
    return totals
  end

  -- How many results there were of each id.
  local function counts()
    local times = {}
    for _, result in ipairs(results) do
      times[result.user_id] = (times[result.user_id] or 0) + 1
    end
    return times
  end

  before_each(function()
    emulator = fixtures.emulator()
    emulator:settings({ unlimited_users = true })
    client = fixtures.client()
    results = {}
  end)

  after_each(function()
    client:close()
  end)

  it("revokes the tokens of each user of a list", function()
    local list = { emulator.users.agent, emulator.users.supervisor }
    assert.same({
      done = 2, not_found = 0, failed = 0, duplicates = 0, remaining = 0,
      attempts = 2,
    }, delete(list))
    assert.same({ [list[1]] = 1, [list[2]] = 1 }, counts())
    assert.is_true(results[1].ok)
    assert.is_nil(results[1].err)
    local agent = fixtures.client({ access_token = emulator.tokens.agent })
    assert.equal(401, select(2, agent:head_tokens_me()).status)
    agent:close()
  end)

  it("takes an iterator, and has nothing to do at its end", function()
    local totals = delete(iterate(ids(20)))
    assert.equal(20, totals.done)
    assert.is_nil(totals.remaining)
    assert.equal(20, #results)
    assert.equal(0, delete({}).attempts)
    assert.equal(0, delete(function() end).attempts)
  end)

  -- How many calls are in flight at most when another id is asked for.
  local function most_before_another(options)
    emulator:fault({ delay = 0.1, count = 20 })
    local next_id, most = iterate(ids(10)), 0
    delete(function()
      most = math.max(most, client:stats().in_flight)
      return next_id()
    end, options)
    emulator:clear_faults()
    return most
  end

  it("has as many calls in flight as `concurrency` says, or eight", function()
    assert.equal(2, most_before_another({ concurrency = 3 }))
    assert.equal(7, most_before_another({ concurrency = 8 }))
    assert.equal(7, most_before_another())
    assert.equal(0, most_before_another({ concurrency = 1 }))
  end)

  it("counts 404 apart", function()
    local totals = delete({ "nobody", uuid(1) })
    assert.equal(1, totals.done)
    assert.equal(1, totals.not_found)
    assert.equal(0, totals.failed)
    for _, result in ipairs(results) do
      assert.equal(result.user_id ~= "nobody", result.ok)
      assert.equal(result.ok == false and 404 or nil,
        result.err and result.err.status)
    end
  end)

  it("sends an id of a list once", function()
    local list = ids(20000)
    for i = 10001, 20000 do
      list[i] = list[i - 10000]
    end
    for i = 11, 10000 do -- what need not be sent to be counted
      list[i], list[i + 10000] = list[1], list[2]
    end
    local totals = delete(list)
    assert.equal(10, totals.done)
    assert.equal(19990, totals.duplicates)
    assert.equal(0, totals.remaining)
    assert.equal(10, #results)
  end)

  it("sends an id of an iterator once, as far as it remembers", function()
    local list = { uuid(1), uuid(1), uuid(2), uuid(3), uuid(4), uuid(1),
      uuid(5), uuid(6), uuid(7), uuid(8), uuid(9), uuid(1) }
    assert.equal(3, delete(iterate(list)).duplicates)
    results = {}
    local totals = delete(iterate(list), { dedupe_window = 3 })
    assert.equal(2, totals.duplicates)
    assert.equal(2, counts()[uuid(1)])
  end)

  it("reports what cannot be an id, and goes on", function()
    local totals = delete({ "me", "", 7, false, ("x"):rep(2000), uuid(1) })
    assert.equal(5, totals.failed)
    assert.equal(1, totals.done)
    assert.equal(1, totals.attempts)
    assert.is_nil(totals.stopped)
    for _, result in ipairs(results) do
      assert.is_true(result.ok or result.err.kind == "argument")
    end
  end)

  it("retries each by the client's policy", function()
    emulator:fault({ status = 503, count = 5 })
    local totals = delete(ids(10), { retry = { base_delay = 0.001 } })
    assert.equal(10, totals.done)
    assert.equal(15, totals.attempts)
    emulator:fault({ status = 503, count = 3 })
    totals = delete(ids(10), { retry = false })
    assert.equal(3, totals.failed)
    assert.equal(10, totals.attempts)
    assert.is_nil(totals.stopped)
  end)

  it("passes on options of the calls and events of attempts", function()
    local statuses = {}
    client:close()
    client = fixtures.client({
      access_token = emulator.tokens.agent,
      on_attempt = function(event)
        statuses[#statuses + 1] = event.status
        assert(event.rate_limit.allowed == 300)
      end,
    })
    local _, _, response = client:head_tokens_me()
    assert.is_nil(response.on_attempt_error)
    delete({ uuid(1) }, {
      access_token = emulator.tokens.admin, headers = { ["X-Run"] = "7" },
    })
    assert.same({ 200, 204 }, statuses)
    assert.equal("7", emulator:requests()[2].headers["x-run"])
  end)

  it("stops early when the permission is missing", function()
    emulator:fault({ delay = 0.05, count = 100 })
    local totals = delete(ids(100), { access_token = emulator.tokens.agent })
    assert.equal("missing.any.permissions", totals.stopped.code)
    assert.is_true(totals.failed >= 1 and totals.failed <= 8)
    assert.equal(100, totals.failed + totals.remaining)
    assert.equal(totals.failed, #results)
  end)

  it("goes on when a 401 breaks off, which is the network's trouble", function()
    emulator:fault({ code = "bad.credentials", cut = 10 })
    local totals = delete(ids(10), { retry = false })
    assert.is_nil(totals.stopped)
    assert.equal(1, totals.failed)
    assert.equal(9, totals.done)
  end)

  it("sends one call before all others", function()
    emulator:fault({ delay = 0.05, code = "not.authorized", count = 100 })
    local totals = delete(ids(100), {
      concurrency = 8, rate_per_minute = false,
    })
    assert.equal("not.authorized", totals.stopped.code)
    assert.equal(99, totals.remaining)
    assert.equal(1, (select(2, emulator:requests())))
  end)

  it("stops early when the token is invalid, or cannot be had", function()
    local invalid = delete(ids(100), { access_token = "invalid" })
    assert.equal(401, invalid.stopped.status)
    assert.equal(100, invalid.failed + invalid.remaining)
    local none = delete(iterate(ids(100)), { access_token = function()
      return nil, "the vault is shut"
    end })
    assert.equal("auth", none.stopped.kind)
    assert.is_nil(none.remaining)
    client:close()
    client = require("gctokens").new({
      base_url = emulator.http_url, login_url = emulator.http_url,
      client_id = "a", client_secret = "b", env = false,
    })
    assert.equal("auth", delete(ids(9)).stopped.kind)
  end)

  it("gets a fresh token when one is rejected", function()
    local token = "invalid"
    local totals = delete(ids(20), { access_token = function(reason)
      token = reason == "rejected" and emulator.tokens.admin or token
      return token
    end })
    assert.equal(20, totals.done)
  end)

  it("stops early when nothing can be sent at all", function()
    client:close()
    client = fixtures.client({ access_token = "not a token" })
    local totals = delete(ids(100))
    assert.equal("argument", totals.stopped.kind)
    assert.equal(99, totals.remaining)
    client:close()
    totals = delete(ids(100))
    assert.equal("closed", totals.stopped.kind)
    assert.equal(99, totals.remaining)
  end)

  it("can be cancelled: what is in flight is reported", function()
    emulator:fault({ delay = 0.05, count = 100 })
    local totals = delete(ids(100), { concurrency = 4,
      should_stop = function()
        return #results >= 8
      end })
    assert.is_true(totals.cancelled)
    assert.is_nil(totals.stopped)
    assert.is_true(totals.done >= 8 and totals.done <= 12)
    assert.equal(totals.done, #results)
    assert.equal(100 - totals.done, totals.remaining)
    assert.equal(totals.done, (select(2, emulator:requests())))
  end)

  it("is cancelled while it waits for its turn", function()
    local started = core.now()
    local totals = delete(ids(3), {
      rate_per_minute = 1,
      should_stop = function()
        return core.now() - started > 0.2
      end,
    })
    assert.equal(1, totals.done)
    assert.is_true(core.now() - started < 2)
  end)

  it("loses no result to functions that raise", function()
    local calls = 0
    local totals = delete(ids(20), { on_result = function()
      calls = calls + 1
      error({ number = calls })
    end })
    assert.equal(20, totals.done)
    assert.equal(20, calls)
    assert.same({ number = 1 }, totals.on_result_error)
    local list = ids(3)
    totals = delete(function()
      return table.remove(list) or error("the file is gone")
    end)
    assert.equal(3, totals.done)
    assert.equal(3, #results)
    assert.matches("the iterator of user ids failed: .*the file is gone",
      totals.stopped.message)
    totals = delete(ids(20), { should_stop = function()
      error("no idea")
    end })
    assert.matches("should_stop failed: .*no idea", totals.stopped.message)
  end)

  it("may be used by its own on_result", function()
    local inner
    local totals = delete(ids(20), { on_result = function()
      inner = inner or delete({ uuid(100), uuid(101) })
      assert(client:head_tokens_me())
    end })
    assert.equal(20, totals.done)
    assert.is_nil(totals.on_result_error)
    assert.equal(2, inner.done)
  end)

  it("makes one call after another with a loop that knows no threads",
    function()
      client:close()
      client = fixtures.client({ loop = {
        now = blocking.now, sleep = blocking.sleep, wait = blocking.wait,
      } })
      assert.equal(20, delete(ids(20)).done)
    end)

  it("works with a transport", function()
    client:close()
    client = fixtures.client({ transport = function()
      return { status = 204 }
    end })
    assert.equal(20, delete(ids(20), { rate_per_minute = 60000 }).done)
  end)

  it("raises on unknown options and wrong types", function()
    for message, arguments in pairs({
      ['there is no option "speed"'] = { {}, { speed = 1 } },
      ['no option "concurency", did you mean "concurrency"%?'] =
        { {}, { concurency = 1 } },
      ['"concurrency" must be a whole'] = { {}, { concurrency = 0 } },
      ['"concurrency" must be a'] = { {}, { concurrency = 1025 } },
      ['"rate_per_minute" must be'] = { {}, { rate_per_minute = 0 } },
      ['"on_result" must be a function'] = { {}, { on_result = 1 } },
      ['"should_stop" must be'] = { {}, { should_stop = true } },
      ['"dedupe_window" must be'] = { {}, { dedupe_window = 0 } },
      ['"timeout" must be'] = { {}, { timeout = 0 } },
      ["options must be a table"] = { {}, 1 },
      ["user_ids must be a list or a function"] = { "me" },
      ["which would not be revoked"] = { { ["7f62a8a3"] = true } },
      ["got a table with other keys"] = { { "a", "b", more = "c" } },
      ["user_ids must be a list, got a table"] = { { "a", [10] = "b" } },
    }) do
      local ok, raised = pcall(function()
        client:delete_tokens_of(arguments[1], arguments[2])
      end)
      assert.is_false(ok)
      assert.matches(message, raised)
      assert.matches("revoke_spec", raised)
    end
  end)

  it("keeps memory flat, and reports 20000 ids once each #pace", function()
    emulator:settings({ record = false })
    local number, done = 0, 0
    local early
    local function in_use()
      collectgarbage()
      collectgarbage()
      return collectgarbage("count")
    end
    local totals = client:delete_tokens_of(function()
      number = number + 1
      return number <= 20000 and tostring(number) or nil
    end, { rate_per_minute = false, dedupe_window = 1000,
      on_result = function(user_id)
        done = done + tonumber(user_id)
        if user_id == "4000" then
          early = in_use()
        end
      end })
    assert.equal(20000, totals.not_found)
    assert.equal(20000 * 20001 / 2, done)
    assert.is_true(in_use() - early < 200)
  end)

  describe("paced", function()
    -- The clock of client and emulator goes on when somebody sleeps.
    local offset, loop

    before_each(function()
      offset = 0
      loop = {
        now = function()
          return core.now() + offset
        end,
        sleep = function(seconds)
          offset = offset + seconds
          emulator:advance(seconds)
        end,
        wait = blocking.wait,
        run = blocking.run,
      }
      client:close()
      client = fixtures.client({ loop = loop })
    end)

    local function answers(status)
      local count = 0
      for _, request in ipairs((emulator:requests())) do
        count = count + (request.status == status and 1 or 0)
      end
      return count
    end

    it("keeps to 300 a minute, evenly #pace", function()
      emulator:settings({ rate_per_minute = 300 })
      local started = loop.now()
      local totals = delete(ids(900), { rate_per_minute = 300 })
      assert.equal(900, totals.done)
      assert.is_true(answers(429) <= 2)
      assert.is_true(loop.now() - started > 150 and offset < 200)
      local requests = emulator:requests()
      -- Times of arrival: a busy machine may hold up a request, so that the
      -- next ones come sooner after it. rate_limiter_spec tells the slots
      -- themselves.
      for i = 1, 900 - 300 do -- any minute
        assert.is_true(requests[i + 300].time - requests[i].time > 59)
      end
      for i = 1, 900 - 10 do -- two seconds; no burst
        assert.is_true(requests[i + 10].time - requests[i].time > 1)
      end
    end)

    it("counts what is tried again", function()
      emulator:fault({ status = 503, count = 30 })
      local started = loop.now()
      delete(ids(30), { rate_per_minute = 300, concurrency = 1 })
      local attempts = #emulator:requests()
      assert.is_true(attempts > 50)
      assert.is_true(loop.now() - started > 0.2 * (attempts - 4)) -- seconds
    end)

    it("waits out the window when others use the limit, too", function()
      emulator:settings({ rate_per_minute = 100 })
      for _ = 1, 50 do
        assert(client:head_tokens_me())
      end
      local totals = delete(ids(120), { rate_per_minute = 6000 })
      assert.equal(120, totals.done)
      assert.is_true(answers(429) <= 2)
      -- The rest of a window is less than a minute, the slower the more so.
      assert.is_true(offset > 45 and offset < 130)
    end)

    it("waits for nobody's sake but a 429's without a rate", function()
      emulator:settings({ rate_per_minute = 100 })
      local totals = delete(ids(150))
      assert.equal(150, totals.done)
      assert.is_true(answers(429) >= 1 and answers(429) <= 8)
      assert.is_true(offset > 45 and offset < 70)
    end)

    it("stops when a 429 asks for more than the policy waits", function()
      emulator:fault({ status = 429, headers = { ["Retry-After"] = "3600" } })
      local totals = delete(ids(50), { concurrency = 1 })
      assert.equal(429, totals.stopped.status)
      assert.equal(49, totals.remaining)
    end)
  end)
end)
