-- Mass revocation in nginx workers: the worker goes on meanwhile.

local nginx = require("spec.support.nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")


local SERVER = [[
  location = /static { return 200 static; }

  # In a timer, as it is meant to be used.
  location = /start {
    content_by_lua_block {
      local count = tonumber(ngx.var.arg_count)
      ngx.timer.at(0, function()
        running, reported = true, 0
        local number = 0
        local ok, result = pcall(client.delete_tokens_of, client, function()
          number = number + 1
          if number % 5 == 0 then
            ngx.sleep(0.001) -- as when ids come from a cosocket
          end
          return number <= count and string.format(
            "%08x-0000-4000-8000-000000000000", number) or nil
        end, {
          rate_per_minute = tonumber(rate) or false,
          on_result = function()
            ngx.sleep(0.001)
            reported = reported + 1
          end,
          should_stop = function()
            return stopping or ngx.worker.exiting()
          end,
        })
        totals, running = result, false
      end)
      ngx.say("started")
    }
  }

  location = /totals {
    content_by_lua_block {
      ngx.say(running and "running" or type(totals) == "string" and totals
        or table.concat({ totals.done, totals.not_found, totals.failed,
          totals.attempts, reported, tostring(totals.cancelled),
          totals.stopped and totals.stopped.status or 0 }, " "))
    }
  }

  location = /stop { content_by_lua_block { stopping = true } }

  location = /request {
    content_by_lua_block {
      local totals = client:delete_tokens_of({ "a", "b", "a" })
      ngx.say(totals.not_found, " ", totals.duplicates)
    }
  }

  location = /raise {
    content_by_lua_block {
      local number = 0
      ngx.say(tostring(pcall(client.loop.run, client, 4, function(view)
        number = number + 1
        if number == 4 then
          ngx.sleep(0.01)
          error("on purpose", 0)
        end
        view.loop.sleep(60)
      end)))
    }
  }

  location = /header_filter {
    header_filter_by_lua_block {
      local ok, raised = pcall(client.delete_tokens_of, client, { "a" })
      message = tostring(raised)
    }
    return 200;
  }
  location = /message { content_by_lua_block { ngx.say(message) } }
]]

local INIT = [[
  init_by_lua_block {
    client = require("gctokens").new(%s)
    rate = %s
    running, reported, totals, stopping, message = false, 0, {}, false, ""
  }
]]


describe("client:delete_tokens_of in nginx #once", function()
  local emulator, gateway

  local function start(client_options, rate)
    gateway = nginx.start({
      server = SERVER,
      http = INIT:format(fixtures.literal(fixtures.options(client_options)),
        tostring(rate)),
    })
  end

  local function body_of(path)
    local status, _, body = gateway:get(path)
    assert.equal(200, status)
    return body
  end

  local function totals()
    local text
    assert(system.wait_until(function()
      text = body_of("/totals")
      return text ~= "running\n"
    end), "the run does not end")
    return text
  end

  before_each(function()
    emulator = fixtures.emulator()
    emulator:settings({ unlimited_users = true })
    gateway = nil
  end)

  after_each(function()
    if gateway then
      gateway:stop()
    end
  end)

  it("runs in a timer, while the worker answers others", function()
    start()
    emulator:fault({ delay = 0.02, count = 300 })
    assert.equal("started\n", body_of("/start?count=300"))
    assert.equal("static", body_of("/static"))
    assert.equal("running\n", body_of("/totals"))
    assert.equal("300 0 0 300 300 nil 0\n", totals())
    assert.equal("", gateway:log())
  end)

  it("runs in a request, and paces itself", function()
    start()
    assert.equal("2 1\n", body_of("/request"))
    assert.equal("", gateway:log())
  end)

  it("retries, with pauses that do not block", function()
    start()
    emulator:fault({ status = 503, count = 2,
      headers = { ["Retry-After"] = "1" } })
    body_of("/start?count=20")
    assert.equal("static", body_of("/static"))
    assert.equal("20 0 0 22 20 nil 0\n", totals())
  end)

  it("stops early, and can be cancelled", function()
    start({ access_token = emulator.tokens.agent })
    body_of("/start?count=100")
    assert.matches("^0 0 [1-8] [1-8] [1-8] nil 403\n$", totals())
    gateway:stop()
    start({}, 600)
    body_of("/start?count=100")
    body_of("/stop")
    assert.matches("^%d%d? 0 0 %d%d? %d%d? true 0\n$", totals())
  end)

  it("raises what a thread raises, and gives the others up", function()
    start()
    assert.equal("false\n", body_of("/raise"))
  end)

  it("raises in phases that cannot wait", function()
    start()
    gateway:get("/header_filter")
    assert.matches("cannot wait in nginx's header_filter phase",
      body_of("/message"))
  end)
end)
