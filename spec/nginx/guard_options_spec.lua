--- The options of guard.new, and guards that share a dict.

local client_rows = require("gctokens.options.client")
local guard_options = require("gctokens.guard.options")
local guard_rows = require("gctokens.options.guard")
local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local policy_rows = require("gctokens.options.policy")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local PATH = "/api/v2/tokens/me"
local ALWAYS = 1000000

local LONG = {
  ttl = 3600, stale_if_error = 3600, negative_ttl = 3600, error_ttl = 3600,
}
local SHORT = {
  ttl = 0.1, stale_if_error = 0, negative_ttl = 0.1, error_ttl = 0.05,
}
local LENIENT = guarded_nginx.merged(SHORT, { stale_if_error = 3600 })
local BOTH = { refresh_ahead = 0, l1_ttl = 0.01, breaker = false }

-- Guards that share a dict, and one whose times are in a file.
local MORE = [[
  for name, options in pairs(more) do
    more[name] = require("gctokens.guard").new(options)
  end
  local file = io.open(ngx.config.prefix() .. "options")
  if file then
    more.file = require("gctokens.guard").new(load(file:read("*a"))())
    file:close()
  end
]]

local SERVER = [[
  location = /guard {
    access_by_lua_block { more[ngx.var.arg_name]:access() }
    content_by_lua_block { ngx.print(ngx.ctx.gctokens.cache) }
  }
  location = /invalidate {
    content_by_lua_block {
      more[ngx.var.arg_name]:invalidate(ngx.var.arg_token)
    }
  }
]]


-- What is wrong with values is found before nginx is needed.
describe("the guard's options", function()
  local function raised(user_options)
    local ok, message = pcall(guard_options.read, user_options)
    assert.is_false(ok)
    return message
  end

  local function each_row(visit)
    for _, list in ipairs({ guard_rows, policy_rows }) do
      for _, row in ipairs(list) do
        visit(row)
      end
    end
    for _, row in ipairs(client_rows) do
      if row.guard then
        visit(row)
      end
    end
  end

  it("are each in one table, and each has help", function()
    local seen = {}
    each_row(function(row)
      assert.is_nil(seen[row.name], row.name)
      seen[row.name] = true
    end)
    for _, list in ipairs({ guard_rows, policy_rows }) do
      for _, row in ipairs(list) do
        assert.matches("%S", row.help)
      end
    end
  end)

  it("are named when their value is of the wrong type", function()
    each_row(function(row)
      assert.matches('gctokens.guard.new: option "' .. row.name
        .. '" must be .*, got userdata', raised({ [row.name] = io.stdout }))
    end)
  end)

  it("may be given with their defaults", function()
    each_row(function(row)
      local user_options = { check_ngx_lua = false }
      if row.name ~= "check_ngx_lua" then -- it would look for nginx
        user_options[row.name] = row.default
      end
      assert.matches('option "region" or "base_url" is needed',
        raised(user_options))
    end)
  end)

  it("suggest the one that is meant", function()
    assert.matches('there is no option "retry"', raised({ retry = false }))
    assert.matches('no option "orgnizations", did you mean "organizations"',
      raised({ orgnizations = "x" }))
  end)
end)


-- How long a guard goes by what it finds in the shared dict: as long as by what
-- it has written itself, whoever wrote it. That may have been another guard
-- with other times, or the same one before a reload.
describe("a guard that shares a dict #once", function()
  local emulator, gateway, token

  local function options(times)
    return guarded_nginx.merged(guarded_nginx.merged(BOTH, times), {
      base_url = emulator.http_url,
    })
  end

  local function start(settings)
    settings = settings or {}
    local more = {
      long = options(LONG), short = options(SHORT), lenient = options(LENIENT),
    }
    gateway = guarded_nginx.start({
      workers = settings.workers,
      dict = settings.negative_dict and "lua_shared_dict gctokens 1m;"
        .. "lua_shared_dict negative 1m;",
      init = "more = " .. fixtures.literal(more), server = SERVER,
      after = (settings.negative_dict
        and "for _, o in pairs(more) do o.negative_dict = 'negative' end" or "")
        .. MORE .. (settings.after or ""),
    })
  end

  before_each(function()
    emulator = fixtures.emulator()
    token = emulator:issue()
  end)

  after_each(function()
    gateway:stop()
  end)

  local function get(name)
    local status, _, body = gateway:get("/guard?name=" .. name, bearer(token))
    return status, body
  end

  local function await(name, status)
    assert.is_true(system.wait_until(function()
      return get(name) == status
    end), ("no %d from %s"):format(status, name))
  end

  local function cause(fault)
    emulator:fault(guarded_nginx.merged(fault, { path = PATH, count = ALWAYS }))
  end

  for _, settings in ipairs({ {}, { workers = 2 }, { negative_dict = true } })
  do
    describe(fixtures.literal(settings), function()
      before_each(function()
        start(settings)
      end)

      it("asks anew when its own ttl is over", function()
        assert.equal(200, (get("long")))
        assert.matches("^l[12]$", select(2, get("short")))
        cause({ code = "bad.credentials" })
        await("short", 401)
      end)

      it("goes by a shorter ttl than its own until that is over", function()
        assert.equal(200, (get("short")))
        cause({ code = "bad.credentials" })
        await("long", 401)
      end)

      it("serves what is stale within its own stale_if_error", function()
        assert.equal(200, (get("long")))
        cause({ status = 500 })
        await("short", 503)
      end)

      it("serves nothing stale that another would serve", function()
        assert.equal(200, (get("lenient")))
        cause({ status = 500 })
        await("lenient", 200)
        await("short", 503)
        await("lenient", 200)
      end)

      it("asks anew when its own negative_ttl is over", function()
        cause({ code = "bad.credentials" })
        assert.equal(401, (get("long")))
        emulator:clear_faults()
        assert.equal(401, (get("long")))
        await("short", 200)
      end)

      it("asks anew when its own error_ttl is over", function()
        for _, fault in ipairs({
          { status = 500 }, { status = 429 }, { code = "not.found" },
        }) do
          token = emulator:issue()
          cause(fault)
          assert.equal(503, (get("long")))
          emulator:clear_faults()
          assert.equal(503, (get("long")))
          await("short", 200)
        end
      end)
    end)
  end

  -- As many guards as workers, each made when its worker began.
  it("knows what the others know, also when each worker makes its own",
    function()
      gateway = guarded_nginx.start({
        workers = 4, server = SERVER, init_worker = "more = { worker = "
          .. "require('gctokens.guard').new("
          .. fixtures.literal(
            guarded_nginx.merged(options(LONG), { l1_ttl = 1 }))
          .. ") }",
      })
      local first = token
      for _ = 1, 40 do
        token = first
        assert.equal(200, (get("worker")))
        token = "invalid"
        assert.equal(401, (get("worker")))
      end
      assert.equal(2, (select(2, emulator:requests())))
    end)

  -- Before the reload, and after it, with what then is to come.
  it("goes by its own times after a reload", function()
    start({ workers = 2 })
    local function reload(times)
      system.write(gateway.directory .. "/options",
        "return " .. fixtures.literal(options(times)))
      gateway:reload()
    end
    reload(LONG)
    assert.equal(200, (get("file")))
    local valid = token
    token = emulator:issue()
    cause({ code = "bad.credentials" })
    assert.equal(401, (get("file")))
    local invalid = token
    reload(SHORT)
    token = valid
    await("file", 401)
    emulator:clear_faults()
    token = invalid
    await("file", 200)
  end)

  -- The guard that invalidates has no lookup under way by then.
  it("follows an invalidation during its lookup, however long that takes",
    function()
      start({ after = "more.long.cache.marks.longest_lookup = 0.1" })
      for _, by in ipairs({ "long", "short" }) do
        token = emulator:issue()
        emulator:clear_requests()
        emulator:fault({ path = PATH, delay = 0.5, then_process = true })
        emulator:fault({ path = PATH, code = "bad.credentials" })
        local pending = gateway:send("/guard?name=lenient", bearer(token))
        assert.is_true(system.wait_until(function()
          return select(2, emulator:requests()) == 1
        end))
        gateway:get(("/invalidate?name=%s&token=%s"):format(by, token))
        assert.equal(401, (pending:receive()))
      end
    end)
end)
