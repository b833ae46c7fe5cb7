-- The guard when the API is in trouble: what it answers, and that it recovers
-- when the API does. The specs' sockets time out if a request waits too long.

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local PATH = "/api/v2/tokens/me"
local ALWAYS = 1000000


-- Name, fault of emulator:fault, and:
--   status       of the guard's response (503)
--   retry_after  its Retry-After (1)
--   stale        with stale_if_error, what was last known is served: not where
--                the API itself has answered, as the token may be the reason
--   attempts     how often the API is asked at most (1); 3 where a kept
--                connection may have ended, as libcurl itself then repeats
local TROUBLES = {
  { "hangs", { delay = 60 }, stale = true },
  { "drips", { body = "{}", drip = 30 }, stale = true },
  { "resets the connection", { reset = true }, stale = true, attempts = 3 },
  { "resets it in the middle of the headers",
    { raw = "HTTP/1.1 200 OK\r\nContent-Len" }, stale = true, attempts = 3 },
  { "says nothing", { raw = "" }, stale = true, attempts = 3 },
  { "speaks another protocol", { raw = "220 mail ESMTP\r\n" }, stale = true,
    attempts = 3 },
  { "cuts the body", { cut = 20 }, stale = true, attempts = 3 },
  { "answers with a page",
    { body = "<html>Log in</html>", headers = { ["Content-Type"] =
      "text/html" } }, stale = true },
  { "answers with nothing", { status = 200 }, stale = true },
  { "answers with a page that it calls JSON",
    { body = "\n<html>Log in</html>" }, stale = true },
  { "answers with a list", { body = "[]" } },
  { "answers with half an object", { body = '{"organization":{"id":"a' } },
  { "names no organization", { body = '{"OAuthClient":{"id":"a"}}' } },
  { "names an organization that is none",
    { body = '{"organization":{"id":17}}' } },
  { "answers too much", { fill = 100000 } },
  { "answers with broken gzip",
    { body = "garbage", headers = { ["Content-Encoding"] = "gzip" } } },
  { "says that the token is invalid", { code = "bad.credentials" },
    status = 401 },
  { "says so in another way", { code = "authentication.required" },
    status = 401 },
  { "answers 401 with a page", { status = 401, body = "<html></html>" } },
  { "answers 401 with nothing", { status = 401 } },
  { "answers 401 without a code", { status = 401, body = '{"status":401}' } },
  { "answers 401 with a code that is none",
    { status = 401, body = '{"code":17,"status":401}' } },
  { "does not want the gateway's address",
    { status = 401, body = '{"code":"ip.not.authorized","status":401}' } },
  { "answers 400", { code = "bad.request" } },
  { "answers 403", { code = "not.authorized" } },
  { "answers 404", { code = "not.found" } },
  { "answers 408", { code = "client.timeout" }, attempts = 2 },
  { "answers 429", { status = 429 }, attempts = 2 },
  { "answers 429 with Retry-After",
    { status = 429, headers = { ["Retry-After"] = "7" } }, retry_after = 7 },
  { "answers 500", { code = "internal.server.error" }, stale = true },
  { "answers 500 with too much", { status = 500, fill = 100000 },
    stale = true },
  { "answers 502", { status = 502, body = "<html></html>" }, stale = true,
    attempts = 2 },
  { "answers 503 with Retry-After",
    { status = 503, headers = { ["Retry-After"] = "9" } }, stale = true,
    retry_after = 9 },
  { "answers 504", { code = "request.timeout" }, stale = true, attempts = 2 },
  { "sends us elsewhere",
    { status = 302, headers = { Location = "@URL@/elsewhere" } } },
}


local OPTIONS = {
  lookup_timeout = 0.5,
  connect_timeout = 0.4,
  ttl = 0.05,
  refresh_ahead = 0,
  negative_ttl = 0.05,
  error_ttl = 0.05,
  l1_ttl = 0.01,
  breaker = false,
}


describe("the guard in trouble #once", function()
  local emulator, gateways, token

  setup(function()
    emulator = fixtures.emulator()
    gateways = {}
    for name, seconds in pairs({ strict = 0, lenient = 60 }) do
      gateways[name] = guarded_nginx.start({}, guarded_nginx.merged(OPTIONS, {
        stale_if_error = seconds,
      }))
    end
  end)

  teardown(function()
    for _, gateway in pairs(gateways) do
      gateway:stop()
    end
  end)

  before_each(function()
    emulator:reset()
    for _, gateway in pairs(gateways) do
      gateway:clear_log()
    end
    token = emulator:issue({ user = "agent" })
  end)

  -- No Lua error is logged, and no token.
  after_each(function()
    for _, gateway in pairs(gateways) do
      for line in gateway:log():gmatch("[^\n]+") do
        assert.matches("gctokens%.guard: could not verify token %x+: ", line)
        assert.is_nil(line:find(token, 1, true))
      end
    end
  end)

  local function cause(fault)
    fault = guarded_nginx.merged(fault, { path = PATH, count = ALWAYS })
    if fault.headers and fault.headers.Location then
      fault.headers = { Location = fault.headers.Location:gsub("@URL@",
        emulator.http_url) }
    end
    emulator:fault(fault)
  end

  local function assert_turned_away(trouble, status, headers, body)
    assert.equal(trouble.status or 503, status)
    assert.equal("no-store", headers["cache-control"])
    assert.equal("application/json", headers["content-type"])
    if trouble.status then
      assert.matches('error="invalid_token"', headers["www-authenticate"])
      assert.matches('"error":"invalid_token"', body)
      return
    end
    assert.is_nil(headers["www-authenticate"])
    assert.matches('"error":"temporarily_unavailable"', body)
    local seconds = assert(tonumber(headers["retry-after"]))
    assert.equal(math.max(1, trouble.retry_after or 1), seconds)
  end

  local function assert_recovers(gateway)
    assert.is_true(system.wait_until(function()
      return gateway:get("/who", bearer(token)) == 200
    end))
  end

  -- The first response that is not of a fresh record.
  local function get_past_ttl(gateway)
    local status, headers, body
    assert.is_true(system.wait_until(function()
      status, headers, body = gateway:get("/who", bearer(token))
      return not (status == 200 and body:find(" l[12]$"))
    end))
    return status, headers, body
  end

  for _, trouble in ipairs(TROUBLES) do
    it("turns a new token away when the API " .. trouble[1], function()
      cause(trouble[2])
      assert_turned_away(trouble,
        gateways.strict:get("/who", bearer(token)))
      local requests, total = emulator:requests()
      assert.is_true(total >= 1 and total <= (trouble.attempts or 1), total)
      for _, request in ipairs(requests) do
        assert.equal(PATH .. "?preserveIdleTTL=true", request.uri)
      end
      emulator:clear_faults()
      assert_recovers(gateways.strict)
    end)

    it("turns one past its ttl away when the API " .. trouble[1], function()
      assert.equal(200, (gateways.strict:get("/who", bearer(token))))
      cause(trouble[2])
      assert_turned_away(trouble, get_past_ttl(gateways.strict))
      emulator:clear_faults()
      assert_recovers(gateways.strict)
    end)

    it((trouble.stale and "serves" or "does not serve")
      .. " what it knew when the API " .. trouble[1], function()
      assert.equal(200, (gateways.lenient:get("/who", bearer(token))))
      cause(trouble[2])
      local status, headers, body = get_past_ttl(gateways.lenient)
      if trouble.stale then
        assert.equal(200, status)
        assert.equal("Example Insurance stale stale", body)
      else
        assert_turned_away(trouble, status, headers, body)
      end
      emulator:clear_faults()
      assert_recovers(gateways.lenient)
    end)
  end

  it("recovers when the API was not there at all", function()
    token = emulator.tokens.agent -- which there is after a start
    for _, name in ipairs({ "strict", "lenient" }) do
      assert.equal(200, (gateways[name]:get("/who", bearer(token))))
    end
    emulator:down()
    assert_turned_away({}, gateways.strict:get("/who",
      bearer(emulator.tokens.admin)))
    assert_turned_away({}, get_past_ttl(gateways.strict))
    assert.equal("Example Insurance stale stale",
      select(3, get_past_ttl(gateways.lenient)))
    emulator:up()
    for _, gateway in pairs(gateways) do
      assert_recovers(gateway)
    end
  end)

  it("never serves an invalid token, however little is known of it", function()
    assert.equal(200, (gateways.lenient:get("/who", bearer(token))))
    cause({ code = "bad.credentials" })
    assert.equal(401, (get_past_ttl(gateways.lenient)))
    emulator:clear_faults()
    cause({ status = 503 })
    for _ = 1, 20 do
      assert.not_equal(200, (gateways.lenient:get("/who", bearer(token))))
    end
    assert.is_true(system.wait_until(function()
      return gateways.lenient:get("/who", bearer(token)) == 503
    end))
  end)
end)


describe("the guard and certificates #once", function()
  local emulator, gateway

  setup(function()
    emulator = fixtures.emulator()
    local guards = {}
    for name, url in pairs({
      right = emulator.https_url, expired = emulator.expired_url,
      wrong_host = emulator.wrong_host_url, foreign = emulator.foreign_url,
    }) do
      guards[name] = { base_url = url, ca_file = emulator.ca_file }
    end
    gateway = guarded_nginx.start({
      init = "guards = " .. fixtures.literal(guards) .. [[
        for name, options in pairs(guards) do
          guards[name] = require("gctokens.guard").new(options)
        end
      ]],
      server = [[
        location = /tls {
          access_by_lua_block { guards[ngx.var.arg_guard]:access() }
          content_by_lua_block { ngx.print("passed") }
        }
      ]],
    })
  end)

  teardown(function()
    gateway:stop()
  end)

  for _, name in ipairs({ "expired", "wrong_host", "foreign" }) do
    it("does not send a token to one that is " .. name, function()
      local token = bearer(emulator:issue())
      assert.equal(200, (gateway:get("/tls?guard=right", token)))
      emulator:clear_requests()
      local status, headers = gateway:get("/tls?guard=" .. name, token)
      assert.equal(503, status)
      assert.equal("1", headers["retry-after"])
      assert.equal(0, (select(2, emulator:requests())))
      -- The guards share a dict, but what one knows, no other API's does.
      assert.equal(200, (gateway:get("/tls?guard=right", token)))
      assert.equal(200, (gateway:get("/who", token)))
      assert.equal(1, (select(2, emulator:requests())))
      assert.matches("certificate", gateway:log())
    end)
  end
end)
