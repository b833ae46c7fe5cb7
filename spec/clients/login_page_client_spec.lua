-- The recipe for a login page, in Chromium.

local fixtures = require("spec.support.fixtures")
local nginx = require("spec.support.nginx")
local node = require("spec.clients.support.node")
local recipes = require("spec.support.recipes")
local system = require("spec.support.system")
local url = require("socket.url")

local HOME = "/portal/home?tab=1&from=mail"

local APPLICATION = [[
  default_type text/html;
  location /portal/ {
    content_by_lua_block {
      ngx.print("portal of ", ngx.var.http_x_genesys_organization_id, " ",
        ngx.var.http_cookie or "no cookie")
    }
  }
  # With the token that logging in would bring.
  location = /login {
    content_by_lua_block {
      if ngx.var.arg_with then
        ngx.header["Set-Cookie"] = "__Host-token=" .. ngx.var.arg_with
          .. "; Path=/; Secure; HttpOnly; SameSite=Lax"
      end
      ngx.print("the login page")
    }
  }
]]


describe("a portal with a login page", function()
  local emulator, application, gateway

  setup(function()
    emulator = fixtures.emulator()
    application = nginx.start({ server = APPLICATION })
    gateway = recipes.start("A login page", emulator, {
      ["127.0.0.1:9000"] = application.url:match("//(.*)"),
    })
    system.run("mkdir " .. gateway.directory .. "/html")
    system.write(gateway.directory .. "/html/refused.html", "<p>Refused.</p>")
  end)

  teardown(function()
    gateway:stop() -- its log has the icon that browsers ask for
    assert.equal("", application:stop())
  end)

  -- What somebody sees at the portal, after logging in with a token if any.
  local function visit(token)
    local urls = { gateway.url .. HOME }
    if token then
      table.insert(urls, 1, gateway.url .. "/login?with=" .. token)
    end
    local seen = node.run("browser_visits.js", { urls = urls })
    return seen[#seen]
  end

  it("shows itself to who has logged in", function()
    local seen = visit(emulator.tokens.agent)
    assert.equal(200, seen.status)
    assert.equal("portal of 6e1ceecf-2ecd-40ad-829b-f9408038536c no cookie",
      seen.text)
    assert.equal(gateway.url .. HOME, seen.url)
  end)

  it("sends all others to log in, and back", function()
    for _, token in ipairs({ false, "invalid" }) do
      local seen = visit(token)
      assert.equal(200, seen.status)
      assert.equal("the login page", seen.text)
      assert.equal(gateway.url .. "/login?to="
        .. "%2Fportal%2Fhome%3Ftab%3D1%26from%3Dmail", seen.url)
    end
  end)

  it("names no other host to come back to", function()
    for path, back in pairs({
      ["//evil.example/../portal/"] = "/evil.example/../portal/",
      ["/\\evil.example/../portal/"] = "/evil.example/../portal/",
      ["/\\/evil.example/../../portal/"] = "/evil.example/../../portal/",
      ["/portal//a?b=//c"] = "/portal//a?b=//c",
    }) do
      local status, headers = gateway:get(path)
      assert.equal(302, status, path)
      assert.equal("/login?to=" .. back, url.unescape(headers.location))
    end
  end)

  it("says so where logging in would not help", function()
    emulator:fault({ path = "/api/v2/tokens/me", status = 404 })
    local seen = visit(emulator:issue())
    assert.equal(503, seen.status)
    assert.equal("Refused.", seen.text)
    assert.equal(gateway.url .. HOME, seen.url)
  end)
end)
