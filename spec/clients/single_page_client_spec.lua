-- The recipe for a single-page application: a page in Chromium, its API on
-- another origin, the token in a cookie.

local fixtures = require("spec.support.fixtures")
local nginx = require("spec.support.nginx")
local node = require("spec.clients.support.node")
local pages = require("spec.clients.support.page")
local recipes = require("spec.support.recipes")
local system = require("spec.support.system")


describe("a single-page application", function()
  local emulator, application, page, elsewhere, gateway, token

  setup(function()
    emulator = fixtures.emulator()
    page = pages.start()
    elsewhere = pages.start()
    application = nginx.start({ server = [[
      access_log access.log;
      location / {
        content_by_lua_block {
          ngx.print(ngx.req.get_method(), " ",
            ngx.var.http_x_genesys_client_id, " ",
            ngx.var.http_cookie or "no cookie")
        }
      }
    ]] })
    gateway = recipes.start("A cookie for a single-page application",
      emulator, {
        ["https://app.example.com"] = page.url,
        ["127.0.0.1:9000"] = application.url:match("//(.*)"),
      })
    token = emulator:issue({ client = "desktop" })
  end)

  teardown(function()
    for _, server in ipairs({ gateway, application, page, elsewhere }) do
      assert.equal("", server:stop())
    end
  end)

  local function call(method, path, headers)
    headers["X-Requested-With"] = headers["X-Requested-With"] or "page"
    return {
      url = gateway.url .. path,
      options = {
        method = method, headers = headers, credentials = "include",
      },
    }
  end

  local function login(with)
    return call("GET", "/session", { Authorization = "Bearer " .. with })
  end

  it("logs in, and calls with the cookie", function()
    local done = node.run("browser_calls.js", {
      page = page.url,
      calls = {
        call("GET", "/api/", {}), login(token), call("GET", "/api/", {}),
        call("DELETE", "/api/", {}),
      },
    })
    assert.equal(401, done.results[1].status)
    assert.equal(204, done.results[2].status)
    local client = emulator.clients.desktop.id
    assert.same({ status = 200, body = "GET " .. client .. " no cookie" },
      done.results[3])
    assert.same({ status = 200, body = "DELETE " .. client .. " no cookie" },
      done.results[4])
    assert.equal("", done.readable)
    assert.equal(token, done.cookies[1].value)
    assert.is_true(done.cookies[1].httpOnly)
  end)

  it("logs out, and has neither cookie nor token then", function()
    local own = emulator:issue({ client = "desktop" })
    local done = node.run("browser_calls.js", {
      page = page.url,
      calls = {
        login(own), call("POST", "/logout", {}), call("GET", "/api/", {}),
        login(own),
      },
    })
    assert.equal(204, done.results[1].status)
    assert.equal(204, done.results[2].status)
    assert.matches('"error":"unauthorized"', done.results[3].body)
    assert.matches('"error":"invalid_token"', done.results[4].body)
    assert.equal(0, #done.cookies)
  end)

  it("reads why it is turned away", function()
    local done = node.run("browser_calls.js", {
      page = page.url,
      calls = { login("invalid"), login("a b"), call("GET", "/api/", {}) },
    })
    assert.equal(401, done.results[1].status)
    assert.matches('"error":"invalid_token"', done.results[1].body)
    assert.equal(400, done.results[2].status)
    assert.matches('"error":"invalid_request"', done.results[2].body)
    assert.equal(401, done.results[3].status)
    assert.matches('"error":"unauthorized"', done.results[3].body)
  end)

  it("is the only page that can call, although the browser has a cookie",
    function()
      local bare = call("GET", "/api/", {})
      bare.options.headers = nil
      local done = node.run("browser_calls.js", {
        page = page.url, elsewhere = elsewhere.url,
        calls = {
          login(token), call("GET", "/api/", {}), bare,
          { url = bare.url, options = {
            mode = "no-cors", credentials = "include", method = "POST",
          } },
        },
      })
      assert.equal(200, done.results[2].status)
      assert.equal(403, done.results[3].status)
      assert.same({ error = "TypeError" }, done.elsewhere[1])
      assert.same({ error = "TypeError" }, done.elsewhere[2])
      assert.same({ error = "TypeError" }, done.elsewhere[3])
      -- What comes back from there is not for the page, but it goes out.
      assert.same({ status = 0, body = "" }, done.elsewhere[4])
      assert.not_matches("POST",
        (system.read(application.directory .. "/access.log")))
    end)
end)
