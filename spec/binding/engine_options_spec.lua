--- The options of core.new: which are refused.

local core = require("gctokens.core")

local BASE = "https://api.example.com"


local function refusal(options)
  local ok, message = pcall(function()
    return core.new(options), nil
  end)
  assert.is_false(ok)
  assert.matches("^[^:]*engine_options_spec.lua:%d+: ", message)
  return message
end


describe("the options of core.new", function()
  it("are taken together", function()
    local engine = core.new({
      base_url = BASE, user_agent = "x", ca_file = "x", ca_path = "x",
      client_cert = "x", client_key = "x", proxy = "", no_proxy = "x",
      timeout = 0.5, connect_timeout = 1, max_response_bytes = 10,
      max_connections = 2, allow_http = true,
    })
    engine:close()
  end)

  it("must be a table with known names", function()
    for _, value in ipairs({ "x", 5, true }) do
      assert.matches("the options must be a table", refusal(value))
    end
    assert.matches("the options must be a table", refusal(nil))
    assert.matches('core.new takes no option "tiemout"',
      refusal({ base_url = BASE, tiemout = 1 }))
    assert.matches("names must be strings", refusal({ BASE }))
  end)

  it("must have the right types and ranges", function()
    for name, values in pairs({
      base_url = { 5, true, "", "x", "ftp://x", "http://example.com", "a\0" },
      user_agent = { 5, {}, "a\0b" },
      ca_file = { false, "a\0b" },
      proxy = { 1 },
      timeout = { "1", 0, -1, 0 / 0, math.huge, 1e10 },
      connect_timeout = { "1", 0 },
      max_response_bytes = { "1", 0, -5, 0 / 0, 1e10 },
      max_connections = { {}, 0 },
      allow_http = { 1, "true" },
    }) do
      for _, value in ipairs(values) do
        local options = { base_url = BASE }
        options[name] = value
        assert.matches(name, refusal(options))
      end
    end
  end)

  it("are not known by a name that goes on behind a NUL", function()
    for _, name in ipairs({ "timeout\0x", "base_url\0", "\0timeout" }) do
      assert.matches("without NUL", refusal({ base_url = BASE, [name] = 5 }))
    end
  end)

  it("need a base URL", function()
    assert.matches("base_url is missing", refusal({}))
  end)

  it("are not quoted in messages", function()
    assert.not_matches("hunter2",
      refusal({ base_url = "https://user:hunter2@example.com" }))
  end)
end)
