-- The status page in a real browser.

local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local node = require("spec.clients.support.node")

local bearer = guarded_nginx.bearer

local SERVER = [[
  location = /status {
    content_by_lua_block { guard:status() }
  }
]]


describe("the status page", function()
  local emulator, gateway

  setup(function()
    emulator = fixtures.emulator()
    gateway = guarded_nginx.start({ server = SERVER })
    for i = 1, 12 do
      gateway:get("/who", bearer(emulator.tokens.agent))
      gateway:get("/who", bearer("invalid" .. i))
    end
    gateway:get("/who")
    gateway:get("/kept_policy", bearer(emulator.tokens.client))
  end)

  teardown(function()
    assert.equal("", gateway:stop())
  end)

  local function open(options)
    local input = guarded_nginx.merged(
      { url = gateway.url .. "/status" }, options or {})
    return node.run("status_page.js", input)
  end

  it("asks for nothing else, and runs nothing", function()
    local page = open()
    assert.equal(200, page.status)
    for _, url in ipairs(page.requests) do
      assert.truthy(url == gateway.url .. "/status" or url:find("^data:"), url)
    end
    assert.equal(0, page.scripts)
  end)

  it("breaks no rule of its own policy", function()
    assert.same({}, open().problems)
  end)

  it("says what there was", function()
    local page = open()
    for _, text in ipairs({
      "Token guard", "Tokens are verified", gateway.url:match("http://127"),
      "Requests by outcome", "Calls to Genesys", "Shared memory",
      "Latest refusals", "allowed", "invalid_token", "Circuit breaker",
      "closed", "gctokens " .. require("gctokens")._VERSION, "1 worker",
    }) do
      assert.truthy(page.text:find(text, 1, true), text)
    end
    assert.matches("missing\t*\n*%s*1\t", page.text)
    assert.matches("Let through\n46.2 %%\nof 26", page.text)
  end)

  it("names the latest ten refusals by a part of the hash", function()
    local text = open().text
    local latest = text:sub((text:find("Latest refusals", 1, true)))
    local rows = 0
    for reason, token in latest:gmatch("now\t([%l_]+)\t(%S+)") do
      rows = rows + 1
      assert.truthy(token == "–" or token:find("^%x%x%x%x%x%x%x%x$"), token)
      assert.truthy(({ invalid_token = 1, missing = 1,
        insufficient_scope = 1 })[reason], reason)
    end
    local _, aged = latest:gsub("%d+ s\t[%l_]+\t", "")
    assert.equal(10, rows + aged)
  end)

  it("shows no token and no identity", function()
    local page = open()
    local all = page.text .. page.title .. table.concat(page.images)
    for _, secret in ipairs({
      emulator.tokens.agent, emulator.tokens.client, "invalid12",
      "Example Insurance",
    }) do
      assert.is_nil(all:find(secret, 1, true), secret)
    end
  end)

  it("fits into a window as narrow as a phone", function()
    for _, width in ipairs({ 390, 320, 1280 }) do
      local page = open({ width = width })
      assert.equal(width, page.windowWidth)
      assert.is_true(page.contentWidth <= page.windowWidth,
        ("%d of %d pixels"):format(page.contentWidth, page.windowWidth))
    end
  end)

  -- "rgb(1, 2, 3)" -> relative luminance of WCAG 2
  local function luminance(color)
    local parts = {}
    for number in color:gmatch("%d+") do
      local part = number / 255
      parts[#parts + 1] = part <= 0.04045 and part / 12.92
        or ((part + 0.055) / 1.055) ^ 2.4
    end
    return 0.2126 * parts[1] + 0.7152 * parts[2] + 0.0722 * parts[3]
  end

  it("is dark in the dark", function()
    local light, dark = open(), open({ scheme = "dark" })
    assert.is_true(luminance(light.background) > 0.8)
    assert.is_true(luminance(light.color) < 0.05)
    assert.is_true(luminance(dark.background) < 0.05)
    assert.is_true(luminance(dark.color) > 0.7)
  end)

  -- The level AA of WCAG 2 for small text.
  it("has enough contrast, light and dark", function()
    for _, scheme in ipairs({ "light", "dark" }) do
      local lowest = open({ scheme = scheme }).lowest
      assert.is_true(lowest.contrast >= 4.5, ("%s: %.2f at %s"):format(
        scheme, lowest.contrast, tostring(lowest.text)))
    end
  end)

  it("can be read aloud", function()
    local page = open()
    assert.equal("en", page.lang)
    assert.same({
      "Token guard", "Requests by outcome", "Verdicts by where they came from",
      "Calls to Genesys", "Shared memory", "Latest refusals",
    }, page.headings)
    assert.is_true(#page.images >= 10)
    for _, name in ipairs(page.images) do
      assert.matches("^[%w_ ]+: at most ", name)
    end
  end)

  it("refreshes itself, and stays where it was scrolled to", function()
    local page = open({ refreshes = true })
    assert.same({ 300, 300 }, page.scroll)
    assert.same({}, page.problems)
    local pages = 0
    for _, url in ipairs(page.requests) do
      pages = pages + (url == gateway.url .. "/status" and 1 or 0)
    end
    assert.equal(2, pages)
  end)

  it("can be stopped", function()
    local page = open({ click = "Stop" })
    assert.equal(gateway.url .. "/status?refresh=off", page.url)
    assert.truthy(page.text:find("Refresh again", 1, true))
    assert.same({}, page.problems)
  end)
end)
