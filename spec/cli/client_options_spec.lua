--- Options of the command that are made of the library's tables.

local cli = require("spec.support.cli")
local client_options = require("gctokens.cli.client_options")
local described = require("gctokens.options.described")
local options = require("gctokens.options")


describe("gctokens' options that are the library's", function()
  local function find(list, name)
    for _, option in ipairs(list) do
      if option.name == name then
        return option
      end
    end
  end

  it("are those whose row says so", function()
    local taken = client_options.of_client()
    local count = 0
    for _, row in ipairs(described.client) do
      if row.command then
        count = count + 1
        local option = find(taken, (row.name:gsub("_", "-")))
        assert.equal(row.name, option.library_name)
      end
    end
    assert.equal(count, #taken)
  end)

  it("have the library's help and default, in the command's words", function()
    local taken = client_options.of_client()
    assert.same({
      name = "timeout", argument = "SECONDS", value = "seconds",
      help = "time limit of one attempt (default: 15 s)",
      library_name = "timeout",
    }, find(taken, "timeout"))
    assert.matches("with a %-%-base%-url that",
      find(taken, "login-url").help)
    for _, option in ipairs(taken) do
      assert.not_matches("[`_]", option.help)
    end
  end)

  it("are flags where they are true or false", function()
    local flag = client_options.of_operation("get_tokens_me")[1]
    assert.equal("preserve-idle-ttl", flag.name)
    assert.is_nil(flag.argument)
    assert.equal("do not count this call as use of the token", flag.help)
  end)

  it("may have a name of the command's own", function()
    local taken = client_options.of_operation("delete_tokens_of")
    assert.equal("rate_per_minute", find(taken, "rate").library_name)
    assert.matches("or off %(default: 300%)", find(taken, "rate").help)
  end)

  it("are what --help shows, with --retries from the library's attempts",
    function()
      local text = cli.run({ "--help" }).stdout:gsub("%s+", " ")
      for _, option in ipairs(client_options.of_client()) do
        assert.truthy(text:find(option.help:gsub("%s+", " "), 1, true),
          option.help)
      end
      assert.truthy(text:find(("tried again (default: %d)"):format(
        options.defaults.retry.max_attempts - 1), 1, true))
    end)
end)
