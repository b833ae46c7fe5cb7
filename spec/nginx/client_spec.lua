-- The client in nginx workers: every method as in a script, and the worker
-- goes on meanwhile.

local nginx = require("spec.support.nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")


-- Each is run in a phase by its location: client and gctokens are globals.
local WHO = [[
  local info, err = client:get_tokens_me()
  ngx.say(info and info.organization.name or tostring(err))
]]

local SERVER = [[
  location = /static { return 200 static; }

  location = /rewrite { rewrite_by_lua_block { ]] .. WHO .. [[ } }
  location = /access { access_by_lua_block { ]] .. WHO .. [[ } }
  location = /content { content_by_lua_block { ]] .. WHO .. [[ } }

  location = /timer {
    content_by_lua_block {
      local done = require("ngx.semaphore").new()
      local answer
      ngx.timer.at(0, function()
        local info, err = client:get_tokens_me()
        answer = info and info.organization.name or tostring(err)
        done:post()
      end)
      done:wait(5)
      ngx.say(answer)
    }
  }

  location = /methods {
    content_by_lua_block {
      local timeout = assert(client:get_tokens_timeout())
      timeout.idleTokenTimeoutSeconds = 900
      timeout = assert(client:put_tokens_timeout(timeout))
      ngx.say(timeout.idleTokenTimeoutSeconds)
      ngx.say(tostring(client:delete_token(ngx.var.arg_user)))
      ngx.say(tostring(client:head_tokens_me()))
      ngx.say(tostring(client:delete_tokens_me()))
      local valid, err = client:head_tokens_me()
      ngx.say(tostring(valid), " ", err.status)
    }
  }

  location = /header_filter {
    header_filter_by_lua_block { phase_error(client) }
    return 200;
  }
  location = /body_filter {
    body_filter_by_lua_block { phase_error(client) }
    return 200;
  }
  location = /log {
    log_by_lua_block { phase_error(client) }
    return 200;
  }
  location = /message { content_by_lua_block { ngx.say(message) } }

  location = /close {
    content_by_lua_block {
      client:close()
      ngx.say("closed")
    }
  }

  location = /longest_wait {
    content_by_lua_block { ngx.say(longest_wait) }
  }

  location = /stats {
    content_by_lua_block {
      local stats = client:stats()
      ngx.say(stats.in_flight, " ", stats.connections_opened)
    }
  }

  # Ends the handler from below, with closures of the request still about.
  location = /exit {
    access_by_lua_block {
      local info = client:get_tokens_me()
      local function leave()
        local name = info.organization.name
        ngx.header["X-Name"] = name
        ngx.exit(204)
      end
      leave()
    }
  }
]]

local INIT = [[
  gctokens = require("gctokens")
  client = gctokens.new(%s)
  function phase_error(client)
    local ok, raised = pcall(client.get_tokens_me, client)
    message = tostring(ok) .. " " .. tostring(raised)
  end
]]


describe("a client in nginx #once", function()
  local emulator, gateway

  -- `options` of the gateway; http is text for the http block
  local function start(options, client_options)
    options = options or {}
    options.server = SERVER
    options.http = (options.http or "") .. "\ninit_by_lua_block {\n"
      .. (options.init or "")
      .. INIT:format(fixtures.literal(fixtures.options(client_options)))
      .. "}\n"
    gateway = nginx.start(options)
    return gateway
  end

  local function body_of(path)
    local status, _, body = gateway:get(path)
    assert.equal(200, status)
    return body
  end

  -- Waits until so many requests have reached the emulator.
  local function wait_for_requests(count)
    assert(system.wait_until(function()
      return select(2, emulator:requests()) >= count
    end), "the requests did not arrive")
  end

  before_each(function()
    emulator = fixtures.emulator()
    gateway = nil
  end)

  after_each(function()
    if gateway then
      gateway:stop()
    end
  end)

  for _, mode in ipairs({
    { name = "with the JIT compiler", init = "" },
    { name = "without it", init = "jit.off()\n" },
  }) do
    describe(mode.name, function()
      it("has every method", function()
        start({ init = mode.init })
        assert.equal("900\ntrue\ntrue\ntrue\nnil 401\n",
          body_of("/methods?user=" .. emulator.users.agent))
        assert.equal("", gateway:log())
      end)

      it("works in all phases that can wait", function()
        start({ init = mode.init })
        for _, phase in ipairs({ "rewrite", "access", "content", "timer" }) do
          assert.equal("Example Insurance\n", body_of("/" .. phase))
        end
        assert.equal("", gateway:log())
      end)

      it("answers many at once, each once", function()
        start({ init = mode.init, workers = 2 })
        emulator:fault({ delay = 0.1, count = 300 })
        for _, response in ipairs(gateway:burst({
          count = 300, path = "/content",
        })) do
          assert.equal("Example Insurance\n", response.body)
        end
        assert.equal(300, (select(2, emulator:requests())))
        assert.equal("", gateway:log())
      end)
    end)
  end

  it("raises at once in phases that cannot wait", function()
    start()
    for _, phase in ipairs({ "header_filter", "body_filter", "log" }) do
      gateway:get("/" .. phase)
      assert.matches("^false .*cannot wait in nginx's " .. phase .. " phase",
        body_of("/message"))
    end
    assert.same({}, (emulator:requests()))
    assert.equal("0 0\n", body_of("/stats"))
  end)

  it("raises in init and init_worker, where nothing can wait", function()
    local options = fixtures.literal(fixtures.options())
    local _, message = nginx.try({
      http = "init_by_lua_block { require('gctokens').new(" .. options
        .. "):head_tokens_me() }",
    })
    assert.matches("cannot wait in nginx's init phase", message)
    start({ init_worker = "phase_error(client)" })
    assert.matches("cannot wait in nginx's init_worker phase",
      body_of("/message"))
  end)

  it("does not block the worker", function()
    start()
    emulator:fault({ delay = 60, count = 50 })
    local pending = {}
    for i = 1, 50 do
      pending[i] = gateway:send({ path = "/content" })
    end
    wait_for_requests(50)
    assert.equal("static", body_of("/static"))
    for _, one in ipairs(pending) do
      one:close()
    end
  end)

  it("tries again, with pauses that do not block", function()
    start()
    emulator:fault({
      status = 503, count = 2, headers = { ["Retry-After"] = "1" },
    })
    local pending = gateway:send({ path = "/content" })
    wait_for_requests(1)
    assert.equal("static", body_of("/static"))
    local _, _, body = pending:receive()
    assert.equal("Example Insurance\n", body)
  end)

  it("ends a call at its time-out", function()
    start({}, { timeout = 0.2, retry = false })
    emulator:fault({ delay = 60 })
    assert.matches("timeout error", body_of("/content"))
    assert.equal("Example Insurance\n", body_of("/content"))
  end)

  it("finishes what an aborted request has begun", function()
    start({ http = "lua_check_client_abort on;" })
    emulator:fault({ delay = 0.3, count = 20 })
    local pending = {}
    for i = 1, 20 do
      pending[i] = gateway:send({ path = "/content" })
    end
    wait_for_requests(20)
    for i = 1, 10 do
      pending[i]:abort()
    end
    for i = 11, 20 do
      local _, _, body = pending[i]:receive()
      assert.equal("Example Insurance\n", body)
    end
    assert(system.wait_until(function()
      return body_of("/stats"):find("^0 ")
    end))
    assert.equal("", gateway:log())
  end)

  it("gives each request its own answer, however requests end", function()
    start({ http = "lua_check_client_abort on;" })
    for _ = 1, 3 do
      emulator:fault({ delay = 0.05, count = 50 })
      local burst = { count = 50, path = "/exit" }
      for _, response in ipairs(gateway:burst(burst)) do
        assert.equal(204, response.status)
        assert.equal("Example Insurance", response.headers["x-name"])
      end
    end
    assert.equal("", gateway:log())
  end)

  for name, leave in pairs({
    HUP = function()
      gateway:reload()
    end,
    QUIT = function()
      gateway:quit()
    end,
  }) do
    it("finishes calls in flight after " .. name, function()
      start({ workers = 2 })
      emulator:fault({ delay = 1, count = 40 })
      local pending = {}
      for i = 1, 40 do
        pending[i] = gateway:send({ path = "/content" })
      end
      wait_for_requests(40)
      leave()
      for _, one in ipairs(pending) do
        local _, _, body = one:receive()
        assert.equal("Example Insurance\n", body)
      end
      if name == "QUIT" then
        gateway:wait_for_end()
      else
        assert(system.wait_until(function()
          return #select(2, gateway:workers()) == 0
        end), "an old worker does not end")
      end
      assert.equal("", gateway:log())
    end)
  end

  it("goes on when nginx has no timer for it", function()
    for _, limits in ipairs({
      "lua_max_running_timers 1;", -- accepted, and dropped
      "lua_max_pending_timers 1;", -- refused
    }) do
      start({
        http = limits,
        init_worker = [[
          local function stay()
            while not ngx.worker.exiting() do
              ngx.sleep(0.01)
            end
          end
          local function again()
            ngx.timer.at(0.01, again)
          end
          ngx.timer.at(0, stay)
          ngx.timer.at(0, again)
        ]],
      })
      local burst = { count = 30, path = "/content" }
      for _, response in ipairs(gateway:burst(burst))
      do
        assert.equal("Example Insurance\n", response.body)
      end
      gateway:stop()
    end
  end)

  it("drives itself at once when nginx refuses a timer", function()
    -- Longer than any pause between two steps, and shorter than the patience
    -- with a driver that may have been dropped.
    start({
      http = "lua_max_pending_timers 1;",
      init = [[
        local semaphores = require("ngx.semaphore")
        local new, wait = semaphores.new, nil
        longest_wait = 0
        function semaphores.new(count)
          local semaphore = assert(new(count))
          if not wait then
            local methods = getmetatable(semaphore).__index
            wait = methods.wait
            function methods.wait(self, seconds)
              longest_wait = math.max(longest_wait, seconds)
              return wait(self, seconds)
            end
          end
          return semaphore
        end
      ]],
      init_worker = "ngx.timer.at(3600, function() end)",
    })
    assert.equal("Example Insurance\n", body_of("/content"))
    assert.is_true(tonumber(body_of("/longest_wait")) < 0.1)
  end)

  it("ends calls whose client is closed under them", function()
    start()
    emulator:fault({ delay = 60, count = 3 })
    local pending = {}
    for i = 1, 3 do
      pending[i] = gateway:send({ path = "/content" })
    end
    wait_for_requests(3)
    assert.equal("closed\n", body_of("/close"))
    for _, one in ipairs(pending) do
      local _, _, body = one:receive()
      assert.matches("the client was closed", body)
    end
    assert.matches("the client is closed", body_of("/content"))
  end)

  it("keeps one set of connections per worker", function()
    start({}, { max_connections = 8 })
    for _ = 1, 3 do
      gateway:burst({ count = 50, path = "/content" })
    end
    assert.matches("^0 [1-8]\n$", body_of("/stats"))
  end)
end)
