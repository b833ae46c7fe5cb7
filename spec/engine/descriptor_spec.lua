--- What the loop of another library drives an engine by: its descriptor, and
-- when the next step is due.

local core = require("gctokens.core")
local fixtures = require("spec.support.fixtures")
local socket = require("socket")


describe("an engine in the loop of another library", function()
  local emulator, engine, arguments

  before_each(function()
    emulator = fixtures.emulator()
    engine = fixtures.engine({ max_connections = 4 })
    arguments = { access_token = emulator.tokens.admin }
  end)

  after_each(function()
    engine:close()
  end)

  -- Waits as a loop would, with select(2).
  local function wait()
    local ready = {
      getfd = function()
        return engine:fd() -- changes when libcurl had to be set up anew
      end,
    }
    socket.select({ ready }, nil, engine:timeout())
  end

  -- Steps only when the engine says so, until nothing is in flight. Returns
  -- the calls that have ended, and how many steps that took.
  local function drive()
    local list, steps = {}, 0
    while engine:timeout() do
      wait()
      steps = steps + 1
      for _, finished in ipairs((engine:step(0))) do
        list[#list + 1] = finished
      end
    end
    return list, steps
  end

  it("has a descriptor from the first call until it is closed", function()
    local fd, why = engine:fd()
    assert.is_nil(fd)
    assert.equal("no call was started yet in this process", why)
    assert(engine:start("head_tokens_me", arguments))
    fd = engine:fd()
    assert.is_number(fd)
    drive()
    assert.equal(fd, engine:fd())
    engine:close()
    fd, why = engine:fd()
    assert.is_nil(fd)
    assert.equal("the engine is closed", why)
  end)

  it("has a step due at once after a start, and none when nothing is in flight",
    function()
      assert.is_nil(engine:timeout())
      local id = assert(engine:start("head_tokens_me", arguments))
      assert.equal(0, engine:timeout())
      engine:cancel(id)
      assert.is_nil(engine:timeout())
      assert(engine:start("head_tokens_me", arguments))
      drive()
      assert.is_nil(engine:timeout())
      assert(engine:start("head_tokens_me", arguments))
      engine:close()
      assert.is_nil(engine:timeout())
    end)

  it("wakes the loop for every kind of work, and for nothing else", function()
    emulator:fault({ delay = 0.2, count = 9 })
    for _ = 1, 8 do -- of which four wait for a connection
      assert(engine:start("get_tokens_me", arguments))
    end
    arguments.base_url = emulator.http_url:gsub("127%.0%.0%.1", "localhost")
    assert(engine:start("get_tokens_me", arguments))
    arguments.base_url = "http://127.0.0.1:1"
    assert(engine:start("get_tokens_me", arguments))
    local list, steps = drive()
    assert.equal(10, #list)
    for _, finished in ipairs(list) do
      assert.is_true(finished.result ~= nil
        or finished.err.cause == "COULDNT_CONNECT")
    end
    assert.is_true(steps < 150, steps)
  end)

  it("wakes the loop for time limits", function()
    emulator:fault({ delay = 30 })
    arguments.timeout = 0.2
    assert(engine:start("get_tokens_me", arguments))
    local started = core.now()
    local list, steps = drive()
    assert.equal("timeout", list[1].err.kind)
    assert.is_true(core.now() - started < 5)
    assert.is_true(steps < 50, steps)
  end)

  it("serves no more sockets in a step than it is told", function()
    emulator:settings({ record = false })
    engine = fixtures.engine({ max_connections = 200 })
    local function start_all()
      for _ = 1, 200 do
        assert(engine:start("head_tokens_me", arguments))
      end
    end
    emulator:fault({ delay = 0.3, count = 400 }) -- each has a connection
    start_all()
    drive()
    assert.equal(200, engine:stats().connections_opened)
    start_all() -- on connections that are open: only sockets end these calls
    local most, done = 0, 0
    while done < 200 do
      wait()
      local list = engine:step(0, 1)
      most = math.max(most, #list)
      done = done + #list
    end
    assert.is_true(most < 128, most) -- one wait of the engine reports 64
  end)

  it("raises on a limit that is none", function()
    for _, limit in ipairs({ 0 / 0, "2", false, {} }) do
      assert.error_matches(function()
        engine:step(0, limit)
      end, "the limit of a step must be a number of sockets")
    end
  end)

  local test_fork = pcall(require, "posix.unistd") and it or function() end

  test_fork("has no descriptor in the child of a fork before a call there",
    function()
      local output = fixtures.script(([[
        local unistd = require("posix.unistd")
        local wait = require("posix.sys.wait").wait
        local engine = require("gctokens.core").new({ base_url = %q })
        assert(engine:start("head_tokens_me", { access_token = "t" }))
        assert(engine:fd() and engine:timeout())
        local child = unistd.fork()
        if child == 0 then
          local nothing = not engine:timeout() and not engine:fd()
          assert(engine:start("head_tokens_me", { access_token = "t" }))
          unistd._exit(nothing and engine:fd() and 7 or 8)
        end
        print((select(3, wait(child))), engine:fd() ~= nil)
      ]]):format(emulator.http_url))
      assert.equal("7\ttrue\n", output)
    end)
end)
