-- An engine whose steps raise, as when memory runs out: the log says so, and
-- calls that wait get an error.

local nginx = require("spec.support.nginx")


describe("an engine that fails in nginx #once", function()
  local gateway

  after_each(function()
    gateway:stop()
  end)

  -- An engine of Lua: `step` fails until `failures` are used up.
  local function start(failures)
    gateway = nginx.start({
      http = ([[
        init_by_lua_block {
          local left = %d
          engine = { cancelled = 0 }
          function engine:step()
            if left > 0 then
              left = left - 1
              error("not enough memory\n(or so)", 0)
            end
            return { { id = 1, result = "ok" } }, 0
          end
          function engine:cancel()
            self.cancelled = self.cancelled + 1
            error("not this either", 0)
          end
        }
      ]]):format(failures),
      server = [[
        location = /wait {
          content_by_lua_block {
            local result, err = require("gctokens.loop.nginx").wait(engine, 1)
            ngx.print(tostring(result), " ", err and err.kind or "", " ",
              err and tostring(err.retryable) or "", " ",
              err and err.message or "", " ", engine.cancelled)
          }
        }
      ]],
    })
    return select(3, gateway:get("/wait"))
  end

  it("is given up when it goes on failing", function()
    assert.equal("nil transport true could not finish the call: the engine "
      .. "cannot go on: not enough memory\n(or so) 1", start(1e9))
    local lines = 0
    for line in gateway:log():gmatch("[^\n]+") do
      if line:find("gctokens: the engine cannot go on: not enough memory "
        .. "(or so)", 1, true) then
        lines = lines + 1
      end
    end
    assert.is_true(lines >= 1 and lines <= 3, lines .. " lines")
  end)

  it("goes on when it recovers", function()
    assert.equal("ok    0", start(3))
  end)
end)
