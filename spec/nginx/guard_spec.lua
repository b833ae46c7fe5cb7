-- The guard: which tokens it lets through, and how it denies the others.

local guarded_nginx = require("spec.support.guarded_nginx")
local nginx = require("spec.support.nginx")
local fixtures = require("spec.support.fixtures")

local bearer = guarded_nginx.bearer


local function url_encoded(text)
  return (text:gsub("[^%w]", function(character)
    return ("%%%02X"):format(character:byte())
  end))
end


for _, mode in ipairs({
  { name = "1 worker" },
  { name = "4 workers", workers = 4 },
  { name = "no JIT compiler", init = "jit.off()" },
  { name = "lua_check_client_abort", http = "lua_check_client_abort on;" },
}) do
  describe("the guard with " .. mode.name .. " #once", function()
    local emulator, gateway, organization, token

    local function get(path, headers)
      return gateway:get(path, headers)
    end

    local function get_with_policy(options)
      return get("/policy?options=" .. url_encoded(fixtures.literal(options)),
        bearer(token))
    end

    setup(function()
      emulator = fixtures.emulator()
      organization = assert(fixtures.client():get_tokens_me()).organization.id
      gateway = guarded_nginx.start(mode)
    end)

    teardown(function()
      assert.equal("", gateway:stop())
    end)

    -- A new one each time: no worker knows it.
    before_each(function()
      emulator:reset()
      token = emulator:issue({
        user = "agent", client = "desktop",
        scopes = { "organization:readonly", "user-basic-info" },
      })
    end)

    it("lets a valid token through, with its identity", function()
      local status, _, body = get("/who", bearer(token))
      assert.equal(200, status)
      assert.matches("^Example Insurance miss miss$", body)
      for _ = 1, 5 do
        local again = { get("/who", bearer(token)) }
        assert.equal(200, again[1])
        assert.matches("^Example Insurance l[12] l[12]$", again[3])
      end
      assert.equal(1, (select(2, emulator:requests())))
    end)

    it("asks without keeping the session alive", function()
      get("/who", bearer(token))
      local request = emulator:requests()[1]
      assert.equal("GET", request.method)
      assert.equal("/api/v2/tokens/me?preserveIdleTTL=true", request.target
        or request.uri or request.raw:match("^GET (%S+)"))
    end)

    it("tells the application whose token it is", function()
      local _, _, body = get("/guarded", bearer(token))
      assert.truthy(body:find("X-Genesys-Organization-Id: " .. organization,
        1, true))
      assert.truthy(body:find("X-Genesys-Client-Id: "
        .. emulator.clients.desktop.id, 1, true))
      assert.truthy(body:find(token, 1, true))
    end)

    it("answers 401 with a bare challenge where there is no token", function()
      local status, headers, body = get("/guarded")
      assert.equal(401, status)
      assert.equal('Bearer realm="Genesys Cloud"', headers["www-authenticate"])
      assert.equal("no-store", headers["cache-control"])
      assert.equal("application/json", headers["content-type"])
      assert.matches('"error":"unauthorized"', body)
    end)

    it("answers 401 to an invalid token, and remembers it", function()
      for _ = 1, 3 do
        local status, headers, body =
          get("/guarded", bearer("invalid" .. token))
        assert.equal(401, status)
        assert.matches('error="invalid_token"', headers["www-authenticate"])
        assert.matches('"error":"invalid_token"', body)
      end
      assert.equal(1, (select(2, emulator:requests())))
    end)

    it("answers 401 to an invalid token that stands in the answer to it",
      function()
        for _, short in ipairs({ "a", "1", "cod", "40", "Inva", "e" }) do
          assert.equal(401, (get("/guarded", bearer(short))), short)
        end
      end)

    it("answers 400 invalid_request to what is not one bearer token",
      function()
        for _, value in ipairs({
          "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Bearer a,b",
          "Bearer  ", "Bearer \1", "Bearer " .. ("a"):rep(4097), "a",
          "Bearer a, Bearer b", "Bearertoken", "Bearer tok\233n",
        }) do
          local status, headers, body =
            get("/guarded", { Authorization = value })
          assert.equal(400, status, value)
          if headers["www-authenticate"] then -- nginx refuses some itself
            assert.matches('error="invalid_request"',
              headers["www-authenticate"])
            assert.matches('"error":"invalid_request"', body)
          end
        end
        assert.same({}, (emulator:requests()))
      end)

    it("takes the scheme in any letter case, with more than one space",
      function()
        for _, scheme in ipairs({ "bearer ", "BEARER ", "Bearer   " }) do
          local status = get("/guarded", {
            Authorization = scheme .. token,
          })
          assert.equal(200, status)
        end
      end)

    it("refuses two Authorization headers", function()
      local status = get("/guarded", {
        Authorization = { "Bearer " .. token, "Bearer " .. token },
      })
      assert.equal(400, status)
    end)

    it("judges by the policy of each location, after the cache", function()
      local client = emulator.clients.desktop.id
      for _, case in ipairs({
        { {}, 200 },
        { { organizations = { organization } }, 200 },
        { { organizations = organization }, 200 },
        { { organizations = { "another", organization } }, 200 },
        { { organizations = { "another" } }, 403 },
        { { home_organizations = { organization } }, 200 },
        { { home_organizations = { "another" } }, 403 },
        { { clients = { client } }, 200 },
        { { clients = { "another" } }, 403 },
        { { grant_types = { "CODE" } }, 200 },
        { { grant_types = { "CLIENT-CREDENTIALS" } }, 403 },
        { { scopes = { "organization:readonly", "user-basic-info" } }, 200 },
        { { scopes = { "organization:readonly", "users" } }, 403 },
        { { any_scope = { "organization:readonly", "users" } }, 200 },
        { { any_scope = { "users", "routing" } }, 403 },
        { { clients = { client }, scopes = { "users" } }, 403 },
      }) do
        assert.equal(case[2], (get_with_policy(case[1])),
          fixtures.literal(case[1]))
      end
      assert.equal(1, (select(2, emulator:requests())))
    end)

    it("names the scopes that are needed", function()
      local status, headers, body =
        get_with_policy({ scopes = { "users", "routing:readonly" } })
      assert.equal(403, status)
      assert.matches('error="insufficient_scope"',
        headers["www-authenticate"])
      assert.matches('scope="users routing:readonly"',
        headers["www-authenticate"])
      assert.matches('"error":"insufficient_scope"', body)
    end)

    it("makes a policy once", function()
      assert.equal(200, (get("/kept_policy", bearer(token))))
      assert.equal(403, (get("/kept_policy", bearer(emulator.tokens.client))))
      assert.equal(200, (get("/kept_policy", bearer(token))))
      assert.equal(403, (get("/kept_policy", bearer(emulator.tokens.client))))
    end)

    it("removes what a client claims to be, in every spelling", function()
      for _, name in ipairs({
        "X-Genesys-Organization-Id", "x-genesys-organization-id",
        "X_Genesys_Organization_Id", "X-Genesys_Organization-Id",
        "X_GENESYS-CLIENT_ID",
      }) do
        local _, _, body = get("/guarded", {
          Authorization = "Bearer " .. token,
          [name] = "claimed",
        })
        assert.is_nil(body:find("claimed", 1, true), name)
        assert.truthy(body:find(organization, 1, true))
      end
    end)

    it("checks a token for Lua code", function()
      local function check(text)
        return select(3, get("/call?method=check&with=" .. url_encoded(text)))
      end
      assert.equal("Example Insurance miss", check(token))
      assert.matches(
        "^invalid_token 401  could not check the token: the token is",
        check("invalid"))
      assert.matches("^invalid_request 400 ", check("not a token"))
      emulator:fault({ status = 503, count = 10 })
      assert.matches("^unavailable 503 [12] ", check(emulator.tokens.admin))
      assert.matches("could not verify token %x+: could not get_tokens_me: .-"
        .. "answered 503", gateway:log())
      gateway:clear_log()
    end)

    it("forgets a token, an organization, everything", function()
      local function layer()
        return (select(3, get("/who", bearer(token)))
          :match("%S+$"))
      end
      for _, call in ipairs({
        "invalidate&with=" .. url_encoded(token),
        "invalidate_organization&with=" .. organization, "flush",
      }) do
        layer()
        -- Every worker follows when its own L1 entry is a second old.
        assert.equal("true", (select(3, get("/call?method=" .. call))))
        local _, before = emulator:requests()
        for _ = 1, 30 do
          layer()
          require("socket").sleep(0.04)
        end
        assert.equal(before + 1, (select(2, emulator:requests())), call)
      end
    end)

    it("revokes at Genesys and here", function()
      assert.equal(200, (get("/who", bearer(token))))
      assert.equal("true",
        (select(3, get("/call?method=revoke&with=" .. url_encoded(token)))))
      assert.equal(401,
        select(2, fixtures.client({ access_token = token }):head_tokens_me())
          .status)
      for _ = 1, 8 do
        assert.equal(401, (get("/who", bearer(token))))
      end
    end)
  end)
end


describe("the guard's options #once", function()
  local gateway

  before_each(function()
    fixtures.emulator()
    gateway = nil
  end)

  after_each(function()
    if gateway then
      gateway:stop()
    end
  end)

  local function agent()
    return bearer(fixtures.emulator().tokens.agent)
  end

  it("name headers of the application's own", function()
    gateway = guarded_nginx.start({}, {
      headers = { ["X-Org"] = "organization_name", ["X-Grant"] = "grant_type" },
    })
    local _, _, body = gateway:get("/guarded", agent())
    assert.truthy(body:find("X-Org: Example Insurance", 1, true))
    assert.truthy(body:find("X-Grant: CODE", 1, true))
    assert.is_nil(body:find("X-Genesys", 1, true))
  end)

  it("switch the headers off, and the credentials", function()
    gateway = guarded_nginx.start({},
      { headers = false, hide_credentials = true })
    local _, _, body = gateway:get("/guarded", agent())
    assert.is_nil(body:find("X-Genesys", 1, true))
    assert.is_nil(body:find("Authorization", 1, true))
  end)

  it("hold for all locations, unless one says otherwise", function()
    gateway = guarded_nginx.start({}, { scopes = { "users" } })
    assert.equal(403, (gateway:get("/guarded", agent())))
    assert.equal(200, (gateway:get("/policy?options=" .. url_encoded(
      '{ scopes = false }'), agent())))
  end)

  it("ask a function", function()
    gateway = guarded_nginx.start({ server = [[
      location = /asked {
        access_by_lua_block {
          guard:access({ allow = function(who)
            who.organization_name = "changed"
            return who.client_id == ngx.var.arg_client
          end })
        }
        content_by_lua_block {
          ngx.print(ngx.ctx.gctokens.organization_name)
        }
      }
    ]] })
    local client = fixtures.emulator().clients.desktop.id
    local status, _, body = gateway:get("/asked?client=" .. client, agent())
    assert.equal(200, status)
    assert.equal("Example Insurance", body)
    assert.equal(403, (gateway:get("/asked?client=another", agent())))
  end)

  it("do not close nginx's two ways around it, of which the README warns",
    function()
      gateway = guarded_nginx.start({ server = [[
        location = /return {
          access_by_lua_block { guard:access() }
          return 200 "not guarded";
        }
        location = /inner {
          access_by_lua_block { guard:access() }
          content_by_lua_block { ngx.print("not guarded") }
        }
        location = /outer {
          content_by_lua_block {
            ngx.print(ngx.location.capture("/inner").body)
          }
        }
      ]] })
      assert.equal("not guarded", (select(3, gateway:get("/return"))))
      assert.equal("not guarded", (select(3, gateway:get("/outer"))))
      assert.equal(401, (gateway:get("/inner")))
    end)

  it("serve nginx's auth_request, which makes a 500 of all but 401 and 403",
    function()
      gateway = guarded_nginx.start({ server = [[
        location = /asked {
          auth_request /auth;
          content_by_lua_block { ngx.print("passed") }
        }
        location = /auth {
          internal;
          content_by_lua_block { guard:access() }
        }
      ]] })
      for credentials, expected in pairs({
        [agent().Authorization] = 200, ["Bearer invalid"] = 401,
        ["Bearer a b"] = 401, ["Basic YTpi"] = 401, ["Bearer "] = 401,
        ["Bearer " .. ("x"):rep(5000)] = 401,
      }) do
        assert.equal(expected, (gateway:get("/asked",
          { Authorization = credentials })), credentials:sub(1, 20))
      end
      local status, headers = gateway:get("/asked")
      assert.equal(401, status)
      assert.matches("^Bearer realm=", headers["www-authenticate"])
      assert.equal(400, (gateway:get("/guarded",
        { Authorization = "Bearer a b" })))
    end)

  it("do not make it work in phases that cannot wait", function()
    gateway = guarded_nginx.start({ server = [[
      location = /late {
        header_filter_by_lua_block {
          late = select(2, pcall(guard.access, guard))
        }
        return 200;
      }
      location = /said { content_by_lua_block { ngx.print(late) } }
    ]] })
    gateway:get("/late", agent())
    assert.matches("cannot be called in nginx's header_filter phase",
      (select(3, gateway:get("/said"))))
  end)

  it("escape the realm", function()
    gateway = guarded_nginx.start({}, { realm = 'a "b" \\ c' })
    local _, headers = gateway:get("/guarded")
    assert.equal([[Bearer realm="a \"b\" \\ c"]], headers["www-authenticate"])
  end)

  it("stop nginx when they are wrong, and say why", function()
    for _, case in ipairs({
      { {}, {}, "no shared dict \"gctokens\": add", dict = "" },
      { {}, {}, "too small: 100 KiB", dict = "lua_shared_dict gctokens 100k;" },
      { {}, { tll = 1 }, 'there is no option "tll"' },
      { {}, { headers = 5 }, 'option "headers" must be false, or a table' },
      { {}, { base_url = false }, 'option "region" or "base_url" is needed' },
      { { init = [[
        package.preload["resty.sha256"] = function() error("none") end
        package.preload["nginx.sha256"] = package.preload["resty.sha256"]
      ]] }, {}, "needs resty.sha256 .- or Debian's nginx.sha256" },
      { {}, { ttl = 0 }, 'option "ttl" must be a number of seconds above 0' },
      { {}, { l1_ttl = 0 }, 'option "l1_ttl" must be' },
      { {}, { ca_file = "/nonexistent" }, "could not read the file" },
      { { init = "require('gctokens.core').default_ca_file = '/nonexistent'" },
        { base_url = "https://127.0.0.1" }, "could not read the file" },
      { {}, { organizations = {} }, 'option "organizations" must be' },
      { {}, { scopes = { 'a"b' } }, 'option "scopes" must be' },
      { {}, { headers = { ["X Y"] = "client_id" } }, 'option "headers"' },
      { {}, { headers = { ["X-Y"] = "token" } }, 'option "headers"' },
      { {}, { breaker = { ratio = 2 } }, 'option "breaker" must be' },
      { {}, { region = "nowhere" },
        'gctokens.guard.new: option "region" cannot be used' },
      { {}, { base_url = "http://example.com" },
        'gctokens.guard.new: option "base_url" cannot be used' },
      { { init = "ngx.config.ngx_lua_version = 10021" }, {},
        "ngx_lua 0%.10%.21 must not be used" },
      { { init = "ngx.config.ngx_lua_version = 10018" }, {}, "is too old" },
    }) do
      case[1].dict = case.dict
      local started, message =
        nginx.try(guarded_nginx.options(case[1], case[2]))
      gateway = started
      assert.is_nil(started, case[3])
      assert.matches(case[3], message)
    end
  end)
end)
