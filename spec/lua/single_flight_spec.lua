-- What several callers need at the same time is done once, whatever becomes of
-- the one that does it.

local fake_loop = require("spec.support.fake_loop")
local single_flight = require("gctokens.single_flight")

local CAN_YIELD_IN_PCALL = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil

-- Seconds.
local WORK = 1 -- that the work takes
local TRUSTED = 5 -- for which a caller is trusted as a leader
local DETACHED = 20 -- that a detached leader may take
local DEADLINE = 60 -- of a caller


describe("a single flight", function()
  local loop, group, work, begun, ended

  -- Notes when work begins and ends. The work of the specs is `work`, with the
  -- number of the leader.
  local function do_work(flight, deadline, ...)
    begun[#begun + 1] = loop.now()
    local number = #begun
    local outcome, remembered_seconds = work(number, flight, deadline, ...)
    ended[#ended + 1] = number
    return outcome, remembered_seconds
  end

  before_each(function()
    loop = fake_loop.new()
    begun, ended = {}, {}
    group = single_flight.new(do_work)
    work = function(number)
      loop.sleep(WORK)
      return "outcome " .. number
    end
  end)

  local function caller(changes)
    local fields = {
      loop = loop,
      deadline = loop.now() + DEADLINE,
      detached_seconds = DETACHED,
      trusted_seconds = TRUSTED,
    }
    for name, value in pairs(changes or {}) do
      fields[name] = value
    end
    return fields
  end

  -- Starts a caller. The table that it returns gets the outcome, and when it
  -- came; its `thread` has `raised`.
  local function join(changes, key, ...)
    local joiner = {}
    local fields = caller(changes)
    joiner.thread = loop:start(function(...)
      joiner.outcome, joiner.problem = group:join(key or "key", fields, ...)
      joiner.at = loop.now()
    end, ...)
    return joiner
  end

  local function join_many(count, changes)
    local all = {}
    for i = 1, count do
      all[i] = join(changes)
    end
    return all
  end

  local function assert_all(expected, all)
    for _, joiner in ipairs(all) do
      assert.equal(expected, joiner.outcome)
    end
  end

  local function detach_leaders()
    function loop.detach(detached, ...)
      loop:start(detached, ...)
      return true
    end
  end

  local function drop_timers()
    function loop.detach()
      return true
    end
  end

  local function refuse_timers()
    function loop.detach()
      return false
    end
  end

  for name, prepare in pairs({
    ["of callers alone"] = function() end,
    ["with a detached leader"] = detach_leaders,
    ["with timers that are dropped"] = drop_timers,
    ["without timers"] = refuse_timers,
  }) do
    describe(name, function()
      before_each(function()
        prepare()
      end)

      it("has one leader, and all have its outcome at once", function()
        local all = join_many(100)
        loop:run()
        assert_all("outcome 1", all)
        assert.equal(1, #begun)
        for _, joiner in ipairs(all) do
          assert.equal(begun[1] + WORK, joiner.at)
        end
        assert.equal(0, group.count)
      end)

      it("is joined until it lands; then there is another", function()
        local first = join()
        loop:run(loop.now() + WORK / 2)
        local second = join()
        loop:run()
        assert_all("outcome 1", { first, second })
        local third = join()
        loop:run()
        assert_all("outcome 2", { third })
      end)

      it("is another for each key", function()
        local one, other = join({}, "one"), join({}, "other")
        loop:run()
        assert.not_equal(one.outcome, other.outcome)
        assert.equal(2, #begun)
      end)

      it("raises in all callers what the work raises", function()
        if not CAN_YIELD_IN_PCALL then
          return
        end
        work = function()
          loop.sleep(WORK)
          error("boom", 0)
        end
        local all = join_many(3)
        loop:run()
        for _, joiner in ipairs(all) do
          assert.equal("boom", joiner.thread.raised)
        end
        assert.equal(1, #begun)
        assert.equal(0, group.count)
      end)

      it("is waited for no longer than a caller's deadline", function()
        local patient = join()
        local hasty = join({ deadline = loop.now() + WORK / 2 })
        local late = join({ deadline = loop.now() })
        loop:run()
        assert_all("outcome 1", { patient })
        assert.same({ "deadline", "deadline" },
          { hasty.problem, late.problem })
      end)

      it("remembers an outcome for as long as the work says", function()
        work = function(number)
          return "error " .. number, 2
        end
        local first = join()
        loop:run()
        local second = join()
        loop:run()
        assert_all("error 1", { first, second })
        loop.sleep(2)
        local third = join()
        loop:run()
        assert_all("error 2", { third })
      end)

      it("is not begun early by a caller that knows what is remembered",
        function()
          work = function(number)
            return "error " .. number, 2
          end
          join()
          loop:run()
          local again = join({ known = "error 1" })
          local too_hasty = join({
            known = "error 1", deadline = loop.now() + 1,
          })
          local too_hasty_until = loop.now() + 1
          loop:run()
          assert_all("error 2", { again })
          assert.equal("deadline", too_hasty.problem)
          assert.equal(too_hasty_until, too_hasty.at)
          local pause = begun[2] - begun[1]
          assert.is_true(pause >= 2 and pause < 2.2)
        end)

      it("of a caller that shares with nobody is led by that caller",
        function()
          function loop.detach()
            error("a detached leader is of no use")
          end
          local leader
          work = function()
            leader = coroutine.running()
            return "own"
          end
          local joiner = join({ is_alone = true })
          loop:run()
          assert_all("own", { joiner })
          assert.equal(joiner.thread.coroutine, leader)
        end)
    end)
  end

  it("passes the leader's arguments to the work", function()
    local seen
    work = function(_, flight, deadline, ...)
      seen = { flight.key, deadline, ... }
      return "outcome"
    end
    local deadline = loop.now() + DEADLINE
    join({}, "key", 1, nil, 3)
    loop:run()
    assert.same({ "key", deadline, 1, nil, 3 }, seen)
    detach_leaders()
    deadline = loop.now() + DETACHED
    join({}, "key", 1, nil, 3)
    loop:run()
    assert.same({ "key", deadline, 1, nil, 3 }, seen)
  end)

  it("begins again with a joiner when the timer was dropped", function()
    drop_timers()
    local started = loop.now()
    local all = join_many(3)
    loop:run()
    assert_all("outcome 1", all)
    assert.equal(1, #begun)
    assert.is_true(begun[1] > started and begun[1] <= started + 0.1)
  end)

  it("is not led by a timer that comes too late", function()
    local timer
    function loop.detach(...)
      local arguments, count = { ... }, select("#", ...)
      timer = function()
        arguments[1]((unpack or table.unpack)( -- luacheck: ignore 113 143
          arguments, 2, count))
      end
      return true
    end
    local all = join_many(2)
    loop:run(loop.now() + WORK / 2)
    timer()
    loop:run()
    assert_all("outcome 1", all)
    assert.equal(1, #begun)
  end)

  it("is led by a joiner when a leading caller was killed, after its trust",
    function()
      local started = loop.now()
      local leader = join()
      local all = join_many(10)
      loop:run(loop.now() + WORK / 2)
      leader.thread.is_killed = true
      loop:run()
      assert_all("outcome 2", all)
      assert.same({ started, started + TRUSTED }, begun)
    end)

  it("is led by a joiner until its own deadline", function()
    local deadlines = {}
    work = function(number, _, deadline)
      deadlines[number] = deadline
      loop.sleep(deadline - loop.now())
      return "outcome " .. number
    end
    local started = loop.now()
    local leader = join({ deadline = started + 10 })
    join({ deadline = started + 12 })
    loop:run(started + 1)
    leader.thread.is_killed = true
    loop:run()
    assert.same({ started + 10, started + 12 }, deadlines)
  end)

  it("is led by a joiner when a detached leader was killed, after its time",
    function()
      local leader
      function loop.detach(detached, ...)
        leader = leader or loop:start(detached, ...)
        return true
      end
      local all = join_many(10)
      loop:run(loop.now() + WORK / 2)
      leader.is_killed = true
      loop:run()
      assert_all("outcome 2", all)
      assert.equal(2, #begun)
      assert.is_true(begun[2] - begun[1] > DETACHED)
    end)

  it("is joined as long as its detached leader has time", function()
    detach_leaders()
    work = function(number)
      loop.sleep(DETACHED - 0.1)
      return "outcome " .. number
    end
    local first = join()
    loop:run(loop.now() + DETACHED - 0.5)
    local last = join()
    loop:run()
    assert_all("outcome 1", { first, last })
  end)

  it("is led by a caller that comes when its leader is trusted no more",
    function()
      work = function(number)
        loop.sleep(number == 1 and DEADLINE - 1 or WORK)
        return "outcome " .. number
      end
      local slow = join()
      loop:run(loop.now() + DETACHED + 2)
      local later = join()
      loop:run()
      assert_all("outcome 2", { slow, later }) -- of one and the same flight
    end)

  it("has the outcome of the leader that comes to an end first", function()
    work = function(number)
      loop.sleep(number == 1 and 2 * TRUSTED or WORK)
      return "outcome " .. number
    end
    local slow = join()
    local all = join_many(3)
    loop:run()
    assert_all("outcome 2", all)
    assert_all("outcome 2", { slow }) -- though it found another one
    assert.same({ 2, 1 }, ended)
  end)

  it("is begun again by those with more time than its leader had", function()
    work = function(number, _, deadline)
      loop.sleep(math.min(WORK, deadline - loop.now()))
      return "outcome " .. number
    end
    local hasty = join({ deadline = loop.now() + WORK / 2 })
    local all = join_many(3)
    loop:run()
    assert_all("outcome 1", { hasty })
    assert_all("outcome 2", all)
  end)

  it("is not ended by a leader whose time is up after it was replaced",
    function()
      work = function(number, _, deadline)
        loop.sleep(number == 1 and deadline - loop.now() or 2 * TRUSTED)
        return "outcome " .. number
      end
      local hasty = join({ deadline = loop.now() + TRUSTED + 1 })
      local all = { join({ trusted_seconds = 3 * TRUSTED }), join() }
      loop:run()
      assert_all("outcome 1", { hasty })
      assert_all("outcome 2", all)
      assert.equal(2, #begun)
    end)

  it("does not remember the outcome of a leader whose time was up", function()
    work = function(number, _, deadline)
      loop.sleep(deadline - loop.now())
      return "error " .. number, 100
    end
    join({ deadline = loop.now() + 1 })
    loop:run()
    local joiner = join({ deadline = loop.now() + 1 })
    loop:run()
    assert_all("error 2", { joiner })
  end)

  describe("whose work needs its own outcome", function()
    local inner

    before_each(function()
      work = function()
        inner = { group:join("key", caller()) }
        return "outcome"
      end
    end)

    for name, prepare in pairs({
      ["led by a caller"] = function() end,
      ["with a detached leader"] = detach_leaders,
      ["where nobody can wait"] = function()
        loop.event = nil
      end,
    }) do
      it("notices that, " .. name, function()
        prepare()
        local all = join_many(2)
        loop:run()
        assert.same({ nil, "recursion" }, inner)
        assert_all("outcome", all)
      end)
    end

    it("notices that of a caller that shares with nobody", function()
      refuse_timers()
      work = function()
        inner = { group:join("key", caller({ is_alone = true })) }
        return "outcome"
      end
      local joiner = join({ is_alone = true })
      loop:run()
      assert.same({ nil, "recursion" }, inner)
      assert_all("outcome", { joiner })
    end)

    it("notices that outside of coroutines, too", function()
      assert.equal("outcome", (group:join("key", caller())))
      assert.same({ nil, "recursion" }, inner)
    end)
  end)

  -- nginx gives the coroutine of a request that was ended to another request.
  it("does not take a caller for the leader whose coroutine it has got",
    function()
      refuse_timers()
      local inner
      work = function(number)
        if number == 1 then
          inner = group:join("key", caller())
        end
        return "outcome " .. number
      end
      join()
      loop:run()
      assert.equal("outcome 2", inner)
    end)

  it("is led by every caller where nobody can wait", function()
    loop.event = nil
    local all = join_many(3)
    loop:run()
    assert.equal(3, #begun)
    assert_all("outcome 1", all) -- the first of them
    assert.equal(0, group.count)
  end)

  -- As of light threads, while a function of the user calls outside of them.
  it("is led by a caller that cannot wait while others do", function()
    local all = join_many(2)
    loop:run(loop.now() + WORK / 2)
    local outside = { now = loop.now, sleep = loop.sleep }
    local started = loop.now()
    assert.equal("outcome 2",
      (group:join("key", caller({ loop = outside }))))
    assert.equal(started + WORK, loop.now())
    loop:run()
    assert_all("outcome 2", all)
  end)

  describe("begun ahead of need", function()
    before_each(detach_leaders)

    it("lands without anybody who waits", function()
      local awaited = {}
      work = function(number, flight)
        awaited[#awaited + 1] = flight.is_awaited
        loop.sleep(WORK)
        awaited[#awaited + 1] = flight.is_awaited
        return "outcome " .. number
      end
      group:start("key", caller())
      group:start("key", caller())
      assert.is_true(group:is_under_way("key", loop.now()))
      loop:run(loop.now() + WORK / 2)
      local joiner = join()
      loop:run()
      assert_all("outcome 1", { joiner })
      assert.same({ false, true }, awaited)
      assert.is_false(group:is_under_way("key", loop.now()))
    end)

    it("is another's whom it has left without an outcome", function()
      work = function(number)
        loop.sleep(WORK)
        return number > 1 and "outcome " .. number or nil
      end
      group:start("key", caller())
      loop:run(loop.now() + WORK / 2)
      local joiner = join()
      loop:run()
      assert_all("outcome 2", { joiner })
    end)

    it("is forgotten after its time when the timer was dropped", function()
      drop_timers()
      group:start("key", caller())
      assert.equal(1, group:sweep(loop.now()))
      assert.equal(0, group:sweep(loop.now() + DETACHED + 1.1))
      assert.equal(0, group.count)
      group:start("key", caller())
      loop.time = loop.time + DETACHED + 1.1
      detach_leaders()
      local started = loop.now()
      local joiner = join()
      loop:run()
      assert_all("outcome 1", { joiner })
      assert.equal(started, begun[1]) -- detached, and at once
    end)
  end)

  -- As Ctrl-C does, or memory that runs out.
  it("is had by the next caller, wherever an error ends this one", function()
    local left = math.huge
    local clock = {
      sleep = function() end,
      now = function()
        left = left - 1
        if left == 0 then
          error("interrupted!", 0)
        end
        return 0
      end,
    }
    work = function()
      clock.now()
      return "outcome"
    end
    local tries, raised = 0, 0
    repeat
      group = single_flight.new(do_work)
      tries = tries + 1
      left = tries
      local fields = caller({ loop = clock, deadline = 1 })
      local ok = pcall(group.join, group, "key", fields)
      raised = raised + (ok and 0 or 1)
      left = math.huge
      assert.equal("outcome", (group:join("key", fields)))
    until ok
    assert.is_true(raised > 3)
  end)
end)
