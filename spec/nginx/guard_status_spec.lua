-- guard:status(): what it answers, and to whom; and that what it shows is in
-- shared memory, bounded, and without tokens.

local cjson = require("cjson")
local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local PATH = "/api/v2/tokens/me"

local SERVER = [[
  location = /status {
    content_by_lua_block { guard:status() }
  }
  location = /closed {
    deny all;
    content_by_lua_block { guard:status() }
  }
  location = /in_access {
    access_by_lua_block { guard:status() }
    content_by_lua_block { ngx.print("passed") }
  }
  location = /text_in_access {
    access_by_lua_block { ngx.ctx.text = guard:metrics_text() }
    content_by_lua_block { ngx.print(ngx.ctx.text) }
  }
  location = /text_in_log {
    content_by_lua_block { ngx.print("passed") }
    log_by_lua_block { guard:metrics_text() }
  }

  # The sizes of what the dict holds for this page: "KEY BYTES".
  location = /kept {
    content_by_lua_block {
      local dict = ngx.shared.gctokens
      for _, key in ipairs(dict:get_keys(0)) do
        if key:find("^h") then
          ngx.say(key, " ", #tostring(dict:get(key)))
        end
      end
    }
  }
  # Records, as many as asked for.
  location = /records {
    content_by_lua_block {
      local dict = ngx.shared.gctokens
      for i = 1, ngx.var.arg_count do
        dict:set("p" .. ("%032d"):format(i), ("x"):rep(150))
      end
    }
  }
  location = /damage {
    content_by_lua_block {
      local dict = ngx.shared.gctokens
      for _, key in ipairs(dict:get_keys(0)) do
        if key:find("^h") then
          dict:set(key, ngx.unescape_uri(ngx.var.arg_with))
        end
      end
    }
  }
  location = /forget {
    content_by_lua_block { ngx.shared.gctokens:flush_all() }
  }
]]


describe("the guard's status #once", function()
  local emulator, gateway

  before_each(function()
    emulator = fixtures.emulator()
  end)

  after_each(function()
    gateway:stop()
  end)

  local function start(options, guard_options)
    gateway = guarded_nginx.start(guarded_nginx.merged({
      server = SERVER,
    }, options or {}), guard_options)
  end

  local function get(token, path)
    return (gateway:get(path or "/who", token and bearer(token)))
  end

  local function facts()
    local status, headers, body = gateway:get("/status?format=json")
    assert.equal(200, status, body)
    assert.equal("application/json", headers["content-type"])
    return cjson.decode(body)
  end

  local function count_of(list, name)
    for _, entry in ipairs(list) do
      if entry.name == name then
        return entry.count
      end
    end
  end

  -- Waits until so many requests have ended so.
  local function await(name, expected)
    local count
    system.wait_until(function()
      count = count_of(facts().requests.outcomes, name)
      return count == expected
    end)
    assert.equal(expected, count, name)
  end

  it("is a page, or the same as JSON", function()
    start()
    get(emulator.tokens.agent)
    local status, headers, body = gateway:get("/status")
    assert.equal(200, status)
    assert.equal("text/html; charset=utf-8", headers["content-type"])
    assert.matches("^<!doctype html>", body)
    assert.equal(200, (gateway:get("/status?format=html")))
    local json = facts()
    assert.equal(1, json.requests.total)
    assert.equal(1, count_of(json.requests.outcomes, "allowed"))
    assert.equal(1, count_of(json.lookups.layers, "miss"))
    assert.equal(1, count_of(json.calls.classes, "2xx"))
    assert.equal(emulator.http_url, json.api)
    assert.equal(require("gctokens")._VERSION, json.version)
  end)

  it("can be read with HEAD, and with nothing but GET and HEAD", function()
    start()
    local status, headers, body =
      gateway:request({ method = "HEAD", path = "/status" })
    assert.equal(200, status)
    assert.equal("text/html; charset=utf-8", headers["content-type"])
    assert.equal("", body)
    status, headers = gateway:request({ method = "POST", path = "/status" })
    assert.equal(405, status)
    assert.equal("GET, HEAD", headers.allow)
  end)

  it("says what is wrong with a query", function()
    start()
    for _, query in ipairs({
      "format=xml", "format=", "format", "format=json&format=html",
      "format=%3Cscript%3E",
    }) do
      local status, headers, body = gateway:get("/status?" .. query)
      assert.equal(400, status, query)
      assert.equal("text/plain", headers["content-type"])
      assert.equal("format must be html or json\n", body)
    end
    local status, _, body = gateway:get("/status?refresh=1")
    assert.equal(400, status)
    assert.equal("refresh may be off only\n", body)
    assert.equal(200, (gateway:get("/status?refresh=off&other=1")))
  end)

  it("is kept by nobody, framed by nobody, and loads nothing", function()
    start()
    local nonces = {}
    for _ = 1, 3 do
      local _, headers, body = gateway:get("/status")
      assert.equal("no-store", headers["cache-control"])
      assert.equal("nosniff", headers["x-content-type-options"])
      assert.equal("no-referrer", headers["referrer-policy"])
      local policy = headers["content-security-policy"]
      local nonce = policy:match("style%-src 'nonce%-(%x+)'")
      assert.matches("^default%-src 'none'; ", policy)
      assert.matches("frame%-ancestors 'none'", policy)
      assert.is_nil(policy:find("unsafe", 1, true))
      assert.truthy(body:find('<style nonce="' .. nonce .. '">', 1, true))
      assert.equal(24, #nonce)
      assert.is_nil(nonces[nonce])
      nonces[nonce] = true
    end
    local _, headers = gateway:get("/status?format=json")
    assert.matches("^default%-src 'none'", headers["content-security-policy"])
  end)

  it("is for those whom the location lets in", function()
    start()
    assert.equal(403, (gateway:get("/closed")))
  end)

  it("is for the content phase", function()
    start()
    assert.equal(500, (gateway:get("/in_access")))
    assert.matches("guard:status cannot be called in nginx's access phase",
      gateway:log())
  end)

  it("counts what all workers have let through and turned away", function()
    start({ workers = 4 })
    for _ = 1, 20 do
      get(emulator.tokens.agent)
      get("invalid")
      get()
    end
    for _, name in ipairs({ "allowed", "invalid_token", "missing" }) do
      await(name, 20)
    end
  end)

  it("survives a reload", function()
    start({ workers = 2 })
    for _ = 1, 10 do
      get(emulator.tokens.agent)
      get()
    end
    await("missing", 10)
    gateway:reload()
    await("missing", 10)
    await("allowed", 10)
    assert.equal(10, #facts().refusals)
    get()
    await("missing", 11)
  end)

  it("names the latest ten refusals, and no token", function()
    start({}, { fail_open = true })
    emulator:fault({ path = PATH, status = 500 })
    get("passes-by-fail-open")
    get("a b")
    get()
    for i = 1, 9 do
      get("invalid" .. i)
    end
    local refusals = facts().refusals
    assert.equal(10, #refusals)
    assert.equal("missing", refusals[10].reason)
    assert.is_nil(refusals[10].token)
    local tokens, last = {}, 0
    for i = 1, 9 do
      local refusal = refusals[i]
      assert.equal("invalid_token", refusal.reason)
      assert.matches("^%x%x%x%x%x%x%x%x$", refusal.token)
      assert.is_nil(tokens[refusal.token])
      tokens[refusal.token] = true
      assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", refusal.time)
      assert.is_true(refusal.age >= last)
      last = refusal.age
    end
  end)

  it("names tokens as the log does", function()
    start()
    emulator:fault({ path = PATH, status = 500 })
    get("unlucky")
    local token = gateway:log():match("could not verify token (%x+)")
    assert.equal(token, facts().refusals[1].token)
  end)

  it("holds no token and no identity", function()
    start()
    local tokens = { emulator.tokens.agent, emulator.tokens.client, "invalid1" }
    for _, token in ipairs(tokens) do
      get(token)
      get(token, "/kept_policy")
    end
    get("not a token")
    local all = select(3, gateway:get("/status"))
      .. select(3, gateway:get("/status?format=json"))
    for _, secret in ipairs({
      tokens[1], tokens[2], tokens[3], "not a token", "Example Insurance",
      emulator.users.agent,
    }) do
      assert.is_nil(all:find(secret, 1, true), secret)
    end
  end)

  it("takes a small and fixed part of the dict, whatever floods come",
    function()
      start({ workers = 2 })
      for round = 1, 3 do
        for i = 1, 300 do
          get("flood" .. round .. i % 7)
        end
        get()
      end
      await("missing", 3)
      local entries, bytes = 0, 0
      for key, size in select(3, gateway:get("/kept"))
        :gmatch("(h%w+) (%d+)\n") do
        entries = entries + 1
        -- nginx rounds up to a power of two.
        bytes = bytes + 2 ^ math.ceil(math.log(68 + #key + size) / math.log(2))
      end
      assert.is_true(entries >= 13 and entries <= 42 + 11, entries)
      assert.is_true(bytes <= 16384, bytes)
      assert.equal(10, #facts().refusals)
    end)

  it("is not evicted by tokens", function()
    start({ dict = "lua_shared_dict gctokens 512k;" }, { breaker = false })
    for _ = 1, 10 do
      get()
    end
    await("missing", 10)
    local before = facts()
    gateway:get("/records?count=1500") -- nearly full
    for _ = 1, 1500 do
      get(emulator:issue())
    end
    await("allowed", 1500)
    local after = facts()
    assert.is_true(after.dict.evictions > 0)
    assert.equal(10, count_of(after.requests.outcomes, "missing"))
    assert.equal(10, #after.refusals)
    for i, refusal in ipairs(after.refusals) do
      assert.equal("missing", refusal.reason)
      assert.is_true(refusal.age >= before.refusals[i].age)
    end
  end)

  it("says when the circuit breaker is open", function()
    start({}, {
      breaker = { min_calls = 3, cooldown = 20 }, error_ttl = 0.01,
    })
    assert.equal("ok", facts().state)
    assert.is_false(facts().breaker.open)
    emulator:fault({ path = PATH, status = 500, count = 1000 })
    get("first")
    assert.equal("degraded", facts().state)
    for i = 1, 3 do
      get("other" .. i)
    end
    local json = facts()
    assert.equal("breaker_open", json.state)
    assert.is_true(json.breaker.open)
    assert.is_true(json.breaker.retry_after > 10)
    assert.matches("next call in %d+ s", select(3, gateway:get("/status")))
  end)

  it("counts the tokens that are known, and estimates many", function()
    start()
    assert.equal(0, facts().dict.tokens)
    get(emulator.tokens.agent)
    get("invalid")
    local dict = facts().dict
    assert.equal(1, dict.tokens)
    assert.is_false(dict.tokens_are_estimated)
    gateway:get("/records?count=20000")
    dict = facts().dict
    assert.is_true(dict.tokens_are_estimated)
    assert.is_true(dict.tokens > 16000 and dict.tokens < 24000, dict.tokens)
    assert.is_true(dict.free_bytes < dict.capacity_bytes * 0.6)
  end)

  it("does without what an application has damaged or removed", function()
    start()
    for _, text in ipairs({
      "", "x", "1%202%203", ("%00"):rep(136), ("%ff"):rep(136),
      "1.5%20allowed%20-", "%3Cscript%3E%20%3Cb%3E%20-", "1e9%20missing%20-",
      "99999999999.1%20missing%20-",
    }) do
      get()
      facts()
      gateway:get("/damage?with=" .. text)
      local json = facts()
      assert.is_true(#json.refusals <= 10)
      local status, _, body = gateway:get("/status")
      assert.equal(200, status)
      assert.is_nil(body:find("<script", 1, true))
      assert.is_nil(body:find("<b>", 1, true))
    end
    gateway:get("/forget")
    assert.is_true(facts().requests.total >= 0)
    assert.equal("", gateway:log())
  end)
end)


describe("guard:metrics_text #once", function()
  local gateway

  setup(function()
    fixtures.emulator()
    gateway = guarded_nginx.start({ server = SERVER })
  end)

  teardown(function()
    gateway:stop()
  end)

  it("is what guard:metrics answers, in any phase that can wait", function()
    local function names_of(path)
      local status, _, text = gateway:get(path)
      assert.equal(200, status)
      return (text:gsub(" [%d.]+\n", "\n"))
    end
    assert.matches("^# HELP gctokens_guard_", names_of("/text_in_access"))
    assert.equal(names_of("/metrics"), names_of("/text_in_access"))
  end)

  it("cannot be had where Lua cannot wait", function()
    gateway:get("/text_in_log")
    assert.is_true(system.wait_until(function()
      return gateway:log():find(
        "guard:metrics_text cannot be called in nginx's log phase", 1, true)
    end))
  end)
end)
