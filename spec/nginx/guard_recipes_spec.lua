-- The recipes of lua/gctokens/guard/RECIPES.md that any client can try.

local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local readmes = require("spec.documentation.readmes")
local system = require("spec.support.system")

local RECIPES = "lua/gctokens/guard/RECIPES.md"

local bearer = guarded_nginx.bearer


local function decoded(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end


describe("the recipe for a login page #once", function()
  local emulator, gateway

  setup(function()
    emulator = fixtures.emulator()
    local recipe = readmes.block(RECIPES, "nginx", "A login page").text
    gateway = guarded_nginx.start({
      after = 'pages = guard:policy({ refusals = "nginx" })',
      server = recipe:gsub("http://127.0.0.1:9000",
        "http://127.0.0.1:@PORT_1@/application?"),
    })
    system.run("mkdir " .. gateway.directory .. "/html")
    system.write(gateway.directory .. "/html/refused.html", "<h1>Refused</h1>")
  end)

  teardown(function()
    assert.equal("", gateway:stop())
  end)

  it("lets through who has a valid token", function()
    local status, _, body =
      gateway:get("/portal/home", bearer(emulator.tokens.agent))
    assert.equal(200, status)
    assert.matches("^GET /application%?home HTTP", body)
  end)

  it("sends all others to log in, and back", function()
    for _, headers in ipairs({ {}, bearer("invalid") }) do
      local status, received = gateway:get("/portal/home?tab=1&b=2", headers)
      assert.equal(302, status)
      assert.equal("/portal/home?tab=1&b=2", decoded(
        received.location:match("/login%?to=([^&?/]+)$")))
      assert.matches("^Bearer realm", received["www-authenticate"])
      assert.equal("no-store", received["cache-control"])
    end
  end)

  it("shows a page where logging in does not help", function()
    local status, headers, body =
      gateway:get("/portal/home", { Authorization = "Basic YTpi" })
    assert.equal(400, status)
    assert.equal("<h1>Refused</h1>", body)
    assert.matches('error="invalid_request"', headers["www-authenticate"])
  end)
end)
