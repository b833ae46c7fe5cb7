-- The recipe for WebSocket: a page in Chromium and Node's client ws reach an
-- application through the guard, with a token and only with one.

local cjson = require("cjson")
local fixtures = require("spec.support.fixtures")
local node = require("spec.clients.support.node")
local pages = require("spec.clients.support.page")
local recipes = require("spec.support.recipes")


describe("a WebSocket through the guard", function()
  local emulator, application, page, gateway, token, client

  setup(function()
    emulator = fixtures.emulator()
    application = node.start("websocket_server.js")
    page = pages.start()
    gateway = recipes.start("WebSocket", emulator, {
      ["127.0.0.1:9000"] = application.address,
    })
    token = emulator:issue({ client = "desktop" })
    client = emulator.clients.desktop.id
  end)

  teardown(function()
    application:stop()
    assert.equal("", page:stop())
    assert.equal("", gateway:stop())
  end)

  local function url(path)
    return "ws://127.0.0.1:" .. gateway.port .. "/socket/" .. path
  end

  local function browse(path, protocols)
    return node.run("websocket_browser.js", {
      page = page.url, url = url(path), protocols = protocols,
    })
  end

  local function connect(path, protocols, headers)
    return node.run("websocket_node.js", {
      url = url(path), protocols = protocols,
      headers = headers or { ["X-A"] = "b" },
    })
  end

  -- Asserts that it works, and that neither side saw the token.
  local function assert_open(answer, protocol)
    assert.is_nil(answer.error)
    assert.is_nil(answer.status)
    assert.equal(protocol, answer.protocol)
    assert.equal("hello", answer.echo)
    assert.equal(client, answer.first.client)
    assert.is_nil(cjson.encode(answer):find(token, 1, true))
  end

  describe("from a page", function()
    it("opens with the protocol that announces the token", function()
      local answer = browse("first", { "bearer", token })
      assert_open(answer, "bearer")
      assert.equal(cjson.null, answer.first.protocols)
    end)

    it("opens with a protocol of the application", function()
      local answer = browse("first", { "bearer", token, "chat.v2", "chat.v1" })
      assert_open(answer, "chat.v2")
      assert.equal("chat.v2, chat.v1", answer.first.protocols)
    end)

    it("opens although the application sends back all that it gets", function()
      assert_open(browse("all", { "bearer", token }), "bearer")
      assert_open(browse("all", { "chat.v2", "bearer", token }), "chat.v2")
    end)

    it("does not open without a valid token", function()
      for _, protocols in ipairs({
        { "bearer", "invalid" }, { "bearer" }, { "chat.v2" },
        { token, "bearer" },
      }) do
        assert.same({ error = "refused" }, browse("first", protocols))
      end
    end)

    it("does not open when the application wants none of its protocols",
      function()
        assert.same({ error = "refused" },
          browse("none", { "bearer", token, "chat.v2" }))
      end)
  end)

  describe("from Node's ws", function()
    it("opens, and the response names the protocol once", function()
      local answer = connect("first", { "bearer", token })
      assert_open(answer, "bearer")
      local _, count = table.concat(answer.response, "\n"):lower():gsub(
        "sec%-websocket%-protocol\nbearer", "")
      assert.equal(1, count)
    end)

    it("opens with Authorization, too", function()
      local authorization = { Authorization = "Bearer " .. token }
      local answer = connect("first", { "chat.v2" }, authorization)
      assert_open(answer, "chat.v2")
      assert.equal(cjson.null, answer.first.authorization)
      assert_open(connect("first", { "bearer", token }, authorization),
        "bearer")
    end)

    it("is told why it does not open", function()
      local answer = connect("first", { "bearer", "invalid" })
      assert.equal(401, answer.status)
      assert.matches('error="invalid_token"', answer.challenge)
      answer = connect("first", { "chat.v2" })
      assert.equal(401, answer.status)
      assert.equal('Bearer realm="Genesys Cloud"', answer.challenge)
      answer = connect("first", { "bearer", token },
        { Authorization = "Bearer another" })
      assert.equal(400, answer.status)
      assert.matches('error="invalid_request"', answer.challenge)
    end)
  end)
end)
