-- A token or secret that a response repeats, however it is spelt and wherever
-- the response is cut.

local core = require("gctokens.core")
local fixtures = require("spec.support.fixtures")
local assert_absent = require("spec.support.secrets")


local BASE = "https://api.example.com"
local KEPT = 4096 -- bytes of err.body


-- Each character as \u0041.
local function escaped(text)
  return (text:gsub(".", function(byte)
    return ("\\u%04x"):format(byte:byte())
  end))
end


-- No piece of the token of that many characters, in clear or with escapes.
local function assert_no_piece(token, length, ...)
  for i = 1, #token - length + 1 do
    local piece = token:sub(i, i + length - 1)
    assert_absent({ piece, escaped(piece) }, ...)
  end
end


describe("core.redact", function()
  it("puts a star in place of each byte of a secret", function()
    assert.equal("a *** b *** c",
      core.redact("a key b foo c", { "key", "foo" }))
    assert.equal("************", core.redact("k\\u0065yk\\u0065",
      { "key", "ke" }):sub(1, 12))
    assert.equal("nothing", core.redact("nothing", {}))
    assert.equal("", core.redact("", { "key" }))
    assert.equal("a\0***", core.redact("a\0key", { "key" }))
  end)

  it("raises on what is no text and no list of them", function()
    for _, arguments in ipairs({
      { 5, {} }, { "a", "b" }, { "a" }, { "a", { 5 } }, { nil, {} },
    }) do
      local ok, message = pcall(core.redact, arguments[1], arguments[2])
      assert.is_false(ok)
      assert.matches("core.redact: ", message)
    end
  end)
end)


describe("an error's body", function()
  local TOKEN = "hunter2-" .. ("Ab3"):rep(10) .. "=="

  local function body_of(status, body, limit)
    local _, _, sent = core.request("get_tokens_me", {
      base_url = BASE, access_token = TOKEN,
    })
    local _, err = core.response(sent, { status = status, body = body }, limit)
    return err.body, err
  end

  it("is redacted before it is cut", function()
    for _, spelt in ipairs({ TOKEN, escaped(TOKEN) }) do
      for at = KEPT - #spelt, KEPT do
        local body, err = body_of(400, '{"message":"'
          .. ("x"):rep(at - 12) .. spelt .. '"}')
        assert.equal(KEPT, #body)
        assert_no_piece(TOKEN, 4, body, err.message)
      end
    end
  end)

  it("is redacted where max_response_bytes cuts it", function()
    for _, spelt in ipairs({ TOKEN, escaped(TOKEN) }) do
      for limit = 12, 12 + #spelt do
        local body = body_of(400, '{"message":"' .. spelt .. '"}', limit)
        assert.equal(limit, #body)
        assert_no_piece(TOKEN, 3, body)
      end
    end
  end)

  it("keeps its end where nothing was cut", function()
    assert.equal("<p>hunter", (body_of(400, "<p>hunter")))
  end)

  it("hides a secret beyond ASCII, too", function()
    local secret = "hunt\195\164r\240\159\152\128"
    for _, spelt in ipairs({
      secret, "hunt\\u00e4r\\ud83d\\ude00", "\\u0068unt\195\164r\\uD83D\\uDE00",
    }) do
      local _, _, sent = core.request("post_oauth_token", {
        base_url = BASE, client_id = "id", client_secret = secret,
      })
      local _, err = core.response(sent, {
        status = 400,
        body = '{"error":"bad","description":"' .. spelt .. '"}',
      })
      assert.is_nil(err.body:find("hunt", 1, true), err.body)
      assert_absent({ secret, spelt }, err)
    end
  end)
end)


describe("a response whose connection ends within the token", function()
  it("shows nothing of it", function()
    local emulator = fixtures.emulator()
    local token = emulator:issue({ user = "agent" })
    local engine = fixtures.engine()
    for _, text in ipairs({ token, escaped(token) }) do
      for _, count in ipairs({ 1, 5, #text - 1 }) do
        for _, head in ipairs({
          "HTTP/1.1 500 No\r\nContent-Length: 9999\r\n\r\n",
          "HTTP/1.1 500 No\r\nX-Echo: ",
        }) do
          emulator:fault({ raw = head .. text:sub(1, count) })
          local _, err = engine:get_tokens_me({ access_token = token })
          assert.is_string(err.kind)
          assert_absent({ text:sub(1, math.max(count, 3)) }, err.body or "",
            err.response.raw_headers)
        end
      end
    end
    engine:close()
  end)
end)
