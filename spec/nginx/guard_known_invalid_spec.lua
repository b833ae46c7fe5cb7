-- What the guard knows of invalid tokens, for `fail_open` above all. It is not
-- evicted by another token of the same bucket, by thousands of made-up tokens,
-- or by a reload.

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer

-- A transport in place of Genesys: tokens that begin with "good" are valid
-- until they are revoked. While it is down, it answers 500.
local INIT = [[
  function transport(request)
    local genesys = ngx.shared.genesys
    local token = request.headers.Authorization:match("^Bearer (.*)$")
    if genesys:get("down") then
      return { status = 500 }
    elseif not token:find("^good") or genesys:get(token) then
      return {
        status = 401, body = '{"code":"bad.credentials","status":401}',
        headers = { ["Content-Type"] = "application/json" },
      }
    elseif request.method == "DELETE" then
      genesys:set(token, "revoked")
      return { status = 200 }
    end
    return { status = 200, body = '{"organization":{"id":"a"}}' }
  end
]]

local GUARD = [[
  guard = require("gctokens.guard").new({
    region = "us-east-1", transport = transport, fail_open = true,
    breaker = false, negative_ttl = 0.01, error_ttl = 0.01, l1_ttl = 0.01,
    ttl = 3600, l1_bytes = 1024, negative_dict = %s,
  })
]]

local SERVER = [[
  location = /enter {
    access_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print("entered") }
  }

  # guard:METHOD(name .. i) for each i, and how many it said yes to.
  location = /each {
    content_by_lua_block {
      local count = 0
      for i = 1, ngx.var.arg_count do
        if guard[ngx.var.arg_method](guard, ngx.var.arg_name .. i) then
          count = count + 1
        end
      end
      ngx.print(count)
    }
  }

  location = /genesys {
    content_by_lua_block {
      ngx.shared.genesys:set("down", ngx.var.arg_is == "down" or nil)
    }
  }
  # What an application that has the same dict may do.
  location = /empty {
    content_by_lua_block {
      ngx.shared.gctokens:flush_all()
      ngx.shared.gctokens:flush_expired()
    }
  }
  location = /valid_again {
    content_by_lua_block { ngx.shared.genesys:delete(ngx.var.arg_token) }
  }

  # Tokens whose keys, as far as somebody outside can compute them, have the
  # same place as another token's: by four bytes of the key from the one that is
  # named, and by the number of places.
  location = /colliding {
    content_by_lua_block {
      local bearer = require("gctokens.guard.request.bearer")
      local prefix = bearer.key_prefix("https://api.mypurecloud.com", "")
      local function place(token)
        local a, b, c, d = bearer.key(prefix, bearer.of_token(token))
          :byte(ngx.var.arg_from, ngx.var.arg_from + 3)
        return (a + 256 * (b + 256 * (c + 256 * d))) % ngx.var.arg_places
      end
      local wanted, found, i = place(ngx.var.arg_token), 0, 0
      while found < tonumber(ngx.var.arg_count) do
        i = i + 1
        local token = "bad" .. ngx.var.arg_from .. "." .. i
        if place(token) == wanted then
          found = found + 1
          guard[ngx.var.arg_method](guard, token)
        end
      end
    }
  }
]]

local BIG, SMALL =
  "lua_shared_dict gctokens 10m;", "lua_shared_dict gctokens 512k;"
local OWN = "lua_shared_dict negative 512k;"


describe("that a token is invalid #once", function()
  local gateway

  after_each(function()
    gateway:stop()
  end)

  local function start(dict, workers, negative_dict)
    fixtures.emulator()
    gateway = guarded_nginx.start({
      dict = dict .. "lua_shared_dict genesys 1m;", workers = workers,
      init = INIT, server = SERVER,
      after = GUARD:format(negative_dict and '"negative"' or "nil"),
    })
  end

  local function each(method, name, count)
    local status, _, body = gateway:get(("/each?method=%s&name=%s&count=%d")
      :format(method, name, count))
    assert.equal(200, status)
    return tonumber(body)
  end

  -- Thousands of bad tokens, through all workers.
  local function flood(name, method)
    local pending = {}
    for i = 1, 10 do
      pending[i] = gateway:send(("/each?method=%s&name=%s&count=1000")
        :format(method or "check", name .. "." .. i .. "."))
    end
    for i = 1, 10 do
      assert.equal(200, (pending[i]:receive()))
    end
  end

  -- How many of the tokens pass while Genesys is down.
  local function pass(name, count, path)
    gateway:get("/genesys?is=down")
    local passed = 0
    for i = 1, count do
      local status = gateway:get(path or "/enter", bearer(name .. i))
      assert.is_true(status == 200 or status == 401 or status == 503)
      passed = passed + (status == 200 and 1 or 0)
    end
    gateway:get("/genesys?is=up")
    return passed
  end

  -- Waits until all workers follow what came before.
  local function await_valid(name, count)
    assert.is_true(system.wait_until(function()
      return each("check", name, count) == count
    end))
  end

  local function revoke(name, count)
    await_valid(name, count)
    assert.equal(count, each("revoke", name, count))
    assert.is_true(system.wait_until(function()
      return each("check", name, count) == 0
    end))
  end

  for _, method in ipairs({ "check", "invalidate", "revoke" }) do
    it("is not evicted by a token of the same bucket: " .. method, function()
      start(BIG)
      assert.equal(0, each("check", "invalid", 1))
      for from, places in pairs({ [1] = 10240, [5] = 1280 }) do
        gateway:get(("/colliding?token=dead1&from=%d&places=%d&count=8"
          .. "&method=%s"):format(from, places, method))
      end
      assert.equal(0, pass("invalid", 1))
    end)
  end

  it("is known of those that came last, and opens to none unknown", function()
    start(BIG)
    flood("bad")
    assert.equal(0, each("check", "late", 50))
    assert.equal(0, pass("late", 50))
    assert.equal(50, pass("unknown", 50))
  end)

  it("is not taken away by what fails while Genesys is down", function()
    start(BIG)
    assert.equal(0, each("check", "invalid", 50))
    gateway:get("/genesys?is=down")
    flood("odd")
    assert.equal(0, pass("invalid", 50))
  end)

  for _, workers in ipairs({ 1, 2 }) do
    for name, dicts in pairs({
      ["one dict"] = { BIG }, ["a small dict"] = { SMALL },
      ["a negative_dict"] = { SMALL .. OWN, true },
    }) do
      it(("by a revocation is not taken away by bad tokens: %d workers, %s")
        :format(workers, name), function()
          start(dicts[1], workers, dicts[2])
          revoke("good", 100)
          flood("bad")
          assert.equal(0, pass("good", 100))
          -- Nor by revoking what was not valid.
          flood("worse", "revoke")
          assert.equal(0, pass("good", 100))
          -- Nor by what fails while Genesys is down.
          gateway:get("/genesys?is=down")
          flood("odd")
          assert.equal(0, pass("good", 100))
        end)
    end
  end

  it("is not taken away by revoking or invalidating the token again",
    function()
      start(SMALL)
      revoke("good", 20)
      assert.equal(0, each("check", "invalid", 20))
      for _, name in ipairs({ "good", "invalid" }) do
        gateway:get("/genesys?is=down")
        assert.equal(0, each("revoke", name, 20))
        assert.equal(0, pass(name, 20))
        each("invalidate", name, 20)
        assert.equal(0, pass(name, 20))
        assert.equal(20, each("revoke", name, 20))
        assert.equal(0, pass(name, 20))
      end
      flood("bad")
      assert.equal(0, pass("good", 20))
    end)

  it("by a revocation is known to all guards of the dict, and after a reload "
    .. "with a negative_dict or without", function()
      fixtures.emulator()
      gateway = guarded_nginx.start({
        dict = SMALL .. OWN .. "lua_shared_dict genesys 1m;",
        init = INIT, server = SERVER .. [[
          location = /other {
            access_by_lua_block { other:access() }
            content_by_lua_block { ngx.print("entered") }
          }
        ]],
        after = GUARD:format("nil") .. "local one = guard"
          .. GUARD:format('"negative"') .. [[
            local file = io.open(ngx.config.prefix() .. "swap")
            other = one
            if file then
              file:close()
              guard, other = one, guard
            end
          ]],
      })
      revoke("good", 20)
      assert.equal(0, pass("good", 20))
      assert.equal(0, pass("good", 20, "/other"))
      system.write(gateway.directory .. "/swap", "")
      gateway:reload()
      assert.equal(0, pass("good", 20))
      assert.equal(0, pass("good", 20, "/other"))
    end)

  it("by a revocation is known over a reload", function()
    for _, dicts in ipairs({ { SMALL }, { SMALL .. OWN, true } }) do
      start(dicts[1], 2, dicts[2])
      revoke("good", 20)
      gateway:reload()
      assert.equal(0, pass("good", 20))
      gateway:reload()
      flood("bad")
      assert.equal(0, pass("good", 20))
      gateway:stop()
    end
  end)

  it("is known over a reload after the application has emptied another dict",
    function()
      start(SMALL .. OWN, 1, true)
      assert.equal(0, each("check", "invalid", 20))
      gateway:get("/empty")
      assert.equal(0, pass("invalid", 20))
      -- The worker puts back what it knows, as it does with counters.
      gateway:get("/metrics")
      gateway:reload()
      assert.equal(0, pass("invalid", 20))
    end)

  -- A dict of 512 KiB keeps 128.
  it("by a revocation is known of the latest, however many there are",
    function()
      start(SMALL)
      revoke("good.first.", 300)
      revoke("good.last.", 120)
      flood("bad")
      assert.equal(0, pass("good.last.", 120))
      -- They take a fixed part of the dict. The rest serves as before.
      assert.equal(100, each("check", "good.valid.", 100))
      assert.equal(0, each("check", "late", 20))
      assert.equal(0, pass("late", 20))
    end)

  it("by a revocation is known in a dict that valid tokens fill",
    function()
      for _, workers in ipairs({ 1, 2 }) do
        start(SMALL, workers)
        flood("good.before")
        revoke("good", 100)
        flood("bad")
        assert.equal(0, pass("good", 100))
        flood("good.after")
        assert.equal(0, pass("good", 100))
        gateway:reload()
        flood("good.last")
        assert.equal(0, pass("good", 100))
        gateway:stop()
      end
    end)

  it("is no longer so when Genesys says that it is valid", function()
    start(SMALL)
    revoke("good", 1)
    gateway:get("/valid_again?token=good1")
    await_valid("good", 1)
    each("invalidate", "good", 1)
    assert.equal(1, pass("good", 1))
    -- And is so again when it is revoked again.
    revoke("good", 1)
    flood("bad")
    assert.equal(0, pass("good", 1))
  end)
end)
