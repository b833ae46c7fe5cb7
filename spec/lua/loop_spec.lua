-- How a script waits.

local fixtures = require("spec.support.fixtures")
local blocking = require("gctokens.loop.blocking")


describe("gctokens.loop.blocking", function()
  it("has what a waiting module has in a script, and nothing else", function()
    local names = {}
    for name in pairs(blocking) do
      names[#names + 1] = name
    end
    table.sort(names)
    assert.same({ "is_blocking", "now", "run", "sleep", "wait" }, names)
  end)

  it("waits for one call of an engine", function()
    local emulator = fixtures.emulator()
    local engine = fixtures.engine()
    local id = engine:start("head_tokens_me", {
      access_token = emulator.tokens.admin,
    })
    assert.is_true((blocking.wait(engine, id)))
    engine:close()
  end)

  it("sleeps for no less than it is asked to", function()
    local before = blocking.now()
    blocking.sleep(0.05)
    assert.is_true(blocking.now() - before >= 0.05)
  end)
end)
