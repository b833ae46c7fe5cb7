-- The guard's counters: none ever falls, and nothing is lost or counted twice,
-- whatever else is in their shared dict, and whichever worker shows them.

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer

local SMALL = "lua_shared_dict gctokens 512k;"

-- A guard of its own, whose transport knows the tokens that begin with "good".
local INIT = [[
  function transport(request)
    local name = request.headers.Authorization:match("Bearer good(.*)$")
    if not name then
      return {
        status = 401, body = '{"code":"bad.credentials","status":401}',
        headers = { ["Content-Type"] = "application/json" },
      }
    end
    return { status = 200, body = '{"organization":{"id":"' .. name .. '"}}' }
  end
]]

local GUARD = [[
  guard = require("gctokens.guard").new({
    region = "us-east-1", transport = transport, breaker = false,
    l1_ttl = 0.01, l1_bytes = 1024,
  })
]]

local SERVER = [[
  location = /counted {
    access_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print(ngx.worker.pid()) }
  }

  # Valid tokens, each new.
  location = /flood {
    content_by_lua_block {
      for i = 1, ngx.var.arg_count do
        assert(guard:check("good." .. ngx.var.arg_name .. "." .. i))
      end
    }
  }

  # What an application that has the same dict may do.
  location = /fill {
    content_by_lua_block {
      local dict = ngx.shared.gctokens
      for i = 1, ngx.var.arg_count do
        dict:set("application " .. i, ("x"):rep(ngx.var.arg_bytes))
      end
    }
  }
  location = /forget {
    content_by_lua_block {
      ngx.shared.gctokens:flush_all()
      ngx.shared.gctokens:flush_expired()
    }
  }
  # Whether it is more than a second since this was first asked for.
  location = /is_later {
    content_by_lua_block {
      ngx.shared.times:add("asked", ngx.now())
      ngx.update_time()
      ngx.print(tostring(ngx.now() > ngx.shared.times:get("asked") + 1.2))
    }
  }
  location = /metrics_of {
    content_by_lua_block {
      ngx.header["X-Worker"] = ngx.worker.pid()
      guard:metrics()
    }
  }
]]


describe("the guard's counters #once", function()
  local gateway, highest

  after_each(function()
    gateway:stop()
  end)

  -- `options` are of guarded_nginx.start; `after` may make more guards.
  local function start(options)
    fixtures.emulator()
    highest = {}
    local merged = guarded_nginx.merged
    gateway = guarded_nginx.start(merged({ dict = SMALL }, merged(
      options or {}, {
        init = INIT .. (options and options.init or ""),
        http = "lua_shared_dict times 16k;"
          .. (options and options.http or ""),
        server = SERVER .. (options and options.server or ""),
        after = GUARD .. (options and options.after or ""),
      })))
  end

  -- A text of the exposition format: series -> value.
  local function parsed(text)
    local values = {}
    for name, value in text:gmatch("([^\n#]+) (%S+)\n") do
      values[name] = tonumber(value)
    end
    return values
  end

  -- The metrics that some worker shows. No counter is below what any worker has
  -- shown before, and the histogram is cumulative.
  local function scrape()
    local status, headers, text = gateway:get("/metrics_of")
    assert.equal(200, status)
    local values, below = parsed(text), 0
    for series, value in pairs(values) do
      if not series:find("^gctokens_guard_dict") and not series:find("_open$")
      then
        local before = highest[series] or 0
        assert.is_true(value >= before,
          ("%s: %s after %s"):format(series, value, before))
        highest[series] = value
      end
    end
    for value in text:gmatch("_bucket%b{} (%d+)") do
      assert.is_true(tonumber(value) >= below, text)
      below = tonumber(value)
    end
    assert.equal(below, values.gctokens_guard_api_call_seconds_count)
    return values, tonumber(headers["x-worker"])
  end

  -- Looks until each worker has shown its metrics.
  local function scrape_all()
    local silent = {}
    for _, pid in ipairs((gateway:workers())) do
      silent[pid] = true
    end
    assert.is_true(system.wait_until(function()
      local _, pid = scrape()
      silent[pid] = nil
      return next(silent) == nil
    end))
  end

  local function answers(name)
    return scrape()['gctokens_guard_requests_total{outcome="' .. name .. '"}']
  end

  -- Waits for what the workers have counted in the last second.
  local function await_answers(name, count)
    assert.is_true(system.wait_until(function()
      return answers(name) >= count
    end))
    assert.equal(count, answers(name))
  end

  local function get(token)
    return (gateway:get("/counted", token and bearer(token)))
  end

  local function count_some()
    for _ = 1, 20 do
      assert.equal(401, (get("invalid")))
      assert.equal(401, (get()))
      assert.equal(400, (get("a b")))
      assert.equal(200, (get("good.one")))
    end
  end

  local function assert_counted(times)
    for _, name in ipairs({
      "invalid_token", "missing", "invalid_request", "allowed",
    }) do
      await_answers(name, times * 20)
    end
  end

  for _, workers in ipairs({ 1, 4 }) do
    describe("with " .. workers .. " workers", function()
      local function start_workers()
        start({ workers = workers })
      end

      it("do not fall while valid tokens evict each other", function()
        start_workers()
        count_some()
        assert_counted(1)
        for flood = 1, 10 do
          gateway:get("/flood?count=1000&name=" .. flood)
          scrape()
        end
        scrape_all()
        assert.is_true(scrape().gctokens_guard_evictions_total > 5000)
        assert_counted(1)
        count_some()
        assert_counted(2)
      end)

      it("do not fall however seldom they are looked at", function()
        start_workers()
        count_some()
        assert_counted(1)
        for flood = 1, 10 do
          gateway:get("/flood?count=1000&name=" .. flood)
        end
        assert.is_true(system.wait_until(function()
          return scrape().gctokens_guard_api_call_seconds_count >= 10002
        end))
        assert_counted(1)
      end)

      it("do not fall when nginx reloads", function()
        start_workers()
        count_some()
        gateway:get("/flood?count=3000&name=before")
        assert_counted(1)
        gateway:reload()
        scrape_all()
        gateway:get("/flood?count=3000&name=after")
        scrape_all()
        assert_counted(1)
        count_some()
        gateway:reload()
        assert_counted(2)
      end)
    end)
  end

  it("do not fall when the application fills the dict", function()
    start({ workers = 4 })
    for round, bytes in ipairs({ 10, 60000 }) do
      count_some()
      scrape()
      gateway:get("/fill?count=20000&bytes=" .. bytes)
      scrape_all()
      gateway:get("/flood?count=1000&name=" .. round)
      scrape_all()
    end
  end)

  it("do not fall when the application empties the dict", function()
    start({ workers = 4 })
    for _ = 1, 2 do
      count_some()
      scrape()
      gateway:get("/forget")
      scrape_all()
    end
  end)

  it("do not fall when nginx reloads after the dict was filled", function()
    start({ workers = 4 })
    count_some()
    assert_counted(1)
    gateway:get("/fill?count=20000&bytes=100")
    gateway:reload()
    scrape_all()
    count_some()
    scrape_all()
  end)

  local function kill(pid)
    assert.equal(0, (select(2, system.run("kill -KILL " .. pid))))
    assert.is_true(gateway:wait_for_workers({ pid }))
  end

  it("are in the dict when nobody is left who knows them", function()
    start()
    count_some()
    assert_counted(1)
    for flood = 1, 3 do
      gateway:get("/flood?count=3000&name=" .. flood)
      kill(gateway:workers()[1])
      assert_counted(1)
    end
  end)

  -- A worker puts them back that has counted, and one that has shown them.
  for _, victim in ipairs({ "counts", "shows" }) do
    it("do not fall when one is killed that " .. victim .. " them", function()
      start({ workers = 2 })
      local _, _, body = gateway:get("/counted", bearer("good.one"))
      local pids = { counts = tonumber(body) }
      assert.is_true(system.wait_until(function()
        local values, pid = scrape()
        pids.shows = pid
        return pid ~= pids.counts
          and values['gctokens_guard_requests_total{outcome="allowed"}'] == 1
      end))
      -- All timers that the requests have started have run.
      assert.is_true(system.wait_until(function()
        return select(3, gateway:get("/is_later")) == "true"
      end))
      kill(pids[victim])
      gateway:get("/fill?count=20000&bytes=100")
      scrape_all()
    end)
  end

  it("count in a dict that was full before nginx had a guard", function()
    start({ init = [[
      for i = 1, 100 do
        ngx.shared.gctokens:safe_set("application " .. i, ("x"):rep(5000))
        ngx.shared.gctokens:safe_set("application . " .. i, "x")
      end
    ]] })
    count_some()
    assert_counted(1)
  end)

  it("are those of all guards that share the dict", function()
    start({
      after = [[
        other = require("gctokens.guard").new({
          base_url = "https://other.example", transport = transport,
          negative_dict = "gctokens", l1_ttl = 0.01, breaker = false,
        })
        -- Its negative entries are in a dict where another's counters are.
        third = require("gctokens.guard").new({
          base_url = "https://third.example", transport = transport,
          dict = "elsewhere", negative_dict = "gctokens", breaker = false,
        })
      ]],
      http = "lua_shared_dict elsewhere 512k;",
      server = [[
        location = /other {
          access_by_lua_block { other:access() }
          content_by_lua_block { ngx.print("passed") }
        }
        location = /third {
          content_by_lua_block {
            for i = 1, 2000 do
              third:check("bad" .. i)
            end
          }
        }
      ]],
    })
    count_some()
    for _ = 1, 20 do
      assert.equal(200, (gateway:get("/other", bearer("good.two"))))
    end
    await_answers("allowed", 40)
    for _, path in ipairs({ "/flood?count=3000&name=flood", "/third" }) do
      gateway:get(path)
      kill(gateway:workers()[1]) -- what is not in the dict is forgotten
      await_answers("allowed", 40)
      await_answers("invalid_request", 20)
    end
  end)

  -- Each bucket counts the calls that took no longer, the last one all calls.
  it("tell how long calls took", function()
    start({ server = [[
      location = /calls {
        content_by_lua_block {
          for _, seconds in ipairs({
            0, 0.005, 0.0051, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 2.6, 60,
          }) do
            guard.counters:add_call("2xx", seconds, 0)
          end
          guard:metrics()
        }
      }
    ]] })
    local values = parsed((select(3, gateway:get("/calls"))))
    local name = "gctokens_guard_api_call_seconds"
    for limit, count in pairs({
      ["0.005"] = 2, ["0.01"] = 4, ["0.025"] = 5, ["0.05"] = 6, ["0.1"] = 7,
      ["0.25"] = 8, ["0.5"] = 9, ["1"] = 10, ["2.5"] = 11, ["+Inf"] = 13,
    }) do
      assert.equal(count, values[name .. '_bucket{le="' .. limit .. '"}'])
    end
    assert.equal(13, values[name .. "_count"])
    assert.near(66.9901, values[name .. "_sum"], 0.001)
    assert.equal(13,
      values['gctokens_guard_api_calls_total{status="2xx"}'])
  end)
end)
