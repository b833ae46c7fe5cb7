-- While one worker asks about a token, no other does. But a lease ends with its
-- time, however the wall clock is set and whatever damages the shared dict.

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer

local SERVER = [[
  # Puts a value in the place of the lease of each token whose record is known,
  # and of the times of the breaker and of the counters; forgets the records.
  location = /damage {
    content_by_lua_block {
      local dict = ngx.shared.gctokens
      local value = load("return " .. ngx.unescape_uri(ngx.var.arg_value))()
      for _, key in ipairs(dict:get_keys(0)) do
        if key:sub(1, 1) == "p" then
          dict:delete(key)
          dict:set("l" .. key:sub(2), value)
        end
      end
      dict:set(guard.lookup.breaker.until_key, value)
      dict:set("c settled", value)
      ngx.print("damaged")
    }
  }
  # Takes a lease of a moment. The dict counts by the wall clock: when that is
  # set back an hour, it keeps what it holds for an hour longer.
  location = /take {
    content_by_lua_block {
      ngx.print(tostring(guard.tasks.leases[1].lease:take("l of spec", 0.05)))
      ngx.shared.gctokens:expire("l of spec", 3600)
    }
  }
  location = /is_held {
    content_by_lua_block {
      ngx.print(tostring(guard.tasks.leases[1].lease:is_held("l of spec")))
    }
  }
]]


describe("the guard's lease #once", function()
  local emulator, gateway, token

  before_each(function()
    emulator = fixtures.emulator()
    token = emulator:issue()
    gateway = guarded_nginx.start({ server = SERVER },
      { lookup_timeout = 0.5, l1_ttl = 0.01 })
  end)

  after_each(function()
    gateway:stop()
  end)

  local function escaped(text)
    return (text:gsub("%W", function(byte)
      return ("%%%02X"):format(byte:byte())
    end))
  end

  it("is nobody's where the dict is damaged, which stops nothing else either",
    function()
      assert.equal(200, (gateway:get("/who", bearer(token))))
      for _, value in ipairs({
        "0", "1", "-1", "1e300", "0/0", "1/0", "true", "false",
        "''", "' '", "'\\0'", "'1'", "'1 '", "'1 1'", "'1 1 '", "'0 1 1e9'",
        "'-1 1 999999999'", "'1 1 -1'", "'1 1 99999999999'", "'1 1 1.2.3'",
        "'1 1 nan'", "'2147483648 1 999999999'",
        "'99999999999999999999 1 999999999'",
        "ngx.worker.pid()", "ngx.worker.pid() .. ''",
        "ngx.worker.pid() .. ' 1'", "ngx.worker.pid() .. ' 1 0'",
      }) do
        local _, before = emulator:requests()
        gateway:get("/damage?value=" .. escaped(value))
        assert.is_true(system.wait_until(function()
          assert.equal(200, (gateway:get("/who", bearer(token))), value)
          return select(2, emulator:requests()) > before
        end), value)
        assert.equal(0,
          guarded_nginx.metric(gateway, "gctokens_guard_breaker_open"), value)
      end
      assert.is_nil(gateway:log():find("[error]", 1, true))
    end)

  it("ends with its time, however the wall clock is set", function()
    assert.matches("^%d+ ", (select(3, gateway:get("/take"))))
    assert.is_true(system.wait_until(function()
      return select(3, gateway:get("/is_held")) == "false"
    end))
  end)
end)
