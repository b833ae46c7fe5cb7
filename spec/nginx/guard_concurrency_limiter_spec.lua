-- Clients that go away while their requests wait for a permit. Such a request
-- asks Genesys itself, as nginx has no timer left, and ends with its client.

local nginx = require("spec.support.nginx")
local guarded_nginx = require("spec.support.guarded_nginx")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local FLOOD = 60


describe("the guard's concurrency limiter #once", function()
  local api, gateway

  setup(function()
    api = nginx.start({ server = [[
      location /api/ {
        content_by_lua_block {
          if ngx.var.http_authorization:find("slow", 1, true) then
            ngx.sleep(0.3)
          end
          ngx.header["Content-Type"] = "application/json"
          ngx.print('{"organization":{"id":"a"}}')
        }
      }
    ]] })
    gateway = guarded_nginx.start({
      http = "lua_max_running_timers 2; lua_check_client_abort on;",
      server = [[
        location = /queue {
          content_by_lua_block {
            ngx.print(#guard.lookup.limiter.queues.unknown)
          }
        }
      ]],
    }, { base_url = api.url, max_connections = 2, lookup_timeout = 0.4 })
  end)

  teardown(function()
    gateway:stop()
    api:stop()
  end)

  local function queued()
    return tonumber((select(3, gateway:get("/queue"))))
  end

  it("keeps no permit for requests that ended while they waited", function()
    local pending = {}
    for i = 1, FLOOD do
      pending[i] = gateway:send("/guarded", bearer("slow" .. i))
    end
    assert.is_true(system.wait_until(function()
      return queued() > FLOOD / 2
    end))
    for i = 1, FLOOD do
      pending[i]:abort()
    end
    assert.is_true(system.wait_until(function()
      return tonumber((select(3, gateway:get("/in_progress")))) == 1
    end))
    assert.is_true(queued() > 10)
    -- The first may still wait in vain, behind one that ended a moment ago.
    local tries = 0
    assert.is_true(system.wait_until(function()
      tries = tries + 1
      return gateway:get("/guarded", bearer("quick" .. tries)) == 200
    end, 30))
    assert.is_true(tries < 8, tries)
    assert.equal(0, queued())
  end)
end)
