--- Instructions of a call, held against the committed figure.

local api = require("spec.bench.guard.api")
local callgrind = require("spec.bench.callgrind")
local committed = require("spec.bench.instructions")

local MOST_CHANGE = 0.05
local ATTEMPTS = 3 -- garbage collection and hash seeds move it by 1 %


describe("a call of get_tokens_me #once #built", function()
  -- An API that takes its time, so that each call waits for it once.
  local function measure(upstream)
    local counts = callgrind.measure("gctokens", {
      base_url = upstream.url .. "/5", token = api.token, calls = 100,
    })
    return counts["gctokens' C"] + counts.Lua + counts["lua-cjson"]
  end

  it("takes as many instructions as spec/bench/instructions.lua says, within "
    .. "5 %", function()
    if not callgrind.is_installed() then
      pending("valgrind is not installed")
      return
    end
    local upstream = api.start()
    local found, change
    for _ = 1, ATTEMPTS do
      found = measure(upstream)
      change = found / committed - 1
      if math.abs(change) <= MOST_CHANGE then
        break
      end
    end
    upstream:stop()
    assert.is_true(change <= MOST_CHANGE,
      ("%.0f instructions: %.1f %% more"):format(found, change * 100))
    assert.is_true(change >= -MOST_CHANGE,
      ("%.0f instructions: %.1f %% fewer, write that down to keep it"):format(
        found, change * -100))
  end)
end)
