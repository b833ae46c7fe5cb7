--- What is particular to gctokens.loop.luv.

local event_loops = require("spec.loops.event_loops")
local fixtures = require("spec.support.fixtures")

local describe_luv = event_loops.available.luv and describe or function() end


describe_luv("gctokens.loop.luv", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  -- A script with a client of this loop, and a function that makes its calls.
  local function script(source)
    return fixtures.script(([[
      local uv = require("luv")
      local client = require("gctokens").new({
        base_url = %q, access_token = %q, env = false,
        loop = require("gctokens.loop.luv"),
      })
      local function call()
        assert(client:head_tokens_me())
        print("answered")
      end
    ]]):format(emulator.http_url, emulator.tokens.admin) .. source)
  end

  it("leaves an error in a coroutine to luv, as any in a callback", function()
    local output, code = script([[
      coroutine.wrap(function()
        call()
        error("raised")
      end)()
      uv.run()
      print("not reached")
    ]])
    assert.matches("Uncaught Error: [^\n]*raised\nstack traceback:", output)
    assert.not_matches("not reached", output)
    assert.not_equal(0, code)
  end)

  it("lets uv.run end when all calls have, and begins again", function()
    local output, code = script([[
      for _ = 1, 3 do
        coroutine.wrap(call)()
        uv.run()
        assert(not uv.loop_alive())
      end
    ]])
    assert.equal(("answered\n"):rep(3), output)
    assert.equal(0, code)
  end)

  local test_close = rawget(coroutine, "close") and it or function() end

  test_close("drops the outcome when a call's coroutine is closed", function()
    emulator:fault({ delay = 0.1, count = 2 })
    local output, code = script([[
      local closed = coroutine.create(call)
      coroutine.resume(closed)
      coroutine.wrap(call)()
      coroutine.close(closed)
      uv.run()
    ]])
    assert.equal("answered\n", output)
    assert.equal(0, code)
  end)

  it("waits on when something else has resumed a coroutine", function()
    emulator:fault({ delay = 0.1 })
    local output, code = script([[
      local one = coroutine.create(call)
      coroutine.resume(one)
      for _ = 1, 3 do
        coroutine.resume(one)
      end
      uv.run()
    ]])
    assert.equal("answered\n", output)
    assert.equal(0, code)
  end)

  it("takes luvit's name of the library", function()
    local output = script([[
      package.loaded["gctokens.loop.luv"], package.loaded.luv = nil, nil
      package.preload.luv = function() error("not here") end
      package.loaded.uv = uv
      client = require("gctokens").new({
        base_url = client.base_url, access_token = "invalid-token",
        env = false, loop = require("gctokens.loop.luv"),
      })
      coroutine.wrap(function()
        print(select(2, client:head_tokens_me()).status)
      end)()
      uv.run()
    ]])
    assert.equal("401\n", output)
  end)
end)
