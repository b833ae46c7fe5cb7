--- Limits of the processes that specs start.

local fault_proxies = require("spec.support.fault_proxy")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")


describe("what a spec starts #once", function()
  it("may use an hour of processor time at most", function()
    assert.is_true(tonumber((system.run("ulimit -t"))) <= 3600)
  end)

  it("ends by itself when it is a fault proxy", function()
    local proxy = fault_proxies.start(fixtures.emulator(), 1)
    finally(function()
      proxy:stop()
    end)
    -- the control connection is closed with its process
    proxy.control:settimeout(10)
    assert.equal("closed", (select(2, proxy.control:receive(1))))
  end)
end)
