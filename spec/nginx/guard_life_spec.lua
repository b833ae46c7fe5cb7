-- The guard over time: how long it uses what it knows, and what becomes of that
-- when nginx reloads or ends.

local cjson = require("cjson")

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local PATH = "/api/v2/tokens/me"
local CALLS = 'gctokens_guard_api_calls_total{status="2xx"}'


local emulator, gateway, token

local function start(options, guard_options)
  gateway = guarded_nginx.start(options, guard_options)
end

local function get(key, path)
  return gateway:get(path or "/who", bearer(key or token))
end

local function total()
  return (select(2, emulator:requests()))
end

local function await(condition)
  assert.is_true(system.wait_until(condition))
end

local function await_requests(count)
  await(function()
    return total() >= count
  end)
end

-- Waits until nginx has read that many requests: it may drop those that it has
-- not.
local function await_in_progress(count)
  await(function()
    return tonumber((select(3, gateway:get("/in_progress")))) > count
  end)
end

local function call(method, argument)
  return select(3, gateway:get("/call?method=" .. method .. "&with="
    .. argument))
end


describe("what the guard knows #once", function()
  before_each(function()
    emulator = fixtures.emulator()
    token = emulator:issue()
  end)

  after_each(function()
    assert.equal("", gateway:stop())
  end)

  -- Workers may not be able to read what root could in init_by_lua, and a
  -- library that is replaced meanwhile would be half of each version.
  it("is found out without a file of the library that is read later", function()
    start({ init_worker = 'package.path, package.cpath = "", ""' })
    assert.equal(200, (get()))
    assert.equal(401, (get("dead")))
  end)

  it("is asked for again after ttl", function()
    start({}, { ttl = 0.2, refresh_ahead = 0, l1_ttl = 0.01 })
    assert.equal(200, (get()))
    emulator:clear_requests()
    emulator:advance(86400)
    await(function()
      return get() == 401
    end)
    assert.equal(1, total())
  end)

  -- dateTokenIdles -> how often Genesys is asked for five requests at
  -- 2026-11-23T21:00:00Z. A token whose time cannot be read is not stored.
  it("is not used past dateTokenIdles", function()
    start({}, { ttl = 3600, stale_if_error = 3600 })
    for idles, asked in pairs({
      ["2026-11-23T21:00:00.000Z"] = 5, -- at once
      ["2026-11-23T20:59:00.000Z"] = 5, -- already
      ["2026-11-23T20:59:00+0000"] = 5,
      ["2026-11-23T20:59:00+00:00"] = 5,
      ["2026-11-23T15:29:00-05:30"] = 5,
      ["2026-11-23t20:59:00z"] = 5,
      ["2026-11-23 20:59:00Z"] = 5,
      ["2026-11-23T20:59:00,5Z"] = 5,
      ["2026-11-23T24:00:00+14:00"] = 5,
      ["0001-01-01T00:00:00Z"] = 5,
      ["2026-11-23T21:01:00.000Z"] = 1,
      ["2026-11-23T21:01:00+0000"] = 1,
      ["2026-11-24t02:31:00,5+05:30"] = 1,
      ["2026-11-23 15:31:00-05:30"] = 1,
      ["2026-11-23T24:00:00Z"] = 1,
      ["2027-01-01T00:00:00Z"] = 1,
      ["9999-12-31T23:59:59Z"] = 1,
      ["soon"] = 5,
      [""] = 5,
      ["2027-01-01T00:00:00"] = 5,
      ["2027-02-30T00:00:00Z"] = 5,
      ["99999-01-01T00:00:00Z"] = 5,
      [1795467540] = 5,
      [1795467660000] = 5,
      [1e300] = 5,
      [true] = 5,
      [false] = 5,
      [{ "2027-01-01T00:00:00Z" }] = 5,
      [cjson.null] = 1,
    }) do
      local body = cjson.encode({
        organization = { id = "a" }, dateTokenIdles = idles,
      })
      token = emulator:issue()
      emulator:clear_requests()
      emulator:fault({
        path = PATH, count = asked, body = body,
        headers = { Date = "Mon, 23 Nov 2026 21:00:00 GMT" },
      })
      for _ = 1, 5 do
        assert.equal(200, (get()), body)
      end
      assert.equal(asked, total(), body)
      emulator:clear_faults()
    end
  end)

  it("ends at dateTokenIdles, however long ttl is", function()
    start({}, { ttl = 3600, stale_if_error = 3600 })
    for status, fault in pairs({
      [401] = { code = "bad.credentials" }, [503] = { status = 500 },
    }) do
      token = emulator:issue()
      emulator:fault({
        path = PATH,
        headers = { Date = "Mon, 23 Nov 2026 21:00:00 GMT" },
        body = '{"organization":{"id":"a"},'
          .. '"dateTokenIdles":"2026-11-23T21:00:00.300Z"}',
      })
      assert.equal(200, (get()))
      assert.equal(200, (get()))
      emulator:fault(guarded_nginx.merged(fault, { path = PATH, count = 1000 }))
      await(function()
        return get() == status
      end)
      emulator:clear_faults()
    end
    gateway:clear_log()
  end)

  it("is asked for ahead of its end, in the background", function()
    start({}, { ttl = 2, refresh_ahead = 1.5, l1_ttl = 0.01 })
    assert.equal(200, (get()))
    emulator:fault({ path = PATH, delay = 60 })
    await(function()
      local status, _, body = get()
      assert.equal(200, status)
      assert.matches(" l[12]$", body)
      return total() == 2
    end)
    assert.matches(" l[12]$", (select(3, get())))
    assert.equal(1, guarded_nginx.metric(gateway,
      "gctokens_guard_refreshes_total"))
  end)

  it("is that a token is invalid, for negative_ttl", function()
    start({}, { negative_ttl = 0.2 })
    local before
    await(function() -- on a busy machine two requests may take longer
      before = total()
      assert.equal(401, (get("soon")))
      assert.equal(401, (get("soon")))
      return total() <= before + 1
    end)
    before = total()
    emulator:issue({ access_token = "soon" })
    await(function()
      return get("soon") == 200
    end)
    assert.equal(before + 1, total())
  end)

  it("is not what a call says that an invalidation overtook", function()
    start({}, { l1_ttl = 0.01 })
    for _, invalidation in ipairs({
      { "invalidate", true }, { "flush" },
      { "invalidate_organization", "6e1ceecf-2ecd-40ad-829b-f9408038536c" },
    }) do
      token = emulator:issue()
      emulator:clear_requests()
      -- The first response is begun while the token is valid. Then it is not.
      emulator:fault({ path = PATH, delay = 0.3, then_process = true })
      emulator:fault({ path = PATH, code = "bad.credentials" })
      local pending = gateway:send("/who", bearer(token))
      await_requests(1)
      assert.equal("true", call(invalidation[1],
        invalidation[2] == true and token or invalidation[2] or ""))
      assert.equal(401, (pending:receive()))
      assert.equal(2, total())
      assert.equal(401, (get()))
    end
  end)

  -- Behind the guard's back.
  local function revoke_at_genesys()
    fixtures.client({ access_token = token }):delete_tokens_me()
  end

  -- Until all four workers have it in their own memory.
  local function warm_up_all()
    for _ = 1, 40 do
      assert.equal(200, (get()))
    end
  end

  it("is forgotten by all workers at once", function()
    start({ workers = 4 })
    local organization = fixtures.client():get_tokens_me().organization.id
    for method, argument in pairs({
      invalidate = true, invalidate_organization = organization, flush = "",
      revoke = true,
    }) do
      token = emulator:issue()
      warm_up_all()
      assert.equal("true",
        call(method, argument == true and token or argument))
      revoke_at_genesys()
      for _ = 1, 40 do
        assert.equal(401, (get()), method)
      end
    end
    assert.equal("invalid_token 401",
      call("check", token):match("^%S+ %S+"))
  end)

  it("is forgotten by all workers that one of them has found invalid",
    function()
      start({ workers = 4 }, { ttl = 2, refresh_ahead = 1, negative_ttl = 60 })
      warm_up_all()
      revoke_at_genesys()
      await(function()
        return get() == 401
      end)
      for _ = 1, 40 do
        assert.equal(401, (get()))
      end
    end)

  it("is forgotten by all workers when the dict is emptied", function()
    start({ workers = 4, server = [[
      location = /empty {
        content_by_lua_block { ngx.shared.gctokens:flush_all() }
      }
    ]] })
    warm_up_all()
    revoke_at_genesys()
    assert.equal(200, (gateway:get("/empty")))
    for _ = 1, 40 do
      assert.equal(401, (get()))
    end
  end)

  it("is no other guard's with another API", function()
    local other = fixtures.literal({
      base_url = emulator.https_url, ca_file = emulator.ca_file,
    })
    start({
      init = "other = require('gctokens.guard').new(" .. other .. ")",
      server = [[
        location = /other {
          access_by_lua_block { other:access() }
          content_by_lua_block { ngx.print(ngx.ctx.gctokens.cache) }
        }
      ]],
    })
    assert.equal(200, (get()))
    assert.equal("miss", (select(3, get(token, "/other"))))
    assert.equal(2, total())
    -- Nor does the other guard know that a token is invalid.
    assert.equal(401, (get("soon")))
    emulator:issue({ access_token = "soon" })
    assert.equal(200, (get("soon", "/other")))
    assert.equal(401, (get("soon")))
  end)
end)


describe("the guard in an nginx that #once", function()
  before_each(function()
    emulator = fixtures.emulator()
    token = emulator:issue()
  end)

  after_each(function()
    assert.equal("", gateway:stop())
  end)

  it("reloads answers all that is in flight, and knows what it knew",
    function()
      start({ workers = 2 })
      local known = emulator:issue()
      assert.equal(200, (get(known)))
      emulator:fault({ path = PATH, delay = 1 })
      local pending = {}
      for i = 1, 20 do
        pending[i] = gateway:send("/who", bearer(token))
      end
      await_requests(2)
      await_in_progress(20)
      gateway:reload()
      for i = 1, 20 do
        assert.equal(200, (pending[i]:receive()))
      end
      for _ = 1, 10 do
        assert.matches(" l[12]$", (select(3, get(known))))
        assert.matches(" l[12]$", (select(3, get(token))))
      end
      assert.equal(2, total())
      -- What the old workers have counted counts.
      await(function()
        return guarded_nginx.metric(gateway,
          'gctokens_guard_requests_total{outcome="allowed"}') == 41
      end)
      assert.equal(2, guarded_nginx.metric(gateway, CALLS))
    end)

  it("quits answers all that is in flight", function()
    start({ workers = 2 })
    emulator:fault({ path = PATH, delay = 1 })
    local pending = {}
    for i = 1, 20 do
      pending[i] = gateway:send("/who", bearer(token))
    end
    await_requests(1)
    await_in_progress(20)
    gateway:quit()
    for i = 1, 20 do
      assert.equal(200, (pending[i]:receive()))
    end
    gateway:wait_for_end()
  end)

  it("starts opens a connection for each worker, without a token", function()
    start({ workers = 2, init_worker = "guard:warm_up()" })
    await_requests(2)
    local connections = {}
    for _, request in ipairs((emulator:requests())) do
      assert.equal("HEAD", request.method)
      assert.is_nil(request.headers.authorization)
      connections[request.connection] = true
    end
    assert.equal(200, (get()))
    local requests = emulator:requests()
    assert.equal(3, #requests)
    assert.is_true(connections[requests[3].connection])
  end)

  it("warns, and starts, when that connection cannot be opened", function()
    start({ init_worker = "guard:warm_up()" }, {
      base_url = "http://127.0.0.1:1",
    })
    await(function()
      return gateway:log():find("warm_up", 1, true)
    end)
    gateway:clear_log()
  end)
end)
