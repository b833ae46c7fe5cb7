-- What the guard leaves behind: metrics, access and error logs, shared memory;
-- and that there is no token in any of them.

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local PATH = "/api/v2/tokens/me"

local SERVER = [[
  access_log cache.log with_cache;

  location = /light {
    access_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print("passed") }
  }
]]


describe("what the guard leaves behind #once", function()
  local emulator, gateway

  before_each(function()
    emulator = fixtures.emulator()
  end)

  after_each(function()
    gateway:stop()
  end)

  local function start(options, guard_options)
    gateway = guarded_nginx.start(guarded_nginx.merged({
      http = "log_format with_cache '$uri $status $gctokens_cache';",
      server = SERVER,
    }, options), guarded_nginx.merged({ breaker = false }, guard_options or {}))
  end

  local function get(token, path)
    return gateway:get(path or "/light", token and bearer(token))
  end

  local function answers(name)
    return guarded_nginx.metric(gateway,
      'gctokens_guard_requests_total{outcome="' .. name .. '"}')
  end

  -- Family -> kind, and series -> value, of a text of the exposition format.
  local function parsed(text)
    local kinds, values, helped = {}, {}, {}
    assert.equal("\n", text:sub(-1))
    for ended in text:gmatch("[^\n]*\n") do
      local line = ended:sub(1, -2)
      local help = line:match("^# HELP ([%a_:][%w_:]*) %S")
      local typed, kind = line:match("^# TYPE ([%a_:][%w_:]*) (%a+)$")
      local name, labels, value =
        line:match("^([%a_:][%w_:]*)(%b{}) (%S+)$")
      if not name then
        name, value = line:match("^([%a_:][%w_:]*) (%S+)$")
      end
      if help then
        assert.is_nil(helped[help], line)
        helped[help] = true
      elseif typed then
        assert.is_true(helped[typed], line)
        assert.is_nil(kinds[typed], line)
        assert.truthy(({ counter = 1, gauge = 1, histogram = 1 })[kind], line)
        kinds[typed] = kind
      else
        assert.truthy(name and tonumber(value), line)
        assert.truthy(kinds[name] or kinds[name:gsub("_%a+$", "")], line)
        assert.truthy(not labels
          or labels:find('^{[%a_][%w_]*="[^"\\\n]*"}$'), line)
        assert.is_nil(values[name .. (labels or "")], line)
        values[name .. (labels or "")] = tonumber(value)
      end
    end
    return kinds, values
  end

  it("is metrics that Prometheus can read", function()
    start()
    get(emulator:issue())
    get("invalid")
    emulator:fault({ path = PATH, status = 500 })
    get(emulator:issue())
    local status, headers, text = gateway:get("/metrics")
    assert.equal(200, status)
    assert.equal("text/plain; version=0.0.4", headers["content-type"])
    local kinds, values = parsed(text)
    assert.equal("counter", kinds.gctokens_guard_requests_total)
    assert.equal("gauge", kinds.gctokens_guard_dict_free_bytes)
    assert.is_true(values.gctokens_guard_dict_free_bytes > 0)
    assert.equal(1,
      values['gctokens_guard_api_calls_total{status="5xx"}'])
    -- A histogram is cumulative, and ends with everything.
    local last = 0
    for number in text:gmatch("_seconds_bucket%b{} (%d+)") do
      assert.is_true(tonumber(number) >= last)
      last = tonumber(number)
    end
    assert.equal(3, last)
    assert.equal(3, values.gctokens_guard_api_call_seconds_count)
    assert.is_true(values.gctokens_guard_api_call_seconds_sum > 0)
  end)

  it("is counts that add up over all workers", function()
    start({ workers = 4 })
    local token = emulator:issue()
    local other = emulator:issue({ client = "service" })
    for _ = 1, 40 do
      assert.equal(200, (get(token)))
      assert.equal(401, (get("invalid")))
      assert.equal(401, (get()))
      assert.equal(400, (get("a b")))
      assert.equal(403, (get(other, "/kept_policy")))
    end
    assert.is_true(system.wait_until(function()
      for _, name in ipairs({
        "allowed", "invalid_token", "missing", "invalid_request",
        "insufficient_scope",
      }) do
        if answers(name) ~= 40 then
          return false
        end
      end
      return true
    end))
    local _, values = parsed((select(3, gateway:get("/metrics"))))
    local lookups, calls = 0, 0
    for series, value in pairs(values) do
      if series:find("lookups_total", 1, true) then
        lookups = lookups + value
      elseif series:find("calls_total", 1, true) then
        calls = calls + value
      end
    end
    assert.equal(120, lookups)
    assert.equal(select(2, emulator:requests()), calls)
    assert.equal(3, calls)
  end)

  it("is where each answer came from, in the access log", function()
    start({}, { stale_if_error = 60, ttl = 1, refresh_ahead = 0 })
    local token = emulator:issue()
    get()
    get("a b")
    get(token)
    get(token)
    get("invalid")
    get("invalid")
    emulator:fault({ path = PATH, status = 500, count = 1000 })
    get("unknown")
    get("unknown")
    local log
    assert.is_true(system.wait_until(function()
      get(token)
      log = system.read(gateway.directory .. "/cache.log")
      return log:find("stale", 1, true)
    end))
    assert.equal("/light 401 missing\n/light 400 invalid_request\n"
      .. "/light 200 miss\n"
      .. "/light 200 l1\n/light 401 miss\n/light 401 negative\n"
      .. "/light 503 miss\n/light 503 error\n",
      log:match("^(.-error\n)"))
    assert.matches("/light 200 stale\n$", log)
  end)

  it("is a few lines in the error log, however many fail", function()
    start()
    emulator:fault({ path = PATH, status = 500, count = 1000 })
    for i = 1, 100 do
      assert.equal(503, (get("unknown" .. i)))
    end
    local lines, logged = 0, 0
    for line in gateway:log():gmatch("[^\n]+") do
      assert.matches("gctokens%.guard: could not verify token %x+: .*500", line)
      lines = lines + 1
      logged = logged + 1
        + (tonumber(line:match("and (%d+) more like this")) or 0)
    end
    assert.is_true(lines >= 1 and lines <= 5, lines)
    assert.is_true(logged <= 100, logged)
  end)

  -- All kinds of traffic, and then everything there is to read.
  it("is no token", function()
    start({ workers = 2 }, { lookup_timeout = 0.3, error_ttl = 0.01 })
    local tokens, texts = {}, {}

    local function use(token, path)
      tokens[#tokens + 1] = token
      for _ = 1, 3 do
        local status, headers, body = get(token, path)
        texts[#texts + 1] = status .. " " .. fixtures.literal(headers) .. body
      end
    end

    local function new()
      return emulator:issue()
    end

    -- Only the first line of a kind is certain to be in the log.
    local echoed = new()
    emulator:fault({ path = PATH, status = 400, body =
      '{"code":"bad.request","message":"bad token ' .. echoed .. '"}' })
    use(echoed)
    assert.matches("answered 400", gateway:log())
    use(new())
    use(new(), "/kept_policy")
    use("invalid-but-secret")
    use("not a token, but secret")
    use(("secret"):rep(700))
    for _, fault in ipairs({
      { reset = true }, { delay = 60 }, { status = 500 }, { status = 429 },
      { body = "<html></html>" }, { cut = 10 }, { code = "bad.request" },
    }) do
      emulator:fault(guarded_nginx.merged(fault, { path = PATH, count = 1000 }))
      use(new())
      emulator:clear_faults()
      use(tokens[#tokens], "/call?method=revoke&with=" .. tokens[#tokens])
    end
    for _, path in ipairs({ "/metrics", "/memory" }) do
      texts[#texts + 1] = select(3, gateway:get(path))
    end
    texts[#texts + 1] = gateway:log()
    texts[#texts + 1] = system.read(gateway.directory .. "/cache.log")
    local all = table.concat(texts, "\n")
    assert.is_true(#gateway:log() > 0)
    for _, token in ipairs(tokens) do
      local at = all:find(token, 1, true)
      assert.is_nil(at, at and all:sub(math.max(1, at - 200), at + 100))
    end
  end)
end)
