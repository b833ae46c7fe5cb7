--- What is particular to gctokens.loop.cqueues.

local core = require("gctokens.core")
local event_loops = require("spec.loops.event_loops")
local fixtures = require("spec.support.fixtures")

local describe_cqueues = event_loops.available.cqueues and describe
  or function() end
local test_fork = pcall(require, "posix.unistd") and it or function() end


describe_cqueues("gctokens.loop.cqueues", function()
  local emulator, client, cqueues

  before_each(function()
    cqueues = require("cqueues")
    emulator = fixtures.emulator()
    client = fixtures.client({
      loop = event_loops.available.cqueues.gctokens,
    })
  end)

  after_each(function()
    client:close()
  end)

  it("leaves an error in a coroutine to the controller, and goes on",
    function()
      emulator:fault({ delay = 0.1, count = 2 })
      local controller, answers = cqueues.new(), 0
      controller:wrap(function()
        client:head_tokens_me()
        error({ "any" })
      end)
      controller:wrap(function()
        if client:head_tokens_me() then
          answers = answers + 1
        end
      end)
      local ok, raised = controller:loop()
      assert.is_falsy(ok)
      assert.same({ "any" }, raised)
      assert(controller:loop())
      assert.equal(1, answers)
    end)

  it("serves several controllers, also when the one that leads stops",
    function()
      emulator:fault({ delay = 0.3, count = 2 })
      local first, second = cqueues.new(), cqueues.new()
      local started, answers = core.now(), 0
      local function call()
        if client:head_tokens_me() then
          answers = answers + 1
        end
      end
      first:wrap(call)
      second:wrap(call)
      assert(first:step(0))
      assert(second:loop())
      assert.equal(1, answers)
      assert.is_true(core.now() - started < 5)
      assert(first:loop())
      assert.equal(2, answers)
    end)

  it("waits in a controller within another one", function()
    local answer
    local outer = cqueues.new()
    outer:wrap(function()
      local inner = cqueues.new()
      inner:wrap(function()
        answer = client:head_tokens_me()
      end)
      assert(inner:loop())
    end)
    assert(outer:loop())
    assert.is_true(answer)
  end)

  it("does not mind a descriptor that libcurl has closed meanwhile", function()
    emulator:fault({ delay = 30, count = 1 })
    local controller, kinds = cqueues.new(), {}
    controller:wrap(function()
      kinds[1] = select(2, client:head_tokens_me()).kind
      local other = fixtures.client({ loop = client.loop })
      kinds[2] = other:head_tokens_me() and "ok"
      other:close()
    end)
    controller:wrap(function()
      cqueues.sleep(0.05)
      client:close()
    end)
    assert(controller:loop())
    assert.same({ "closed", "ok" }, kinds)
  end)

  test_fork("lets the child of a fork make calls of its own", function()
    emulator:fault({ delay = 0.5, count = 1 })
    local output, code = fixtures.script(([[
      local unistd = require("posix.unistd")
      local wait = require("posix.sys.wait").wait
      local cqueues = require("cqueues")
      local client = require("gctokens").new({
        base_url = %q, access_token = %q, env = false,
        loop = require("gctokens.loop.cqueues"),
      })
      local function call()
        assert(client:head_tokens_me())
      end
      local controller = cqueues.new()
      controller:wrap(call)
      assert(controller:step(0))
      local child = assert(unistd.fork())
      if child == 0 then
        unistd._exit(cqueues.new():wrap(call):loop() and 0 or 1)
      end
      print((select(3, wait(child))))
      assert(controller:loop())
    ]]):format(emulator.http_url, emulator.tokens.admin))
    assert.equal("0\n", output)
    assert.equal(0, code)
  end)
end)
