-- The guard under load, and when workers and requests it relies on are killed.
--
-- GCTOKENS_FLOOD and GCTOKENS_TRAFFIC are how many requests there are in a
-- flood of bad tokens, and of good ones.

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local PATH = "/api/v2/tokens/me"
local FLOOD = tonumber(os.getenv("GCTOKENS_FLOOD")) or 8000
local TRAFFIC = tonumber(os.getenv("GCTOKENS_TRAFFIC")) or 100000
local GOOD = 200 -- tokens, while there are floods of bad ones
local MOST_GROWTH = 1536 -- KiB that a worker may grow from a third to the end


-- Checks `count` tokens that nobody has issued, many at a time. Answers with
-- the least free space of the dict meanwhile, and the number of invalid tokens.
local SERVER = [[
  keepalive_requests 1000000;

  location = /light {
    access_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print("passed") }
  }

  location = /flood {
    content_by_lua_block {
      local least, kinds = math.huge, {}
      local function check(first, last)
        for i = first, last do
          local _, err = guard:check("bad." .. ngx.var.arg_name .. "." .. i)
          kinds[err.kind] = (kinds[err.kind] or 0) + 1
          least = math.min(least, ngx.shared.gctokens:free_space())
        end
      end
      local threads, share = {}, ngx.var.arg_count / 50
      for i = 1, 50 do
        threads[i] = ngx.thread.spawn(check, (i - 1) * share + 1, i * share)
      end
      for i = 1, 50 do
        ngx.thread.wait(threads[i])
      end
      collectgarbage()
      ngx.print(least, " ", kinds.invalid_token or 0)
    }
  }
]]


describe("the guard under load #once", function()
  local emulator, gateway, token

  before_each(function()
    emulator = fixtures.emulator()
    token = emulator:issue()
  end)

  after_each(function()
    gateway:stop()
  end)

  local function start(options, guard_options)
    gateway = guarded_nginx.start(
      guarded_nginx.merged({ server = SERVER }, options), guard_options)
  end

  local function get(path, key)
    return gateway:get(path or "/who", bearer(key or token))
  end

  local function await_requests(count)
    assert.is_true(system.wait_until(function()
      return select(2, emulator:requests()) >= count
    end))
  end

  local function assert_grew_little(before)
    for i, size in ipairs(gateway:rss()) do
      assert.is_true(size - before[i] <= MOST_GROWTH, before[i] .. " " .. size)
    end
  end

  it("asks once, however many ask at once", function()
    start({ workers = 4 })
    for key, status in pairs({ [token] = 200, invalid = 401 }) do
      emulator:clear_requests()
      emulator:fault({ path = PATH, delay = 0.2 })
      local responses = gateway:burst({
        count = 1000, path = "/who", headers = bearer(key),
      })
      for _, response in ipairs(responses) do
        assert.equal(status, response.status)
      end
      assert.equal(1, (select(2, emulator:requests())))
    end
    assert.equal("", gateway:log())
  end)

  it("loses no good token in a flood of bad ones", function()
    start({ dict = "lua_shared_dict gctokens 512k;" },
      { l1_ttl = 0.01, ttl = 3600 })
    emulator:settings({ record = false })
    local good = {}
    for i = 1, GOOD do
      good[i] = emulator:issue()
      assert.equal(200, (get("/light", good[i])))
    end
    local rss
    local parts = math.ceil(FLOOD / 1000)
    for part = 1, parts do
      local _, _, body = gateway:get("/flood?count=1000&name=" .. part)
      local least, invalid = body:match("^(%d+) (%d+)$")
      assert.is_true(tonumber(least) > 0)
      assert.equal("1000", invalid)
      rss = rss or part * 3 >= parts and gateway:rss()
    end
    assert_grew_little(rss)
    for i = 1, GOOD do
      assert.matches(" l[12]$", (select(3, get("/who", good[i]))))
    end
    local function calls(class)
      return guarded_nginx.metric(gateway,
        'gctokens_guard_api_calls_total{status="' .. class .. '"}')
    end
    assert.equal(GOOD, calls("2xx"))
    assert.equal(parts * 1000, calls("401"))
    assert.equal(0,
      guarded_nginx.metric(gateway, "gctokens_guard_evictions_total"))
    assert.equal("", gateway:log())
  end)

  it("does not grow with good traffic", function()
    start()
    local third = math.ceil(TRAFFIC / 3)
    assert.same({ [200] = third },
      guarded_nginx.stream(gateway, third, "/light", bearer(token)))
    local rss = gateway:rss()
    assert.same({ [200] = TRAFFIC - third },
      guarded_nginx.stream(gateway, TRAFFIC - third, "/light", bearer(token)))
    assert_grew_little(rss)
    assert.equal("", gateway:log())
  end)

  it("answers others while a hundred calls hang", function()
    start({}, { lookup_timeout = 1 })
    assert.equal(200, (get()))
    emulator:fault({ path = PATH, delay = 60, count = 200 })
    local pending = {}
    for i = 1, 100 do
      pending[i] = gateway:send("/who", bearer("hanging" .. i))
    end
    await_requests(1 + 64) -- no more connections than max_connections
    assert.equal("plain", (select(3, gateway:get("/plain"))))
    assert.equal("Example Insurance l1 l1", (select(3, get())))
    assert.equal(401, (gateway:get("/who")))
    for i = 1, 100 do
      assert.equal(503, (pending[i]:receive()))
    end
  end)

  it("answers the others when the one that asks goes away", function()
    start({
      http = "lua_check_client_abort on; lua_max_running_timers 1;",
      -- It takes the only timer that nginx may run, so requests lead.
      init_worker = "ngx.timer.at(0, function() ngx.sleep(3600) end)",
    }, { lookup_timeout = 1 })
    emulator:fault({ path = PATH, delay = 60 })
    local leader = gateway:send("/who", bearer(token))
    await_requests(1)
    local others = {}
    for i = 1, 10 do
      others[i] = gateway:send("/who", bearer(token))
    end
    -- When a later request has been answered, all of them have been read.
    assert.equal(200, (gateway:get("/plain")))
    leader:abort()
    for i = 1, 10 do
      assert.equal(200, (others[i]:receive()))
    end
    assert.equal(2, (select(2, emulator:requests())))
    -- Then this token and a new one are answered as ever.
    assert.matches(" l[12]$", (select(3, get())))
    assert.equal(200, (get("/who", emulator:issue())))
  end)

  it("goes on when the worker that asks is killed", function()
    start({
      workers = 4,
      http = "lua_shared_dict asking 1m;",
      server = SERVER .. [[
        location = /asking {
          access_by_lua_block {
            ngx.shared.asking:set("pid", ngx.worker.pid())
            guard:access()
          }
          content_by_lua_block { ngx.print("passed") }
        }
        location = /asking/pid {
          content_by_lua_block { ngx.print(ngx.shared.asking:get("pid")) }
        }
      ]],
    }, { lookup_timeout = 2 })
    emulator:fault({ path = PATH, delay = 60 })
    local killed = gateway:send("/asking", bearer(token))
    await_requests(1)
    local old = gateway:workers()
    local _, _, pid = gateway:get("/asking/pid")
    assert.matches("^%d+$", pid)
    assert.equal(0, (select(2, system.run("kill -KILL " .. pid))))
    assert.is_nil((killed:receive()))
    -- The lease ends with it.
    for _ = 1, 8 do
      assert.equal(200, (get()))
    end
    assert.equal(2, (select(2, emulator:requests())))
    assert.is_true(gateway:wait_for_workers({ tonumber(pid) }))
    assert.equal(4, #old)
    for _ = 1, 20 do
      assert.equal(200, (get()))
    end
  end)
end)
