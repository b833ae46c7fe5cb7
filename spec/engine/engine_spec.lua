--- The engine: many calls on one libcurl multi handle, over the network.

local fixtures = require("spec.support.fixtures")


describe("the multi handle", function()
  local emulator, token

  before_each(function()
    emulator = fixtures.emulator()
    token = emulator.tokens.admin
  end)

  it("serves 1000 calls on one connection", function()
    emulator:settings({ record = false })
    local engine = fixtures.engine()
    for _ = 1, 1000 do
      assert(engine:get_tokens_me({ access_token = token }))
    end
    assert.equal(1, engine:stats().connections_opened)
    engine:close()
  end)

  it("carries 32 calls at once on one HTTP/2 connection", function()
    local engine = fixtures.engine({
      base_url = emulator.https_url, ca_file = emulator.ca_file,
    })
    for _ = 1, 32 do
      assert(engine:start("get_tokens_me", { access_token = token }))
    end
    local done = 0
    while done < 32 do
      for _, finished in ipairs((engine:step(5))) do
        assert.is_table(finished.result)
        done = done + 1
      end
    end
    assert.equal(1, engine:stats().connections_opened)
    for _, request in ipairs(emulator:requests()) do
      assert.equal("2.0", request.http_version)
    end
    engine:close()
  end)

  it("opens no more than max_connections, and every call still ends",
    function()
      local engine = fixtures.engine({ max_connections = 3 })
      emulator:fault({ delay = 0.02, count = 12 })
      for _ = 1, 12 do
        assert(engine:start("head_tokens_me", { access_token = token }))
      end
      local done = 0
      while done < 12 do
        for _, finished in ipairs((engine:step(5))) do
          assert.is_true(finished.result)
          done = done + 1
        end
      end
      assert.is_true(engine:stats().connections_opened <= 3)
      engine:close()
    end)

  it("times out also those calls that wait for a connection", function()
    local engine = fixtures.engine({ max_connections = 1 })
    emulator:fault({ delay = 3, count = 1 })
    local first = engine:start("head_tokens_me", {
      access_token = token, timeout = 10,
    })
    engine:step(0.1)
    local second = engine:start("head_tokens_me", {
      access_token = token, timeout = 0.3,
    })
    local _, err = engine:wait(second)
    assert.equal("timeout", err.kind)
    assert.is_true(err.response.elapsed < 2)
    -- and says what they waited for
    assert.matches("waited 0.3%d+ s for a free connection, "
      .. "max_connections is 1 %(OPERATION_TIMEDOUT%)$", err.message)
    assert.is_true(err.response.queued >= 0.3)
    assert.equal(0, err.response.sent)
    assert.is_true((engine:wait(first)))
    engine:close()
  end)

  it("keeps calls that libcurl does not get yet, which may end so", function()
    local engine = fixtures.engine({ max_connections = 1 })
    assert.is_true((engine:head_tokens_me({ access_token = token })))
    emulator:fault({ delay = 0.5, count = 1 })
    local ids, timeouts = {}, { 10, 10, 0.3, 10, 10 }
    for i, timeout in ipairs(timeouts) do
      ids[i] = engine:start("head_tokens_me", {
        access_token = token, timeout = timeout,
      })
    end
    assert.equal(5, engine:stats().in_flight)
    assert.is_true(engine:cancel(ids[4]))
    assert.equal(4, engine:stats().in_flight)
    local _, err = engine:wait(ids[3])
    assert.equal("timeout", err.kind)
    assert.matches("for a free connection", err.message)
    assert.is_nil(err.status) -- that of an earlier call of the same handle
    assert.equal(0, err.response.sent)
    for _, i in ipairs({ 5, 1, 2 }) do
      assert.is_true((engine:wait(ids[i])))
    end
    local stats = engine:stats()
    assert.equal(0, stats.in_flight)
    assert.equal(6, stats.calls)
    assert.equal(1, stats.connections_opened)
    engine:close()
  end)

  it("is closed with calls that libcurl does not have yet", function()
    local engine = fixtures.engine({ max_connections = 1 })
    emulator:fault({ delay = 5, count = 1 })
    for _ = 1, 20 do
      engine:start("head_tokens_me", { access_token = token })
    end
    engine:step(0.05)
    engine:close()
    assert.equal(0, engine:stats().in_flight)
  end)

  it("tells how long a call has waited for a connection", function()
    for _, host in ipairs({ "127.0.0.1", "localhost" }) do
      local engine = fixtures.engine({
        base_url = emulator.http_url:gsub("127.0.0.1", host),
        max_connections = 1,
      })
      emulator:fault({ delay = 0.2, count = 2 })
      local first = engine:start("head_tokens_me", { access_token = token })
      local second = engine:start("head_tokens_me", { access_token = token })
      local third = engine:start("head_tokens_me", {
        access_token = token, timeout = 0.3,
      })
      local _, _, response = engine:wait(first)
      assert.is_nil(response.queued)
      -- its time on the connection was short
      local err
      _, err = engine:wait(third)
      _, _, response = engine:wait(second)
      assert.is_true(response.queued >= 0.15, response.queued)
      assert.is_true(err.response.queued > 0.15)
      engine:close()
    end
  end)

  it("repeats by itself a request that a stale connection swallowed", function()
    local engine = fixtures.engine()
    local arguments = { access_token = token }
    assert(engine:head_tokens_me(arguments))
    emulator:fault({ reset = true })
    local valid, _, response = engine:head_tokens_me(arguments)
    assert.is_true(valid)
    -- which is told, because delete_tokens_me must know it
    assert.equal(2, response.sent)
    engine:close()
  end)

  -- Debian's lua-posix has no build for Lua 5.4
  local test_fork = pcall(require, "posix.unistd") and it or function() end

  test_fork("is left alone by the child of a fork, which makes its own",
    function()
    -- the parent's kept connection must still work after the child's end
    local output, code = fixtures.script(([[
      local unistd = require("posix.unistd")
      local wait = require("posix.sys.wait").wait
      local engine = require("gctokens.core").new({
        base_url = %q, ca_file = %q,
      })
      local arguments = { access_token = %q }
      assert(engine:get_tokens_me(arguments))
      local child = assert(unistd.fork())
      if child == 0 then
        assert(engine:get_tokens_me(arguments))
        assert(engine:head_tokens_me(arguments))
        engine:close()
        unistd._exit(0)
      end
      local _, _, status = wait(child)
      assert(status == 0, "the child failed")
      assert(engine:get_tokens_me(arguments))
      print(engine:stats().connections_opened)
    ]]):format(emulator.https_url, emulator.ca_file, token))
    assert.equal("1\n", output)
    assert.equal(0, code)
    local connections = {}
    for _, request in ipairs(emulator:requests()) do
      connections[#connections + 1] = request.connection
    end
    assert.equal(4, #connections)
    assert.equal(connections[2], connections[3])
    assert.equal(connections[1], connections[4])
    assert.not_equal(connections[1], connections[2])
  end)

  test_fork("says so in the child when the fork came within a wait",
    function()
      emulator:fault({ delay = 1 })
      local output = fixtures.script(([[
        local unistd = require("posix.unistd")
        local wait = require("posix.sys.wait").wait
        local core = require("gctokens.core")
        local engine = core.new({ base_url = %q })
        local child
        local started = core.now()
        debug.sethook(function()
          if core.now() - started > 0.1 then
            debug.sethook()
            child = unistd.fork()
          end
        end, "c")
        local ok, result = pcall(engine.head_tokens_me, engine, {
          access_token = %q })
        if child == 0 then
          unistd._exit(not ok and result:find("was forked") and 7 or 8)
        end
        print(result, (select(3, wait(child))))
      ]]):format(emulator.http_url, token))
      assert.equal("true\t7\n", output)
    end)

  test_fork("is left alone by a child that a hook forks within a method",
    function()
      local output = fixtures.script(([[
        local unistd = require("posix.unistd")
        local wait = require("posix.sys.wait").wait
        local core = require("gctokens.core")
        local base_url, arguments = %q, {
          access_token = %q, body = { enableIdleTokenTimeout = true },
        }
        local engine, child

        -- Forks when the method calls its n-th function, itself the first.
        local function fork_within(n, method, ...)
          local calls = 0
          child = nil
          debug.sethook(function()
            calls = calls + 1
            if calls == n then
              child = assert(unistd.fork())
            end
          end, "c")
          local first, second = method(engine, ...)
          calls = n
          debug.sethook()
          return first, second
        end

        -- Ends the child; `ok` says whether it did well.
        local function end_child(ok)
          if child == 0 then
            unistd._exit(ok and 0 or 1)
          end
          assert(not child or select(3, wait(child)) == 0, "the child failed")
        end

        -- itself, what it protects, and what encodes a key of the body
        for n = 1, 3 do
          engine = core.new({ base_url = base_url })
          assert(engine:put_tokens_timeout(arguments))
          local id = fork_within(n, engine.start, "put_tokens_timeout",
            arguments)
          assert(engine:wait(id))
          end_child(engine:stats().connections_opened == 2)
          engine:close()
        end
        for n = 1, 2 do
          engine = core.new({ base_url = base_url })
          local id = engine:start("put_tokens_timeout", arguments)
          local list, left = fork_within(n, engine.step, 0)
          end_child(#list == 0 and left == 0)
          local known = fork_within(n, engine.cancel, id)
          end_child(not known)
          engine:close()
        end
        print("done")
      ]]):format(emulator.http_url, token))
      assert.equal("done\n", output)
    end)

  -- What a program inherits it keeps open, and watched, after we close it.
  it("lets no program that is started inherit its connections", function()
    local function sockets_of_a_child()
      local output = fixtures.run("ls -l /proc/self/fd")
      return select(2, output:gsub("socket:", ""))
    end
    local engine = fixtures.engine()
    -- libcurl's own two sockets, over which nothing goes
    engine:get_tokens_me({ access_token = token, base_url = "http://[::1]:1" })
    local before = sockets_of_a_child()
    assert(engine:get_tokens_me({ access_token = token }))
    assert.equal(before, sockets_of_a_child())
    engine:close()
  end)

  it("shares nothing between two engines or two Lua states", function()
    local one, other = fixtures.engine(), fixtures.engine()
    one:head_tokens_me({ access_token = token })
    one:close()
    assert.is_true((other:head_tokens_me({ access_token = token })))
    other:close()
  end)
end)
