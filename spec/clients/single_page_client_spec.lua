-- A single-page application in a real browser, whose API is on another origin.

local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local nginx = require("spec.support.nginx")
local node = require("spec.clients.support.node")


-- Cross-origin requests that carry a token are announced by a preflight, which
-- carries none.
local API = [[
  location /api/ {
    add_header Access-Control-Allow-Origin %s always;
    add_header Access-Control-Allow-Headers Authorization always;
    if ($request_method = OPTIONS) {
      return 204;
    }
    access_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print(ngx.ctx.gctokens.organization_name) }
  }
]]


describe("a single-page application", function()
  local emulator, application, gateway

  setup(function()
    emulator = fixtures.emulator()
    application = nginx.start({ server = [[
      location / {
        default_type text/html;
        return 200 "<!doctype html><title>application</title>";
      }
    ]] })
    gateway = guarded_nginx.start({ server = API:format(application.url) })
  end)

  teardown(function()
    assert.equal("", gateway:stop())
    assert.equal("", application:stop())
  end)

  local function fetch(token)
    return node.run("fetch.js", {
      page = application.url,
      calls = { {
        url = gateway.url .. "/api/",
        options = { headers = { Authorization = token } },
      } },
    })[1]
  end

  it("calls an API of another origin with its token", function()
    local response = fetch("Bearer " .. emulator.tokens.agent)
    assert.equal(200, response.status)
    assert.equal("Example Insurance", response.body)
  end)

  it("reads why it is turned away", function()
    local response = fetch("Bearer invalid")
    assert.equal(401, response.status)
    assert.matches('"error":"invalid_token"', response.body)
  end)
end)
