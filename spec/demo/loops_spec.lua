--- The examples of event loops run, and the loop goes on meanwhile.

local fixtures = require("spec.support.fixtures")

describe("the example of", function()
  for _, name in ipairs({ "luv", "cqueues" }) do
    local test = pcall(require, name) and it or function() end

    test(name .. " makes calls while a timer goes on", function()
      local emulator = fixtures.emulator()
      emulator:fault({ delay = 0.1, count = 2 })
      local path = ("spec/demo/loops/%s.lua"):format(name)
      local output, code = fixtures.script((
        [[arg = { %q }
        dofile(%q)]]):format(emulator.http_url, path),
        { GENESYSCLOUD_ACCESS_TOKEN = emulator.tokens.admin })
      assert.equal(0, code, output)
      assert.matches("organization: Example Insurance\n", output)
      assert.matches("idle%-token timeout: %a+\n", output)
      assert.matches("the timer went on: true\n$", output)
    end)
  end
end)
