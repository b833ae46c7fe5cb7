-- Refusals with nginx's own page (`refusals = "nginx"`): the status and the
-- headers are the guard's, and error_page says what else is sent, as it does
-- for nginx's own "deny".

local cjson = require("cjson")
local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local socket = require("socket")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local PATH = "/api/v2/tokens/me"
local CHALLENGE = 'Bearer realm="Genesys Cloud"'
local TIMEOUT = 10 -- seconds for any single read or write

local AFTER = [[
  pages = guard:policy({ refusals = "nginx" })
  scoped = guard:policy({ refusals = "nginx", scopes = "never" })
  query = guard:policy({
    refusals = "nginx", token = "query:t", scopes = "never",
  })
  hiding = guard:policy({
    refusals = "nginx", hide_credentials = true, scopes = "never",
  })
]]

-- Location -> what follows a guard that refuses with nginx's page.
local PAGES = {
  ["= /plain_page"] = "",
  ["= /named"] = "error_page 400 401 403 503 @page;",
  ["= /internal"] = "error_page 400 401 403 503 /page;",
  ["= /file"] = "error_page 400 401 403 503 /file.txt;",
  ["= /proxied"] = "error_page 400 401 403 503 @proxied;",
  ["= /recursive"] = [[
    recursive_error_pages on;
    error_page 400 401 403 503 @missing;
  ]],
  ["= /as_200"] = "error_page 400 401 403 503 =200 @page;",
  ["= /as_answered"] = "error_page 400 401 403 503 = @teapot;",
  ["= /elsewhere"] = "error_page 400 401 403 503 http://login.test/;",
}

-- What comes instead of a page: location -> status, or nil for the guard's, and
-- a pattern of the body.
local SHOWN = {
  ["/plain_page"] = { nil, "<center><h1>%d%d%d " },
  ["/named"] = { nil, "^the page$" },
  ["/internal"] = { nil, "^the page$" },
  ["/file"] = { nil, "^the file$" },
  ["/proxied"] = { nil, "^GET /page_of_application" },
  ["/recursive"] = { 404, "^the page$" }, -- nginx takes the last status
  ["/as_200"] = { 200, "^the page$" },
  ["/as_answered"] = { 418, "^teapot$" },
  ["/elsewhere"] = { 302, "302 Found" },
}

local SERVER = [[
  access_log access.log statuses;

  location @page { content_by_lua_block { ngx.print("the page") } }
  location = /page { content_by_lua_block { ngx.print("the page") } }
  location = /file.txt { root .; }
  location @teapot { return 418 teapot; }
  location @missing {
    root .;
    error_page 404 @page;
  }
  location @proxied {
    rewrite ^ /page_of_application break;
    proxy_pass http://127.0.0.1:@PORT_1@;
  }
  location = /page_of_application {
    content_by_lua_block {
      ngx.req.read_body()
      ngx.print(ngx.req.raw_header(), ngx.req.get_body_data())
    }
  }

  location = /by_rewrite {
    rewrite_by_lua_block { guard:access(pages) }
    content_by_lua_block { ngx.print("passed") }
    error_page 401 @page;
  }
  location = /by_content {
    content_by_lua_block {
      guard:access(pages)
      ngx.print("passed")
    }
    error_page 401 @page;
  }
  location = /json {
    access_by_lua_block { guard:access({ refusals = "json" }) }
    error_page 401 @page;
  }
  location = /scoped {
    access_by_lua_block { guard:access(scoped) }
    content_by_lua_block { ngx.print("passed") }
    error_page 403 @page;
  }

  # Pages that are guarded themselves.
  location = /guarded_page {
    access_by_lua_block { guard:access(pages) }
    content_by_lua_block { ngx.print("passed") }
    error_page 400 401 403 503 @guarded;
  }
  location = /missing {
    return 404;
    error_page 404 @guarded;
  }
  location = /loop {
    recursive_error_pages on;
    access_by_lua_block { guard:access(pages) }
    content_by_lua_block { ngx.print("passed") }
    error_page 400 401 403 503 @loop;
  }
  location @guarded {
    access_by_lua_block { guard:access(pages) }
    content_by_lua_block { ngx.print("passed") }
  }
  location @loop {
    recursive_error_pages on;
    access_by_lua_block { guard:access(pages) }
    content_by_lua_block { ngx.print("passed") }
    error_page 400 401 403 503 @loop;
  }

  # auth_request, where a page would count as permission.
  location = /judged {
    auth_request /judge;
    content_by_lua_block { ngx.print("passed") }
    error_page 401 403 @page;
  }
  location = /judge {
    internal;
    content_by_lua_block { guard:access(pages) }
    error_page 400 401 403 503 =200 /page;
  }

  location = /any {
    satisfy any;
    deny all;
    access_by_lua_block { guard:access(pages) }
    content_by_lua_block { ngx.print("passed") }
    error_page 401 @page;
  }

  location = /hiding {
    access_by_lua_block { guard:access(hiding) }
    error_page 400 401 403 503 @proxied;
  }
  location = /explained {
    access_by_lua_block { guard:access(hiding) }
    error_page 400 401 403 503 @explanation;
  }
  location = /query {
    access_by_lua_block { guard:access(query) }
    error_page 403 /explanation;
  }
  location = /explanation {
    access_by_lua_block { guard:access(pages) }
    content_by_lua_block {
      ngx.print(ngx.ctx.gctokens.client_id, " ", ngx.var.request_uri:sub(1, 7),
        " ", ngx.var.args or "no arguments")
    }
  }
  location @explanation {
    access_by_lua_block { guard:access(pages) }
    content_by_lua_block {
      ngx.print(ngx.ctx.gctokens.client_id, " needs a scope")
    }
  }
]]

for location, rest in pairs(PAGES) do
  SERVER = SERVER .. ("location %s { %s %s %s }\n"):format(location,
    "access_by_lua_block { guard:access(pages) }",
    "content_by_lua_block { ngx.print('passed') }", rest)
end


describe("a refusal with nginx's page #once", function()
  local emulator, gateway, token

  setup(function()
    emulator = fixtures.emulator()
    gateway = guarded_nginx.start({
      http = "log_format statuses '$request_uri $status';",
      after = AFTER, server = SERVER,
    }, { error_ttl = 0.01, breaker = false })
    system.write(gateway.directory .. "/file.txt", "the file")
  end)

  teardown(function()
    gateway:stop()
  end)

  before_each(function()
    emulator:reset()
    gateway:clear_log()
    token = emulator:issue()
  end)

  local function fail()
    emulator:fault({ path = PATH, status = 500, count = 1000 })
  end

  -- Genesys can only be asked where a refusal is not about that.
  local function prepare(name)
    emulator:clear_faults()
    if name == "unavailable" then
      fail()
    end
  end

  -- Kind of refusal -> headers of the request; status, challenge, time to wait.
  local REFUSALS = {
    missing = { {}, 401, CHALLENGE },
    invalid_request = { { Authorization = "Basic YTpi" }, 400,
      CHALLENGE .. ', error="invalid_request", error_description=".*"' },
    invalid_token = { bearer("invalid"), 401,
      CHALLENGE .. ', error="invalid_token", error_description=".*"' },
    unavailable = { bearer("unknown"), 503, nil, "^1$" },
  }

  -- The headers of the guard are there, once.
  local function assert_headers(refusal, headers, place)
    local challenge = headers["www-authenticate"]
    if refusal[3] then
      assert.matches("^" .. refusal[3] .. "$", challenge, 1, false)
    else
      assert.is_nil(challenge, place)
    end
    if refusal[4] then
      assert.matches(refusal[4], headers["retry-after"])
    else
      assert.is_nil(headers["retry-after"], place)
    end
    assert.equal("no-store", headers["cache-control"], place)
  end

  for name, refusal in pairs(REFUSALS) do
    it("has the guard's status and headers: " .. name, function()
      prepare(name)
      for path, shown in pairs(SHOWN) do
        local status, headers, body = gateway:get(path, refusal[1])
        assert.equal(shown[1] or refusal[2], status, path)
        assert.matches(shown[2], body)
        assert_headers(refusal, headers, path)
      end
    end)
  end

  it("names the scope that is needed", function()
    local status, headers, body = gateway:get("/scoped", bearer(token))
    assert.equal(403, status)
    assert.matches('error="insufficient_scope".*, scope="never"$',
      headers["www-authenticate"])
    assert.equal("the page", body)
  end)

  it("is there in every phase, and passes who may", function()
    for _, path in ipairs({ "/by_rewrite", "/by_content", "/named" }) do
      local status, _, body = gateway:get(path)
      assert.equal(401, status, path)
      assert.equal("the page", body)
      status, _, body = gateway:get(path, bearer(token))
      assert.equal(200, status, path)
      assert.equal("passed", body)
    end
  end)

  it("is only there where the policy says so", function()
    local status, headers, body = gateway:get("/json")
    assert.equal(401, status)
    assert.equal("application/json", headers["content-type"])
    assert.equal("unauthorized", cjson.decode(body).error)
  end)

  it("is what a guard may do in all its locations", function()
    local another = guarded_nginx.start({}, { refusals = "nginx" })
    local status, _, body = another:get("/who")
    assert.equal(401, status)
    assert.matches("<html>", body)
    body = select(3, another:get("/policy?options={refusals='json'}"))
    assert.equal("unauthorized", cjson.decode(body).error)
    assert.equal("", another:stop())
  end)

  it("is refused in any other spelling", function()
    for _, value in ipairs({ "'html'", "true", "false", "{}" }) do
      assert.equal(500,
        (gateway:get("/policy?options={refusals=" .. value .. "}")))
      assert.matches('option "refusals" must be "json" or "nginx", got ',
        gateway:log(), 1, true)
      gateway:clear_log()
    end
  end)

  it("has no body for HEAD, and the same headers", function()
    for path, shown in pairs(SHOWN) do
      local connection = assert(socket.connect("127.0.0.1", gateway.port))
      connection:settimeout(TIMEOUT)
      connection:send("HEAD " .. path .. " HTTP/1.1\r\nHost: a\r\n\r\n"
        .. "GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      local head, rest =
        connection:receive("*a"):match("^(.-\r\n)\r\n(.*)$")
      connection:close()
      assert.matches("^HTTP/1.1 " .. (shown[1] or 401), head)
      assert.truthy(head:find("WWW-Authenticate: " .. CHALLENGE, 1, true), path)
      -- Right behind the head comes the response to the next request.
      assert.matches("^HTTP/1.1 200 OK.*plain$", rest)
    end
  end)

  it("has its status in the access log", function()
    gateway:get("/named")
    gateway:get("/as_200")
    gateway:get("/plain_page", { Authorization = "Basic YTpi" })
    -- nginx writes it after the response.
    assert.is_true(system.wait_until(function()
      return system.read(gateway.directory .. "/access.log")
        :find("/named 401\n/as_200 200\n/plain_page 400\n$")
    end))
  end)

  it("counts as what it is", function()
    local series = 'gctokens_guard_requests_total{outcome="invalid_token"}'
    local before = guarded_nginx.metric(gateway, series)
    gateway:get("/named", bearer("invalid"))
    assert.equal(before + 1, guarded_nginx.metric(gateway, series))
  end)

  -- nginx shows its own page when the error page is refused; where it may go on
  -- (recursive_error_pages), it ends with 500.
  it("lets nobody in by a page that is guarded, and has an end", function()
    assert.equal("passed",
      (select(3, gateway:get("/guarded_page", bearer(token)))))
    for name, refusal in pairs(REFUSALS) do
      prepare(name)
      local status, headers, body = gateway:get("/guarded_page", refusal[1])
      assert.equal(refusal[2], status, name)
      assert.matches("<html>", body)
      assert.equal("no-store", headers["cache-control"])
      status, headers, body = gateway:get("/loop", refusal[1])
      assert.equal(500, status, name)
      assert.matches("<html>", body)
      assert.equal("no-store", headers["cache-control"])
    end
    assert.equal(401, (gateway:get("/missing")))
    assert.equal(404, (gateway:get("/missing", bearer(token))))
    assert.matches("rewrite or internal redirection cycle", gateway:log())
    gateway:clear_log()
  end)

  it("is never what a subrequest gets", function()
    assert.equal("passed", (select(3, gateway:get("/judged", bearer(token)))))
    for _, headers in ipairs({
      {}, bearer("invalid"), { Authorization = "Basic YTpi" },
    }) do
      local status, _, body = gateway:get("/judged", headers)
      assert.equal(401, status)
      assert.equal("the page", body)
    end
  end)

  it("leaves it to satisfy any to let the request in", function()
    assert.equal("passed", (select(3, gateway:get("/any", bearer(token)))))
    local status, headers, body = gateway:get("/any")
    assert.equal(401, status)
    assert.equal(CHALLENGE, headers["www-authenticate"])
    assert.equal("the page", body)
    gateway:clear_log()
  end)

  it("shows no hidden credentials to the page", function()
    fail()
    for _, secret in ipairs({ "Bearer " .. token, "Bearer a b", "Basic YTpi" })
    do
      local _, _, body =
        gateway:get("/hiding", { Authorization = secret })
      assert.matches("^GET /page_of_application", body)
      assert.is_nil(body:find("Authorization", 1, true))
    end
    emulator:clear_faults()
    assert.is_true(system.wait_until(function()
      local status, _, body = gateway:get("/hiding", bearer(token))
      assert.is_nil(body:find("Authorization", 1, true))
      return status == 403
    end))
  end)

  it("tells a guarded page whose hidden credentials they were", function()
    local agent = emulator:issue({ client = "desktop" })
    local status, headers, body = gateway:get("/explained", bearer(agent))
    assert.equal(403, status)
    assert.equal(emulator.clients.desktop.id .. " needs a scope", body)
    assert.matches('scope="never"$', headers["www-authenticate"])
    for _, credentials in ipairs({ "Bearer invalid", "Basic YTpi" }) do
      status = gateway:get("/explained", { Authorization = credentials })
      assert.equal(401, status)
    end
  end)

  it("tells a guarded page whose token it was that is gone", function()
    local status, headers, body = gateway:get(
      "/query?t=" .. emulator:issue({ client = "desktop" }))
    assert.equal(403, status)
    assert.equal(emulator.clients.desktop.id .. " /query? no arguments", body)
    assert.equal("no-store", headers["cache-control"])
  end)
end)
