--- The engine as Lua sees it: start, step, wait, close and finalizer.

local cjson = require("cjson")
local fixtures = require("spec.support.fixtures")
local core = require("gctokens.core")


describe("an engine", function()
  local emulator, engine, token

  before_each(function()
    emulator = fixtures.emulator()
    token = emulator.tokens.admin
    engine = fixtures.engine()
  end)

  after_each(function()
    engine:close()
  end)

  it("has the six operations as methods of one attempt", function()
    local arguments = { access_token = token }
    local info, err, response = engine:get_tokens_me(arguments)
    assert.is_nil(err)
    assert.is_string(info.organization.id)
    assert.equal(200, response.status)
    assert.is_true((engine:head_tokens_me(arguments)))
    assert.is_table((engine:get_tokens_timeout(arguments)))
    assert.is_table((engine:put_tokens_timeout(arguments)))
    assert.is_true((engine:delete_token({
      access_token = token, user_id = emulator.users.agent,
    })))
    assert.is_true((engine:delete_tokens_me(arguments)))
    info, err = engine:get_tokens_me(arguments)
    assert.is_nil(info)
    assert.equal(401, err.status)
    assert.equal(1, err.attempts)
  end)

  it("makes one attempt only", function()
    emulator:fault({ status = 503, count = 1 })
    local _, err = engine:get_tokens_me({ access_token = token })
    assert.equal(503, err.status)
    assert.equal(1, #emulator:requests())
  end)

  describe("start and step", function()
    local function finish(count)
      local finished = {}
      while count > 0 do
        for _, entry in ipairs((engine:step(5))) do
          finished[entry.id] = entry
          count = count - 1
        end
      end
      return finished
    end

    it("run many calls at once, each reported once", function()
      local ids = {}
      for i = 1, 40 do
        ids[i] = assert(engine:start("head_tokens_me", {
          access_token = i % 2 == 0 and token or "invalid",
        }))
      end
      assert.equal(40, engine:stats().in_flight)
      local finished = finish(40)
      for i, id in ipairs(ids) do
        local entry = finished[id]
        assert.equal(i % 2 == 0 and 200 or 401, entry.response.status)
        assert.equal(i % 2 == 0 and true or nil, entry.result)
        assert.equal(i % 2 == 1 and "api" or nil, entry.err and entry.err.kind)
      end
      local list, in_flight = engine:step(0)
      assert.same({}, list)
      assert.equal(0, in_flight)
    end)

    it("never block with 0", function()
      emulator:fault({ delay = 0.3 })
      local id = engine:start("head_tokens_me", { access_token = token })
      local list, in_flight = engine:step(0)
      assert.same({}, list)
      assert.equal(1, in_flight)
      assert.is_true((engine:wait(id)))
    end)

    it("return at once when there is nothing to wait for", function()
      assert.same({}, (engine:step(3600)))
    end)

    it("may be waited for one by one, in any order", function()
      local first = engine:start("head_tokens_me", { access_token = token })
      local second = engine:start("get_tokens_me", { access_token = token })
      assert.is_table((engine:wait(second)))
      assert.is_true((engine:wait(first)))
      assert.same({}, (engine:step(0)))
    end)

    it("may be mixed with blocking calls, and nothing is lost", function()
      local id = engine:start("head_tokens_me", { access_token = token })
      assert.is_table((engine:get_tokens_me({ access_token = token })))
      assert.is_true(finish(1)[id].result)
    end)

    it("can be cancelled, and is then never reported", function()
      emulator:fault({ delay = 5 })
      local id = engine:start("head_tokens_me", { access_token = token })
      engine:step(0)
      assert.is_true(engine:cancel(id))
      assert.is_false(engine:cancel(id))
      assert.equal(0, engine:stats().in_flight)
      assert.same({}, (engine:step(0)))
      assert.is_true((engine:head_tokens_me({ access_token = token })))
    end)

    it("raise for an id that is not theirs", function()
      for _, id in ipairs({ 0, 99, -1, 0.5, 2 ^ 24, 1e300, 0 / 0 }) do
        assert.has_error(function()
          engine:wait(id)
        end)
        assert.is_false(engine:cancel(id))
      end
      for _, id in ipairs({ "1", true, {} }) do
        assert.has_error(function()
          engine:wait(id)
        end)
        assert.has_error(function()
          engine:cancel(id)
        end)
      end
    end)

    it("have ids that no other call gets", function()
      local seen = {}
      for _ = 1, 20 do
        local first = engine:start("head_tokens_me", { access_token = token })
        local second = engine:start("head_tokens_me", { access_token = token })
        for _, id in ipairs({ first, second }) do
          assert.is_true(id > 0 and id % 1 == 0 and id < 2 ^ 53)
          assert.is_nil(seen[id])
          seen[id] = true
        end
        assert.is_true((engine:wait(second)))
        assert.is_false(engine:cancel(second))
        assert.is_true(engine:cancel(first))
      end
    end)

    it("raise on a time to wait that is none", function()
      for _, seconds in ipairs({ 0 / 0, "1", true, {} }) do
        assert.has_error(function()
          engine:step(seconds)
        end)
      end
      for _, seconds in ipairs({ -1, -1e300, math.huge }) do
        assert.same({}, (engine:step(seconds)))
      end
      assert.same({}, (engine:step()))
    end)

    it("take what changes from attempt to attempt behind the table", function()
      local id = engine:start("delete_token", {
        access_token = "no token", user_id = emulator.users.agent,
        timeout = 0.001,
      }, token, { ["X-A"] = "1" }, 10, 10)
      assert.is_true((engine:wait(id)))
      assert.equal("1", emulator:requests()[1].headers["x-a"])
      assert.is_table((engine:get_tokens_me(nil, token)))
      local info, err = engine:get_tokens_me({ access_token = token }, "no")
      assert.is_nil(info)
      assert.equal("api", err.kind)
      assert.is_table((engine:get_tokens_me({ access_token = token }, nil)))
    end)

    it("raise on a wrong value behind the table, and name it", function()
      for name, values in pairs({
        access_token = { 1 }, headers = { token, "X-A: 1" },
        timeout = { token, nil, -1 }, connect_timeout = { token, nil, 1, "1" },
      }) do
        local ok, message = pcall(engine.get_tokens_me, engine, nil,
          (unpack or table.unpack)(values, 1, 4)) -- luacheck: ignore 113 143
        assert.is_false(ok)
        assert.matches("get_tokens_me: " .. name .. " must be", message)
      end
    end)

    it("return what is refused at once", function()
      local id, err = engine:start("delete_token", {
        access_token = token, user_id = "me",
      })
      assert.is_nil(id)
      assert.equal("argument", err.kind)
      assert.equal(0, #emulator:requests())
    end)
  end)

  describe("that is closed", function()
    it("says so in every method, and closes again", function()
      engine:start("head_tokens_me", { access_token = token })
      engine:close()
      engine:close()
      for _, operation in ipairs({ "get_tokens_me", "delete_token" }) do
        local result, err = engine[operation](engine, {})
        assert.is_nil(result)
        assert.equal("closed", err.kind)
        result, err = engine:start(operation, {})
        assert.is_nil(result)
        assert.equal("closed", err.kind)
      end
      assert.same({}, (engine:step(1)))
      assert.is_false(engine:cancel(1))
      for _, id in ipairs({ 1, 1e300, -1e300, 0 / 0, math.huge, 0.5 }) do
        assert.has_error(function()
          engine:wait(id)
        end)
        assert.is_false(engine:cancel(id))
      end
      assert.equal("gctokens.engine (closed)", tostring(engine))
      assert.equal(0, engine:stats().in_flight)
    end)

    it("may be closed with calls in flight", function()
      emulator:fault({ delay = 1, count = 8 })
      for _ = 1, 8 do
        engine:start("get_tokens_me", { access_token = token })
      end
      engine:step(0.05)
      engine:close()
    end)
  end)

  it("is closed by the garbage collector", function()
    local gone = setmetatable({}, { __mode = "v" })
    gone[1] = fixtures.engine()
    gone[1]:head_tokens_me({ access_token = token })
    collectgarbage()
    collectgarbage()
    assert.is_nil(gone[1])
  end)

  it("tells a call with a dot from one with a colon", function()
    for _, method in ipairs({
      "get_tokens_me", "start", "step", "wait", "cancel", "close", "stats",
    }) do
      local ok, message = pcall(engine[method], { base_url = "x" })
      assert.is_false(ok)
      assert.matches("with a colon", message)
      for _, other in ipairs({
        io.stdout, cjson.null,
        newproxy and newproxy(), -- luacheck: ignore 113 (Lua 5.1)
      }) do
        assert.is_false((pcall(engine[method], other)))
      end
    end
  end)

  it("shows no secret as a string", function()
    engine:get_tokens_me({ access_token = token })
    assert.equal("gctokens.engine (0 in flight)", tostring(engine))
  end)

  it("counts what it has done", function()
    for _ = 1, 10 do
      engine:get_tokens_me({ access_token = token })
    end
    local stats = engine:stats()
    assert.equal(10, stats.calls)
    assert.equal(1, stats.connections_opened)
    assert.is_true(stats.bytes_sent > 10 * 150)
    assert.is_true(stats.bytes_received > 10 * 300)
    assert.equal(0, stats.in_flight)
  end)

  it("refuses to be used from inside itself, and stays usable", function()
    -- a hook runs inside a blocking call, as a finalizer might
    emulator:fault({ delay = 0.5 })
    local started = core.now()
    local inner = {}
    debug.sethook(function()
      if core.now() - started > 0.1 then
        debug.sethook()
        inner.ok, inner.message = pcall(engine.head_tokens_me, engine)
        engine:close() -- is done when the call is over
      end
    end, "c")
    local result = engine:head_tokens_me({ access_token = token })
    debug.sethook()
    assert.is_false(inner.ok)
    assert.matches("is in use", inner.message)
    assert.is_true(result)
    assert.equal("gctokens.engine (closed)", tostring(engine))
  end)
end)


describe("a debug hook that raises (Ctrl-C)", function()
  it("ends a blocking call and leaves the engine usable", function()
    local emulator = fixtures.emulator()
    local output = fixtures.script(([[
      local core = require("gctokens.core")
      local engine = core.new({ base_url = %q })
      local started = core.now()
      debug.sethook(function()
        if core.now() - started > 0.3 then
          debug.sethook()
          error("interrupted!")
        end
      end, "c")
      local ok, message = pcall(engine.get_tokens_me, engine, {
        access_token = %q,
      })
      print(ok, message, core.now() - started < 2)
      print(engine:stats().in_flight)
      print(engine:head_tokens_me({ access_token = %q }))
    ]]):format((emulator:fault({ delay = 5 }) or emulator).http_url,
      emulator.tokens.admin, emulator.tokens.admin))
    assert.matches("^false\t[^\n]*interrupted!\ttrue\n0\ntrue", output)
  end)

  it("works with the real signal and the real interpreter #signal", function()
    local emulator = fixtures.emulator()
    emulator:fault({ delay = 20 })
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write(([[
      local core = require("gctokens.core")
      local engine = core.new({ base_url = %q })
      engine:get_tokens_me({ access_token = %q, timeout = 30 })
    ]]):format(emulator.http_url, emulator.tokens.admin))
    file:close()
    -- sent when the request has arrived, which the emulator can tell
    local command = ([[LUA_PATH=%s LUA_CPATH=%s sh -c '
      %s %s & child=$!
      for try in $(seq 100); do
        curl -sf %s/_emulator/requests | grep -q "\"total\":1" && break
        sleep 0.05
      done
      kill -INT $child
      wait $child
      echo "ended:$?"']]):format(
      fixtures.quote(package.path), fixtures.quote(package.cpath),
      os.getenv("GCTOKENS_LUA") or "lua5.4", name, emulator.http_url)
    local before = core.now()
    local output = fixtures.run(command)
    os.remove(name)
    assert.matches("interrupted!.*ended:1", output)
    assert.is_true(core.now() - before < 15) -- of the 20 s it would wait
  end)
end)
