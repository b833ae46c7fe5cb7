-- What the owner of one token can try: nothing that it brings about lets a
-- request through, or counts against the tokens of others.

local nginx = require("spec.support.nginx")
local guarded_nginx = require("spec.support.guarded_nginx")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local OPEN = "gctokens_guard_breaker_open"
local FAIL_OPEN = 'gctokens_guard_requests_total{outcome="fail_open"}'


-- An API that answers as the token says: a token is ANSWER-NAME. `seen` counts
-- the calls by token, and how many of them there were at a time.
local API = [[
  seen = {}
  local VALID = '{"organization":{"id":"a","name":"Example"}%s}'
  local json = { ["Content-Type"] = "application/json" }

  local function response(status, body, headers)
    for name, value in pairs(headers or json) do
      ngx.header[name] = value
    end
    ngx.status = status
    ngx.print(body)
  end

  local answers = {
    valid = function() response(200, VALID:format("")) end,
    slow = function() ngx.sleep(0.3) response(200, VALID:format("")) end,
    invalid = function()
      response(401, '{"code":"bad.credentials","status":401}')
    end,
    failing = function() response(500, "{}") end,
    large = function()
      local role = '{"roleId":"' .. ("r"):rep(96) .. '"}'
      response(200, VALID:format(
        ',"authorization":[' .. role .. ("," .. role):rep(700) .. "]"))
    end,
    deep = function()
      response(200, VALID:format(
        ',"a":' .. ("["):rep(5000) .. ("]"):rep(5000)))
    end,
    listed = function() response(200, "[" .. VALID:format("") .. "]") end,
    text = function() response(200, '"valid"') end,
    half = function() response(200, '{"organization":{"id":"a"') end,
    nameless = function() response(200, "{}") end,
    moved = function() response(302, "", { Location = "/elsewhere" }) end,
    labelled = function()
      response(200, "[]",
        { ["Content-Type"] = "Application/JSON;charset=utf-8" })
    end,
    portal = function()
      response(200, "<html>", { ["Content-Type"] = "text/html" })
    end,
  }

  function api()
    local token = ngx.var.http_authorization:match("Bearer (.*)")
    local at = seen[token] or { now = 0, most = 0, calls = 0, deleted = 0 }
    seen[token] = at
    at.now, at.calls = at.now + 1, at.calls + 1
    at.most = math.max(at.most, at.now)
    local asked = ngx.shared.becomes:get(token) or token:match("^%a+")
    if ngx.req.get_method() == "DELETE" then
      at.deleted = at.deleted + 1
      ngx.sleep(0.05)
      response(200, "")
    else
      answers[asked]()
    end
    at.now = at.now - 1
  end
]]

local API_SERVER = [[
  location /api/ { content_by_lua_block { api() } }
  location = /becomes {
    content_by_lua_block {
      ngx.shared.becomes:set(ngx.var.arg_token, ngx.var.arg_what)
    }
  }
  location = /seen {
    content_by_lua_block {
      local at = seen[ngx.var.arg_token]
      ngx.print(at.calls, " ", at.deleted, " ", at.most)
    }
  }
]]


describe("the owner of a token #once", function()
  local api, gateway

  setup(function()
    api = nginx.start({
      http = "lua_shared_dict becomes 1m; init_by_lua_block {" .. API .. "}",
      server = API_SERVER,
    })
  end)

  teardown(function()
    api:stop()
  end)

  after_each(function()
    gateway:stop()
  end)

  local function start(options, how)
    gateway = guarded_nginx.start(how, guarded_nginx.merged({
      base_url = api.url, ttl = 0.05, refresh_ahead = 0, error_ttl = 0.05,
      l1_ttl = 0.01,
    }, options))
  end

  local function become(token, what)
    api:get(("/becomes?token=%s&what=%s"):format(token, what))
  end

  -- What the API has counted of a token: calls, deletions, most at a time.
  local function calls_of(token)
    local calls, deleted, most = select(3, api:get("/seen?token=" .. token))
      :match("^(%d+) (%d+) (%d+)$")
    return tonumber(calls), tonumber(deleted), tonumber(most)
  end

  local function in_progress()
    return tonumber((select(3, gateway:get("/in_progress"))))
  end

  -- Sends requests with a new token each; status -> number of responses.
  local function statuses_of(count, what, path)
    return guarded_nginx.burst(gateway, count, path or "/who", function(i)
      return what .. "-" .. i
    end)
  end

  for _, what in ipairs({
    "large", "deep", "listed", "text", "half", "nameless", "moved", "labelled",
  }) do
    it("does not make Genesys fail with a TokenInfo of no use: " .. what,
      function()
        start({ fail_open = true, stale_if_error = 60 })
        assert.same({ [503] = 40 }, statuses_of(40, what))
        assert.equal(0, guarded_nginx.metric(gateway, OPEN))
        assert.equal(200, (gateway:get("/who", bearer("valid-b"))))
        -- Nor does a token that was valid go on being let through.
        local token = "valid-" .. what
        assert.equal(200, (gateway:get("/who", bearer(token))))
        become(token, what)
        assert.is_true(system.wait_until(function()
          return gateway:get("/who", bearer(token)) == 503
        end))
        assert.equal(503, (gateway:get("/who", bearer(token))))
      end)
  end

  it("is let through where another answers than Genesys, as documented",
    function()
      start({ fail_open = true, breaker = { min_calls = 4, window = 1000 } })
      for _, what in ipairs({ "portal", "failing" }) do
        assert.same({ [200] = 10 }, statuses_of(10, what))
      end
      assert.equal(1, guarded_nginx.metric(gateway, OPEN))
    end)

  it("does not make Genesys fail with a flood of them", function()
    start({ fail_open = true, max_connections = 8, ttl = 60 })
    for round = 1, 3 do
      local flood = statuses_of(120, "slow-" .. round)
      -- 6 calls at a time, 0.3 s each, within lookup_timeout.
      assert.is_true(flood[200] >= 6 and flood[200] <= 48, flood[200])
      assert.equal(120, flood[200] + flood[503])
      assert.equal(0, guarded_nginx.metric(gateway, FAIL_OPEN))
      assert.equal(0, guarded_nginx.metric(gateway, OPEN))
    end
    assert.equal(200, (gateway:get("/who", bearer("valid-c"))))
  end)

  -- An invalidation of its organization makes the guard ask again about a token
  -- that it knows to have been valid.
  it("does not keep a token waiting that was valid before", function()
    start({
      max_connections = 8, lookup_timeout = 3, max_concurrent_lookups = 100,
      ttl = 60,
    })
    assert.equal(200, (gateway:get("/who", bearer("valid-known"))))
    local pending = {}
    for i = 1, 120 do
      pending[i] = gateway:send("/who", bearer("slow-f" .. i))
    end
    assert.is_true(system.wait_until(function()
      return in_progress() > 80
    end))
    for calls = 2, 4 do
      gateway:get("/call?method=invalidate_organization&with=a")
      assert.equal(200, (gateway:get("/who", bearer("valid-known"))))
      assert.equal(calls, (calls_of("valid-known")))
    end
    assert.is_true(in_progress() > 20)
    for i = 1, 120 do
      pending[i]:receive()
    end
  end)

  it("cannot take all connections by revoking it, and need not wait for it",
    function()
      start({ max_connections = 8, ttl = 60 }, { workers = 4 })
      assert.equal(200, (gateway:get("/who", bearer("valid-r"))))
      local pending = {}
      for i = 1, 400 do
        pending[i] = gateway:send("/call?method=revoke&with=valid-r")
      end
      assert.equal(200, (gateway:get("/who", bearer("slow-r"))))
      for i = 1, 400 do
        assert.equal("true", (select(3, pending[i]:receive())))
      end
      local _, deleted, most = calls_of("valid-r")
      assert.equal(1, most)
      assert.is_true(deleted >= 1 and deleted <= 8, deleted)
      become("valid-r", "invalid")
      assert.equal(401, (gateway:get("/who", bearer("valid-r"))))
    end)

  it("is told, when revoking it has to wait for too many others", function()
    start({
      max_connections = 1, max_concurrent_lookups = 1, lookup_timeout = 0.4,
    })
    local pending = gateway:send("/who", bearer("slow-busy"))
    assert.is_true(system.wait_until(function()
      return in_progress() == 2
    end))
    local _, _, said = gateway:get("/call?method=revoke&with=valid-busy")
    assert.matches("^unavailable 503 1 could not revoke: too many",
      said)
    pending:receive()
  end)
end)


-- With a transport of the application's, which may raise.
describe("the guard's breaker #once", function()
  local gateway

  after_each(function()
    gateway:stop()
  end)

  local function start(breaker)
    gateway = guarded_nginx.start({
      http = "lua_shared_dict does 1m;",
      init = [[
        function transport(request)
          local what = ngx.shared.does:get("what")
          if what == "raises" then
            error("first\nsecond\rthird " .. request.headers.Authorization)
          elseif what == "fails" then
            return { status = 500, body = "{}" }
          end
          return { status = 200, body = '{"organization":{"id":"a"}}' }
        end
      ]],
      after = [[
        guard = require("gctokens.guard").new({
          region = "us-east-1", transport = transport, error_ttl = 0.01,
          breaker = ]] .. breaker .. [[,
        })
      ]],
      server = [[
        location = /do {
          content_by_lua_block { ngx.shared.does:set("what", ngx.var.arg_what) }
        }
        location = /breaker {
          content_by_lua_block {
            local breaker = guard.lookup.breaker
            local until_then = breaker.dict:get(breaker.until_key)
            ngx.print(until_then and "open" or "closed")
          }
        }
        location = /leave {
          content_by_lua_block {
            local ends = require("gctokens.guard.clock").now() + 1000
            ngx.shared.gctokens:set(guard.lookup.breaker.probe_key,
              ngx.var.arg_pid .. " 1 " .. ends)
          }
        }
      ]],
    }, { region = "us-east-1" })
  end

  local function ask(count, name)
    local last
    for i = 1, count do
      last = gateway:get("/who", bearer(name .. i))
    end
    return last
  end

  it("is not closed by a probe that raises, which is one line in the log",
    function()
      start("{ min_calls = 4, cooldown = 0.05, window = 1000 }")
      gateway:get("/do?what=fails")
      ask(4, "failing")
      assert.equal(1, guarded_nginx.metric(gateway, OPEN))
      gateway:get("/do?what=raises")
      assert.is_true(system.wait_until(function()
        ask(1, "raising")
        return gateway:log():find("first second third", 1, true)
      end))
      assert.is_nil(gateway:log():find("raising1", 1, true))
      assert.equal("open", (select(3, gateway:get("/breaker"))))
      for line in gateway:log():gmatch("[^\n]+") do
        assert.matches("^%d%d%d%d/%d%d/%d%d ", line)
      end
      -- The next call is a probe. It fails, and the breaker opens again.
      gateway:get("/do?what=fails")
      assert.equal(503, ask(1, "failing-again"))
      assert.equal(1, guarded_nginx.metric(gateway, OPEN))
    end)

  it("counts anew when it has closed", function()
    start("{ min_calls = 10, cooldown = 0.05, window = 1000 }")
    gateway:get("/do?what=fails")
    ask(10, "failing")
    assert.equal(1, guarded_nginx.metric(gateway, OPEN))
    gateway:get("/do?what=works")
    assert.is_true(system.wait_until(function()
      return ask(1, "working") == 200
    end))
    gateway:get("/do?what=fails")
    ask(5, "other")
    assert.equal(0, guarded_nginx.metric(gateway, OPEN))
  end)

  it("lets another probe when the worker that probes is killed", function()
    start("{ min_calls = 4, cooldown = 0.05, window = 1000 }")
    gateway:get("/do?what=fails")
    ask(4, "failing")
    gateway:get("/do?what=works")
    -- The lease of a process that has ended.
    gateway:get("/leave?pid=" .. system.run("sh -c 'echo $$'"):match("%d+"))
    assert.is_true(system.wait_until(function()
      return ask(1, "working") == 200
    end))
  end)
end)
