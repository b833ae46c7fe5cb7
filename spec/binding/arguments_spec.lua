--- The arguments table of an operation: types, names and headers.

local core = require("gctokens.core")


local function refusal(operation, arguments)
  local ok, message = pcall(function()
    local request = core.request(operation, arguments)
    return request
  end)
  assert.is_false(ok)
  assert.matches("^[^:]*arguments_spec.lua:%d+: ", message)
  return message
end


describe("the arguments of an operation", function()
  it("must be a table with names that the operation knows", function()
    for _, value in ipairs({ "x", 5, true, print }) do
      assert.matches("the arguments must be a table",
        refusal("get_tokens_me", value))
    end
    assert.matches('get_tokens_me takes no argument "user_id"',
      refusal("get_tokens_me", { user_id = "u" }))
    assert.matches('delete_token takes no argument "preserve_idle_ttl"',
      refusal("delete_token", { preserve_idle_ttl = true }))
    assert.matches("names must be strings", refusal("get_tokens_me", { "x" }))
  end)

  it("must have the right types", function()
    for name, values in pairs({
      access_token = { 5, {}, true }, base_url = { 5 }, user_agent = { {} },
      timeout = { "1", true }, connect_timeout = { {} },
      headers = { "x", 5, { 1 }, { a = 1 }, { a = true } },
      preserve_idle_ttl = { "true", 1 },
    }) do
      for _, value in ipairs(values) do
        assert.matches(name, refusal("get_tokens_me", { [name] = value }))
      end
    end
    assert.matches("user_id must be a string, got number",
      refusal("delete_token", { user_id = 42 }))
    assert.matches("body must be a table, got string",
      refusal("put_tokens_timeout", { body = "{}" }))
    assert.matches("validate must be a boolean",
      refusal("put_tokens_timeout", { validate = "no" }))
  end)

  it("must be times that make sense", function()
    for _, seconds in ipairs({ 0, -1, 0 / 0 }) do
      assert.matches("timeout must be more than 0",
        refusal("get_tokens_me", { timeout = seconds }))
    end
  end)

  it("have a body only where the operation takes one", function()
    assert.matches("get_tokens_me takes no body",
      refusal("get_tokens_me", { body = {} }))
  end)

  it("have at most 64 headers", function()
    local headers = {}
    for i = 1, 65 do
      headers["X-" .. i] = "v"
    end
    assert.matches("more than 64 fields",
      refusal("get_tokens_me", { headers = headers }))
    headers["X-1"] = nil
    local request = core.request("get_tokens_me", {
      base_url = "https://api.example.com", access_token = "abc",
      headers = headers,
    })
    assert.equal("v", request.headers["X-64"])
  end)

  it("are not shown where a name is wanted", function()
    local token = ("t0ken"):rep(17)
    for _, message in ipairs({
      refusal(token), refusal("get_tokens_me", { [token] = true }),
    }) do
      assert.matches("too long for a name", message)
      assert.is_nil(message:find("t0ken", 1, true))
    end
  end)

  it("name an operation that exists", function()
    assert.matches('there is no operation "get_tokens_you"',
      refusal("get_tokens_you"))
    for _, value in ipairs({ 5, {}, true }) do
      assert.matches("name must be a string", refusal(value))
    end
  end)
end)
