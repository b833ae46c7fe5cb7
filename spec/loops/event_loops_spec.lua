--- What holds for clients on every event loop: gctokens.loop.luv and
-- gctokens.loop.cqueues.
--
-- luv ends the process at an error in a coroutine, so bodies note what they
-- find, and it is looked at when the loop has ended.

local core = require("gctokens.core")
local event_loops = require("spec.loops.event_loops")
local fixtures = require("spec.support.fixtures")
local gctokens = require("gctokens")

local IS_LUA_51 = _VERSION == "Lua 5.1" and not rawget(_G, "jit")


for name, event_loop in pairs(event_loops.available) do
  describe("gctokens.loop." .. name, function()
    local start, run = event_loop.start, event_loop.run
    local loop = event_loop.gctokens
    local emulator, client

    before_each(function()
      emulator = fixtures.emulator()
      client = fixtures.client({ loop = loop, max_connections = 300 })
    end)

    after_each(function()
      client:close()
    end)

    -- Runs the body in so many coroutines, and the loop until all have ended.
    local function run_all(count, body)
      for i = 1, count do
        start(function()
          body(i)
        end)
      end
      run()
    end

    it("makes calls at once, while other coroutines go on", function()
      emulator:fault({ delay = 0.3, count = 8 })
      local started, answers, ticks = core.now(), 0, 0
      start(function()
        while answers < 8 do
          loop.sleep(0.01)
          ticks = ticks + 1
        end
      end)
      run_all(8, function()
        if client:get_tokens_me() then
          answers = answers + 1
        end
      end)
      assert.equal(8, answers)
      assert.is_true(core.now() - started < 1.5)
      assert.is_true(ticks > 3)
    end)

    it("makes more calls at once than start at a time", function()
      local answers = 0
      run_all(200, function()
        if client:head_tokens_me() then
          answers = answers + 1
        end
      end)
      assert.equal(200, answers)
      assert.equal(0, client:stats().in_flight)
    end)

    it("makes one call after another in a coroutine", function()
      local answers = 0
      run_all(1, function()
        for _ = 1, 20 do
          answers = answers + (client:head_tokens_me() and 1 or 0)
        end
      end)
      assert.equal(20, answers)
      assert.equal(1, client:stats().connections_opened)
    end)

    it("uses no processor time while it waits", function()
      emulator:fault({ delay = 0.6, count = 1 })
      local before = os.clock()
      run_all(1, function()
        client:head_tokens_me()
      end)
      assert.is_true(os.clock() - before < 0.2)
    end)

    it("raises outside of a coroutine, and leaves no call behind", function()
      local ok, message = pcall(client.head_tokens_me, client)
      assert.is_false(ok)
      assert.matches("^spec/loops/event_loops_spec%.lua:%d+: gctokens.loop%."
        .. name .. " can wait in a coroutine", message)
      assert.equal(0, client:stats().in_flight)
      assert.error_matches(function()
        loop.sleep(0.01)
      end, "can wait in a coroutine")
      run()
    end)

    it("sleeps no less than it is told", function()
      local started, ended = nil, {}
      run_all(3, function(i)
        started = started or core.now()
        loop.sleep(0.02 * i)
        ended[i] = core.now() - started
      end)
      for i = 1, 3 do
        assert.is_true(ended[i] >= 0.02 * i, i)
      end
    end)

    it("takes times that are no times, and runs of no threads", function()
      local is_over = false
      run_all(1, function()
        loop.sleep(0)
        loop.sleep(-1)
        assert(loop.event():wait(0) == false)
        assert(loop.event():wait(-1e300) == false)
        loop.run(client, 0, error)
        is_over = true
      end)
      assert.is_true(is_over)
      local event = loop.event()
      start(function()
        is_over = event:wait(1e300)
      end)
      start(function()
        event:set()
        event:set()
      end)
      is_over = false
      run()
      assert.is_true(is_over)
    end)

    it("has events that wake all who wait, now and later", function()
      local event, woken = loop.event(), {}
      local function note(was_set)
        woken[#woken + 1] = tostring(was_set)
      end
      run_all(4, function(i)
        if i == 4 then
          note(event:wait(0.01))
          event:set()
        end
        note(event:wait(5))
        note(event:wait())
      end)
      assert.equal("false", table.remove(woken, 1))
      assert.equal(("true"):rep(8), table.concat(woken))
    end)

    it("tries again after a pause", function()
      emulator:fault({ status = 503, headers = { ["Retry-After"] = "1" } })
      local response
      run_all(1, function()
        response = select(3, client:head_tokens_me())
      end)
      assert.equal(2, response.attempts)
      assert.is_true(response.elapsed >= 1)
    end)

    it("ends a call at its time limit", function()
      emulator:fault({ delay = 30 })
      local err
      run_all(1, function()
        err = select(2, client:head_tokens_me({ timeout = 0.1, retry = false }))
      end)
      assert.equal("timeout", err.kind)
    end)

    it("looks names up", function()
      local other = fixtures.client({
        loop = loop, base_url = emulator.http_url:gsub("127%.0%.0%.1",
          "localhost"),
      })
      local ok, err
      run_all(1, function()
        ok, err = other:head_tokens_me()
      end)
      assert.is_true(ok, tostring(err))
      other:close()
    end)

    it("asks for one token, however many need it", function()
      local service = emulator.clients.service
      local other = gctokens.new({
        base_url = emulator.http_url, login_url = emulator.http_url,
        client_id = service.id, client_secret = service.secret, env = false,
        loop = loop,
      })
      local answers, logins = 0, 0
      run_all(5, function()
        if other:head_tokens_me() then
          answers = answers + 1
        end
      end)
      for _, request in ipairs(emulator:requests()) do
        logins = logins + (request.uri == "/oauth/token" and 1 or 0)
      end
      assert.same({ 5, 1 }, { answers, logins })
      other:close()
    end)

    it("revokes the tokens of many users at once", function()
      emulator:fault({ delay = 0.1, count = 20 })
      local list, totals = {}, nil
      for i = 1, 20 do
        list[i] = ("00000000-0000-4000-8000-%012d"):format(i)
      end
      run_all(1, function()
        totals = client:delete_tokens_of(list, {
          concurrency = 10, rate_per_minute = false,
        })
      end)
      assert.equal(20, totals.done + totals.not_found)
      assert.is_true(totals.elapsed < 1)
    end)

    it("raises what a thread of a run raises, and cancels the others' calls",
      function()
        if IS_LUA_51 and name == "luv" then
          return -- there it is an error of its coroutine
        end
        emulator:fault({ delay = 30, count = 3 })
        local started, raised, number = core.now(), { "any" }, 0
        local function body(view)
          number = number + 1
          if number == 4 then
            loop.sleep(0.05)
            error(raised)
          end
          view:head_tokens_me()
        end
        local ok, message, in_flight
        run_all(1, function()
          ok, message = event_loop.pcall(loop.run, client, 4, body)
          in_flight = client:stats().in_flight
        end)
        emulator:clear_faults()
        assert.is_false(ok)
        assert.equal(raised, message)
        assert.equal(0, in_flight)
        local again
        run_all(1, function()
          again = client:head_tokens_me()
        end)
        assert.is_true(again)
        assert.is_true(core.now() - started < 5)
      end)

    it("ends calls whose client is closed under them", function()
      emulator:fault({ delay = 30, count = 3 })
      local started, kinds = core.now(), {}
      start(function()
        loop.sleep(0.05)
        client:close()
      end)
      run_all(3, function(i)
        kinds[i] = select(2, client:head_tokens_me()).kind
      end)
      assert.same({ "closed", "closed", "closed" }, kinds)
      assert.is_true(core.now() - started < 5)
    end)

    -- Puts these methods in place of those of the client's engine. They get the
    -- engine that they stand for, which `replace` changes.
    local function stand_in(methods)
      local engine = client.engine
      client.engine = setmetatable({
        replace = function()
          engine:close()
          engine = fixtures.engine()
        end,
      }, {
        __index = function(self, method)
          return function(_, ...)
            if methods[method] then
              return methods[method](engine, self, ...)
            end
            return engine[method](engine, ...)
          end
        end,
      })
    end

    -- In the second step libcurl fails for good: the descriptor is closed, and
    -- another one is opened.
    local function fail_in_second_step()
      local steps, id = 0, nil
      stand_in({
        start = function(engine, _, ...)
          id = engine:start(...)
          return id
        end,
        step = function(engine, self, ...)
          steps = steps + 1
          if steps == 2 then
            self.replace()
            return { { id = id, err = { kind = "transport",
              message = "failed", reason = "failed" } } }, 0
          end
          return engine:step(...)
        end,
      })
    end

    it("goes on when libcurl had to be set up anew", function()
      emulator:fault({ delay = 0.3, count = 1 }) -- no response before that
      fail_in_second_step()
      local kinds = {}
      run_all(1, function()
        kinds[1] = select(2, client:head_tokens_me({ retry = false })).kind
        kinds[2] = client:head_tokens_me() and "ok"
      end)
      assert.same({ "transport", "ok" }, kinds)
    end)

    it("steps an engine without a descriptor every few milliseconds",
      function()
        emulator:fault({ delay = 0.3 })
        local steps = 0
        stand_in({
          fd = function()
            return nil, "this system has no epoll"
          end,
          step = function(engine, _, ...)
            steps = steps + 1
            return engine:step(...)
          end,
        })
        local ok
        run_all(1, function()
          ok = client:head_tokens_me()
        end)
        assert.is_true(ok)
        assert.is_true(steps > 3 and steps < 200, steps)
      end)

    it("gives calls up whose engine raises at every step", function()
      local steps = 0
      stand_in({
        step = function()
          steps = steps + 1
          error("not enough memory", 0)
        end,
      })
      local errs = {}
      run_all(2, function(i)
        errs[i] = select(2, client:head_tokens_me({ retry = false }))
      end)
      for i = 1, 2 do
        assert.equal("transport", errs[i].kind)
        assert.equal("the engine cannot go on: not enough memory",
          errs[i].reason)
      end
      assert.is_true(steps < 300, steps)
    end)

    it("serves several clients, some of which fail", function()
      local other = fixtures.client({
        loop = loop, base_url = "http://127.0.0.1:1", retry = false,
      })
      local kinds = {}
      run_all(6, function(i)
        local ok, err = (i % 2 == 0 and client or other):head_tokens_me()
        kinds[i] = ok and "ok" or err.kind
      end)
      assert.equal("transport ok transport ok transport ok",
        table.concat(kinds, " "))
      other:close()
    end)

    it("lets go of a client that is not used any more", function()
      local weak = setmetatable({}, { __mode = "v" })
      run_all(2, function()
        weak.client = weak.client or fixtures.client({ loop = loop })
        weak.engine = weak.client.engine
        weak.client:head_tokens_me()
      end)
      collectgarbage()
      collectgarbage()
      assert.is_nil(weak.client)
      assert.is_nil(weak.engine)
    end)
  end)
end
