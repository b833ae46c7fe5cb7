-- Light threads of scripts: calls at the same time, in coroutines.

local core = require("gctokens.core")
local fixtures = require("spec.support.fixtures")
local coroutines = require("gctokens.loop.coroutines")


describe("gctokens.loop.coroutines", function()
  local emulator, client

  before_each(function()
    emulator = fixtures.emulator()
    client = fixtures.client()
  end)

  after_each(function()
    client:close()
  end)

  it("makes calls at once through one engine", function()
    emulator:fault({ delay = 0.2, count = 8 })
    local started, answers = core.now(), 0
    coroutines.run(client, 8, function(view)
      assert(view:get_tokens_me())
      answers = answers + 1
    end)
    assert.equal(8, answers)
    assert.is_true(core.now() - started < 1)
    assert.equal(0, client:stats().in_flight)
  end)

  it("lets others go on while one sleeps", function()
    local order = {}
    coroutines.run(client, 3, function(view)
      local number = #order + 1
      order[number] = 0
      view.loop.sleep(0.2 - 0.05 * number)
      order[#order + 1] = number
      assert(view:head_tokens_me())
    end)
    assert.same({ 0, 0, 0, 3, 2, 1 }, order)
  end)

  it("retries one call while others are made", function()
    emulator:fault({
      status = 503, headers = { ["Retry-After"] = "1" },
    })
    local attempts = {}
    coroutines.run(client, 2, function(view)
      local _, _, response = assert(view:head_tokens_me())
      attempts[#attempts + 1] = response.attempts
    end)
    assert.same({ 1, 2 }, attempts)
  end)

  it("has events that wake all who wait, now and later", function()
    local event
    local woken = {}
    local function note(was_set)
      woken[#woken + 1] = tostring(was_set)
    end
    coroutines.run(client, 4, function(view)
      if not event then
        event = view.loop.event()
        note(event:wait(0.01))
        view.loop.sleep(0.01)
        event:set()
      end
      note(event:wait(5))
      note(event:wait())
    end)
    assert.equal("false", table.remove(woken, 1))
    assert.equal(("true"):rep(8), table.concat(woken))
  end)

  it("raises when all wait for an event that nobody sets", function()
    assert.error_matches(function()
      coroutines.run(client, 2, function(view)
        view.loop.event():wait()
      end)
    end, "an event that nobody sets")
  end)

  it("raises what a thread raises, and cancels the others' calls", function()
    emulator:fault({ delay = 30, count = 3 })
    local started, number = core.now(), 0
    local raised = { "any value" }
    local ok, message = pcall(coroutines.run, client, 4, function(view)
      number = number + 1
      if number == 4 then
        view.loop.sleep(0.05)
        error(raised)
      end
      view:head_tokens_me()
    end)
    assert.is_false(ok)
    assert.equal(raised, message)
    assert.is_true(core.now() - started < 5)
    assert.equal(0, client:stats().in_flight)
    emulator:clear_faults()
    assert.is_true((client:head_tokens_me()))
  end)

  it("refuses a function that yields itself", function()
    assert.error_matches(function()
      coroutines.run(client, 1, function()
        coroutine.yield()
      end)
    end, "has yielded")
  end)

  it("allows calls of the client itself in a coroutine", function()
    emulator:fault({ delay = 0.1, count = 3 })
    local answers, inner = 0, nil
    coroutines.run(client, 4, function(view)
      if inner == nil then
        inner = false
        view.loop.sleep(0.02)
        inner = client:get_tokens_me()
      else
        assert(view:head_tokens_me())
      end
      answers = answers + 1
    end)
    assert.equal("Example Insurance", inner.organization.name)
    assert.equal(4, answers)
  end)

  it("may be run in a coroutine", function()
    emulator:fault({ delay = 0.1, count = 3 })
    local answers, begun = 0, false
    coroutines.run(client, 4, function(view)
      if begun then
        assert(view:head_tokens_me())
      else
        begun = true
        view.loop.sleep(0.02)
        coroutines.run(client, 3, function(inner)
          inner.loop.sleep(0.2)
          assert(inner:head_tokens_me())
          answers = answers + 1
        end)
      end
      answers = answers + 1
    end)
    assert.equal(7, answers)
    assert.equal(0, client:stats().in_flight)
  end)

  it("ends calls whose client is closed under them", function()
    emulator:fault({ delay = 30, count = 3 })
    local kinds, number = {}, 0
    coroutines.run(client, 4, function(view)
      number = number + 1
      if number == 4 then
        view.loop.sleep(0.05)
        client:close()
      end
      local _, err = view:head_tokens_me()
      kinds[#kinds + 1] = err.kind
    end)
    assert.same({ "closed", "closed", "closed", "closed" }, kinds)
  end)

  it("is ended by Ctrl-C, in the middle of calls #signal", function()
    emulator:fault({ delay = 30, count = 8 })
    local output = fixtures.script(([[
      local coroutines = require("gctokens.loop.coroutines")
      local core = require("gctokens.core")
      local client = require("gctokens").new({
        base_url = %q, access_token = %q, env = false,
      })
      os.execute("(sleep 0.3; kill -INT $PPID) &")
      local started = core.now()
      local ok, message = pcall(coroutines.run, client, 8, function(view)
        view:head_tokens_me()
      end)
      print(ok, message, core.now() - started < 5,
        client:stats().in_flight)
    ]]):format(emulator.http_url, emulator.tokens.admin))
    assert.matches("^false\t.*interrupted!\ttrue\t0", output)
  end)
end)
