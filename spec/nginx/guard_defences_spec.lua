-- What must not weaken the guard: mistakes in its configuration, transports
-- that fail in odd ways, responses that come too late.

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer


describe("the guard #once", function()
  local emulator, gateway

  before_each(function()
    emulator = fixtures.emulator()
    gateway = nil
  end)

  after_each(function()
    if gateway then
      gateway:stop()
    end
  end)

  -- What Lua code raises that uses `guard` in the content phase.
  local function raised(code)
    gateway = guarded_nginx.start({ server = ([[
      location = /try {
        content_by_lua_block {
          local ok, message = pcall(function() %s end)
          ngx.print(ok and "nothing" or message)
        }
      }
    ]]):format(code) })
    return select(3, gateway:get("/try", bearer(emulator.tokens.agent)))
  end

  it("refuses a list in a policy that has a hole", function()
    for _, list in ipairs({
      '{ "organization:readonly", nil, "never" }',
      '{ nil, "never" }', '{ [0] = "never", "organization:readonly" }',
      '{ "organization:readonly", [2.5] = "never" }',
    }) do
      assert.matches('option "scopes" must be',
        raised("guard:access({ scopes = " .. list .. " })"))
      gateway:stop()
    end
  end)

  it("keeps a policy as it was made, whatever becomes of its list", function()
    gateway = guarded_nginx.start({ server = [[
      location = /kept {
        access_by_lua_block {
          local list = { "never" }
          local kept = guard:policy({ scopes = list })
          table.remove(list)
          guard:access(kept)
        }
        content_by_lua_block { ngx.print("passed") }
      }
    ]] })
    assert.equal(403,
      (gateway:get("/kept", bearer(emulator.tokens.agent))))
  end)

  it("forgets policies that nobody has any more", function()
    gateway = guarded_nginx.start({ server = [[
      location = /new_policy {
        access_by_lua_block {
          guard:access(guard:policy({ scopes = "organization:readonly" }))
        }
        content_by_lua_block {
          collectgarbage()
          local count = 0
          for _ in pairs(guard.cache.l1.verdicts[1].allowed_by) do
            count = count + 1
          end
          ngx.print(count)
        }
      }
    ]] })
    for _ = 1, 20 do
      local status, _, count =
        gateway:get("/new_policy", bearer(emulator.tokens.agent))
      assert.equal(200, status)
      assert.is_true(tonumber(count) <= 2, count)
    end
  end)

  it("takes no list in a policy from a metatable", function()
    for _, option in ipairs({ "scopes", "organizations", "token" }) do
      local message = raised(([[
        guard:policy({
          %s = setmetatable({ name = "x" }, { __index = { "query:a" } }),
        })
      ]]):format(option))
      assert.matches('guard:policy: option "' .. option, message, 1, true)
      gateway:stop()
    end
  end)

  it("takes no options from a metatable", function()
    gateway = guarded_nginx.start({ server = [[
      location = /meta {
        access_by_lua_block {
          guard:access(setmetatable({}, { __index = { scopes = "never" } }))
        }
        content_by_lua_block { ngx.print("passed") }
      }
    ]] })
    assert.equal(200, (gateway:get("/meta", bearer(emulator.tokens.agent))))
  end)

  it("raises when a misspelt variable stands for a token", function()
    assert.matches("guard:check: the token must be a string, got nil",
      raised("guard:check(tokne)"))
  end)

  it("shows of itself where it asks, and no more", function()
    assert.matches("^gctokens.guard %(http://127.0.0.1:%d+%)$",
      raised("error(tostring(guard), 0)"))
  end)

  it("asks anew for what is damaged in the shared dict", function()
    gateway = guarded_nginx.start({ server = [[
      location = /damage {
        content_by_lua_block {
          local dict = ngx.shared.gctokens
          for _, key in ipairs(dict:get_keys(0)) do
            local value = dict:get(key)
            if type(value) == "string" then
              -- A negative entry begins with its token's key.
              dict:set(key, value:sub(1, ngx.var.arg_kept))
            end
          end
          ngx.print("damaged")
        }
      }
    ]] }, { l1_ttl = 0.01 })
    for _, kept in ipairs({ 0, 1, 32, 33, 40 }) do
      local before = select(2, emulator:requests())
      gateway:get("/damage?kept=" .. kept)
      assert(system.wait_until(function()
        assert.equal(200,
          (gateway:get("/guarded", bearer(emulator.tokens.agent))))
        assert.equal(401, (gateway:get("/guarded", bearer("invalid"))))
        return select(2, emulator:requests()) == before + 2
      end))
    end
    assert.equal("", gateway:log())
  end)

  it("raises when a misspelt variable stands for the policy", function()
    assert.matches("must be a table, got nil", raised("guard:access(raeders)"))
    gateway:stop()
    assert.matches("must be a table, got nil",
      raised("guard:check('token', raeders)"))
  end)

  it("raises where nothing can wait, at once", function()
    gateway = guarded_nginx.start({ server = [[
      location = /late {
        header_filter_by_lua_block {
          late = ""
          for _, name in ipairs({ "check", "revoke" }) do
            late = late .. select(2, pcall(guard[name], guard, "token")) .. "\n"
          end
        }
        return 200;
      }
      location = /said { content_by_lua_block { ngx.print(late) } }
    ]] })
    gateway:get("/late")
    local _, _, said = gateway:get("/said")
    assert.matches("guard:check cannot be called in nginx's header_filter",
      said)
    assert.matches("guard:revoke cannot be called in nginx's header_filter",
      said)
  end)

  it("says whether a warm-up was started", function()
    gateway = guarded_nginx.start({
      server = "location = /warm { content_by_lua_block {"
        .. "ngx.print(tostring(guard:warm_up())) } }",
    })
    assert.equal("true", (select(3, gateway:get("/warm"))))
  end)

  it("answers when a transport raises, and does not show what that says",
    function()
      gateway = guarded_nginx.start({ workers = 2, init = [[
        function transport(request)
          if ngx.shared.gctokens:get("raise") == "text" then
            error("boom " .. request.headers.Authorization)
          end
          error({})
        end
      ]], server = [[
        location = /own {
          access_by_lua_block { own:access() }
          content_by_lua_block { ngx.print("passed") }
        }
        location = /raise_text {
          content_by_lua_block { ngx.shared.gctokens:set("raise", "text") }
        }
      ]], after = [[
        own = require("gctokens.guard").new({
          region = "us-east-1", transport = transport, fail_open = true,
          error_ttl = 0.01,
        })
      ]] })
      for _ = 1, 6 do
        assert.equal(503,
          (gateway:get("/own", bearer(emulator.tokens.agent))))
      end
      gateway:get("/raise_text")
      for _ = 1, 6 do
        assert.equal(503,
          (gateway:get("/own", bearer(emulator.tokens.admin))))
      end
      assert.is_nil(gateway:log():find(emulator.tokens.admin, 1, true))
      assert.is_nil(gateway:log():find("access_by_lua", 1, true))
    end)

  it("does not bring a revoked token back, however late the answer is",
    function()
      gateway = guarded_nginx.start({ init = [[
        function transport(request)
          if request.method == "DELETE" then
            return { status = 200 }
          end
          ngx.sleep(0.5)
          ngx.shared.gctokens:incr("finished", 1, 0)
          return { status = 200, body = '{"organization":{"id":"a"}}' }
        end
      ]], after = [[
        guard = require("gctokens.guard").new({
          region = "us-east-1", transport = transport, lookup_timeout = 0.2,
          l1_ttl = 0.01,
        })
        -- no lookup is believed that took longer
        guard.cache.marks.longest_lookup = 0.3
      ]] })
      local token = bearer(emulator.tokens.agent)
      assert.equal(503, (gateway:get("/who", token)))
      gateway:get("/call?method=revoke&with=" .. emulator.tokens.agent)
      assert(system.wait_until(function()
        return (select(3, gateway:get("/memory"))):find("finished 1", 1, true)
      end))
      for _ = 1, 3 do
        assert.equal(401, (gateway:get("/who", token)))
      end
    end)

  it("does not bring one back when other invalidations fill the dict",
    function()
      gateway = guarded_nginx.start({
        dict = "lua_shared_dict gctokens 512k; lua_shared_dict calls 1m;",
        init = [[
          function transport()
            if ngx.shared.calls:incr("count", 1, 0) > 1 then
              return { status = 401, body = '{"code":"bad.credentials"}' }
            end
            while not ngx.shared.calls:get("go") do
              ngx.sleep(0.001)
            end
            return { status = 200, body = '{"organization":{"id":"a"}}' }
          end
        ]], after = [[
          guard = require("gctokens.guard").new({
            region = "us-east-1", transport = transport, lookup_timeout = 30,
          })
        ]], server = [[
          location = /fill {
            content_by_lua_block {
              guard:invalidate(ngx.var.arg_token)
              for i = 1, 20000 do
                guard:invalidate_organization("organization " .. i)
              end
              ngx.shared.calls:set("go", true)
            }
          }
          location = /calls {
            content_by_lua_block { ngx.print(ngx.shared.calls:get("count")) }
          }
        ]],
      })
      local pending = gateway:send("/who", bearer("token"))
      assert(system.wait_until(function()
        return select(3, gateway:get("/calls")) == "1"
      end))
      gateway:get("/fill?token=token")
      assert.equal(401, (pending:receive()))
    end)

  it("ends a revocation within its lookup_timeout", function()
    gateway = guarded_nginx.start({}, { lookup_timeout = 0.3 })
    emulator:fault({ delay = 60, count = 10 })
    local _, _, said = gateway:get("/call?method=revoke&with=token")
    assert.matches("^timeout ", said)
  end)

  it("keeps negative entries in a dict of their own", function()
    gateway = guarded_nginx.start({
      dict = "lua_shared_dict gctokens 1m; lua_shared_dict negative 1m;",
      server = [[
        location = /negative {
          content_by_lua_block {
            ngx.print(#ngx.shared.negative:get_keys(0))
          }
        }
      ]],
    }, { negative_dict = "negative" })
    assert.equal(401, (gateway:get("/who", bearer("invalid"))))
    assert.equal("1", (select(3, gateway:get("/negative"))))
    local _, before = emulator:requests()
    assert.equal(401, (gateway:get("/who", bearer("invalid"))))
    assert.equal(before, (select(2, emulator:requests())))
  end)
end)
