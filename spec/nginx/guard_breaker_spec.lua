-- What the guard does while most calls fail: the circuit breaker, which spares
-- the API, and fail_open, which lets requests pass unverified.

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local PATH = "/api/v2/tokens/me"
local ALWAYS = 1000000
local OPEN = "gctokens_guard_breaker_open"
local PASSED = 'gctokens_guard_requests_total{outcome="fail_open"}'


local emulator, gateway

local function cause(fault)
  emulator:clear_faults()
  emulator:fault(guarded_nginx.merged(fault, { path = PATH, count = ALWAYS }))
end

-- The window is long, unless a spec says otherwise: calls of two windows do not
-- count together.
local function start(options)
  if options.breaker then
    options.breaker.window = options.breaker.window or 1000
  end
  gateway = guarded_nginx.start({}, guarded_nginx.merged({
    lookup_timeout = 0.5,
    ttl = 0.05,
    refresh_ahead = 0,
    negative_ttl = 0.05,
    error_ttl = 0.05,
    l1_ttl = 0.01,
  }, options))
end

local function get(token, path)
  return gateway:get(path or "/who", bearer(token))
end


describe("the guard's breaker #once", function()
  before_each(function()
    emulator = fixtures.emulator()
  end)

  after_each(function()
    gateway:stop()
  end)

  -- Requests with new tokens: the API is asked for each.
  local function ask(count)
    for _ = 1, count do
      get(emulator:issue())
    end
  end

  -- The same, all at once; status -> number of responses.
  local function ask_at_once(count)
    local tokens = {}
    for i = 1, count do
      tokens[i] = emulator:issue()
    end
    return guarded_nginx.burst(gateway, count, "/who", function(i)
      return tokens[i]
    end)
  end

  local function await_probe()
    assert.is_true(system.wait_until(function()
      return guarded_nginx.metric(gateway, OPEN) == 0
    end))
  end

  for _, fault in ipairs({
    { status = 500 }, { reset = true }, { body = "<html></html>" },
  }) do
    it("opens after failures: " .. fixtures.literal(fault), function()
      start({ breaker = { min_calls = 4, cooldown = 1000 } })
      cause(fault)
      ask(3)
      assert.equal(0, guarded_nginx.metric(gateway, OPEN))
      ask(1)
      assert.equal(1, guarded_nginx.metric(gateway, OPEN))
      emulator:clear_requests()
      for _ = 1, 10 do
        local status, headers = get(emulator:issue())
        assert.equal(503, status)
        -- 30 s of max_cooldown, give or take a tenth.
        local seconds = tonumber(headers["retry-after"])
        assert.is_true(seconds >= 25 and seconds <= 33, seconds)
      end
      assert.equal(0, (select(2, emulator:requests())))
      assert.matches("the circuit breaker has opened", gateway:log())
    end)
  end

  it("opens, and closes, in a shared dict that is full", function()
    gateway = guarded_nginx.start({
      dict = "lua_shared_dict gctokens 512k;",
      init = [[
        for i = 1, 20000 do
          ngx.shared.gctokens:safe_set("application " .. i, ("x"):rep(20))
        end
      ]],
    }, { breaker = { min_calls = 4, cooldown = 0.1 }, error_ttl = 0.05 })
    cause({ status = 500 })
    ask(4)
    assert.equal(1, guarded_nginx.metric(gateway, OPEN))
    cause({ code = "bad.credentials" })
    await_probe()
    ask(1)
    emulator:clear_faults()
    assert.equal(200, (get(emulator:issue())))
    assert.matches("the circuit breaker has closed", gateway:log())
  end)

  it("serves what was known, where that is allowed", function()
    start({ breaker = { min_calls = 4, cooldown = 1000 },
      stale_if_error = 60 })
    local token = emulator:issue()
    assert.equal(200, (get(token)))
    cause({ status = 500 })
    ask(4)
    emulator:clear_requests()
    assert.is_true(system.wait_until(function()
      return select(3, get(token)) == "Example Insurance stale stale"
    end))
    assert.equal(0, (select(2, emulator:requests())))
  end)

  it("lets one call at a time see whether the API is back", function()
    start({ breaker = { min_calls = 4, cooldown = 0.02 }, lookup_timeout = 3 })
    cause({ status = 500 })
    ask(4)
    emulator:clear_requests()
    cause({ delay = 1 })
    await_probe()
    assert.same({ [200] = 1, [503] = 19 }, ask_at_once(20))
    assert.equal(1, (select(2, emulator:requests())))
    -- It has closed: all calls are made.
    cause({ delay = 0.2 })
    assert.same({ [200] = 10 }, ask_at_once(10))
    assert.matches("the circuit breaker has closed", gateway:log())
  end)

  it("opens again when the API is not back, and closes when it is", function()
    start({ breaker = { min_calls = 4, cooldown = 0.02, max_cooldown = 0.04 } })
    cause({ status = 500 })
    ask(4)
    for _ = 1, 3 do
      await_probe()
      emulator:clear_requests()
      ask(1)
      assert.equal(1, (select(2, emulator:requests())))
    end
    emulator:clear_faults()
    assert.is_true(system.wait_until(function()
      return get(emulator:issue()) == 200
    end))
    for _ = 1, 10 do
      assert.equal(200, (get(emulator:issue())))
    end
  end)

  it("does not open for what odd tokens bring about", function()
    start({ breaker = { min_calls = 4, cooldown = 1000 } })
    for _, fault in ipairs({
      { code = "bad.credentials" }, { code = "bad.request" },
      { code = "not.authorized" }, { code = "not.found" }, { status = 429 },
      { status = 401, body = "<html></html>" }, { status = 431 },
    }) do
      cause(fault)
      ask(10)
    end
    assert.equal(0, guarded_nginx.metric(gateway, OPEN))
    emulator:clear_faults()
    assert.equal(200, (get(emulator:issue())))
  end)

  it("can be switched off", function()
    start({ breaker = false })
    cause({ status = 500 })
    ask(30)
    emulator:clear_faults()
    assert.equal(200, (get(emulator:issue())))
  end)
end)


describe("the guard with fail_open #once", function()
  local token

  setup(function()
    emulator = fixtures.emulator()
    start({ fail_open = true, breaker = false, max_concurrent_lookups = 2,
      hide_credentials = true, organizations = { "another" } })
  end)

  teardown(function()
    gateway:stop()
  end)

  before_each(function()
    emulator:reset()
    gateway:clear_log()
    token = emulator:issue()
  end)

  it("lets pass while the API fails, marked, counted and logged", function()
    for _, fault in ipairs({
      { status = 500 }, { reset = true }, { body = "<html></html>" },
      { delay = 60 },
    }) do
      cause(fault)
      local before = guarded_nginx.metric(gateway, PASSED)
      local status, headers, body = get(token, "/guarded")
      assert.equal(200, status)
      assert.equal("1", headers["x-gctokens-unverified"])
      assert.is_nil(body:find("X-Genesys", 1, true))
      assert.is_nil(body:find("Authorization", 1, true))
      assert.equal(before + 1, guarded_nginx.metric(gateway, PASSED))
      assert.equal("true fail_open",
        select(3, get(emulator:issue())):match("^%S+ %S+"))
    end
    assert.matches("let token %x+ through unverified", gateway:log())
    assert.is_nil(gateway:log():find(token, 1, true))
  end)

  it("verifies again as soon as the API is back", function()
    cause({ status = 500 })
    assert.equal(200, (get(token)))
    emulator:clear_faults()
    local status, headers
    assert.is_true(system.wait_until(function()
      status, headers = get(token)
      return status == 403
    end))
    assert.is_nil(headers["x-gctokens-unverified"])
  end)

  it("holds where a location does not say otherwise", function()
    cause({ status = 500 })
    assert.equal(503, (get(token,
      "/policy?options=%7B%20fail_open%20%3D%20false%20%7D")))
  end)

  it("never lets pass a token that was invalid", function()
    cause({ code = "bad.credentials" })
    assert.equal(401, (get(token)))
    cause({ status = 500 })
    emulator:clear_requests()
    -- First within negative_ttl; then Genesys is asked, and fails.
    assert.is_true(system.wait_until(function()
      local status = get(token)
      assert.not_equal(200, status)
      return select(2, emulator:requests()) >= 3
    end))
    -- What Genesys said last counts: that the token is valid.
    emulator:clear_faults()
    assert.is_true(system.wait_until(function()
      return get(token) == 403
    end))
    cause({ status = 500 })
    assert.is_true(system.wait_until(function()
      return get(token) == 200
    end))
  end)

  -- The owner of a token can bring these about, and must not be let in.
  it("does not let pass what a token brings about", function()
    for _, fault in ipairs({
      { code = "bad.request" }, { code = "not.authorized" },
      { code = "not.found" }, { status = 429 }, { status = 401 },
      { status = 302, headers = { Location = "/" } },
    }) do
      cause(fault)
      local status, headers = get(emulator:issue())
      assert.equal(503, status, fixtures.literal(fault))
      assert.is_nil(headers["x-gctokens-unverified"])
    end
  end)

  it("does not let pass what comes when too many are asked for", function()
    cause({ delay = 60 })
    local pending = {}
    for i = 1, 2 do
      pending[i] = gateway:send("/who", bearer(emulator:issue()))
    end
    assert.is_true(system.wait_until(function()
      return select(2, emulator:requests()) == 2
    end))
    assert.equal(503, (get(token)))
    for i = 1, 2 do
      assert.equal(200, (pending[i]:receive()))
    end
  end)
end)
