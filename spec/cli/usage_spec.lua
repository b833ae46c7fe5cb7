--- Usage: help, version, and arguments that are refused.

local cli = require("spec.support.cli")
local core = require("gctokens.core")
local grammar = require("gctokens.cli.grammar")


-- Needs no server and no token.
describe("the usage of gctokens", function()
  local function assert_refused(reason, arguments, env)
    local result = cli.run(arguments, { env = env })
    assert.equal(2, result.code, result.stderr)
    assert.equal("", result.stdout)
    assert.matches("^gctokens: [^\n]+\n$", result.stderr)
    assert.matches(reason, result.stderr)
    assert.is_nil(result.stderr:find("hunter2", 1, true))
  end

  it("--version prints the version", function()
    assert.same({
      code = 0, stdout = "gctokens " .. core._VERSION .. "\n", stderr = "",
    }, cli.run({ "--version" }))
  end)

  it("--help shows commands, options, environment and exit codes", function()
    local result = cli.run({ "--help" })
    assert.equal(0, result.code)
    assert.equal("", result.stderr)
    local function assert_told(text)
      assert.is_truthy(result.stdout:find(text, 1, true), text)
    end
    for _, entry in ipairs(grammar.commands) do
      assert_told("\n   " .. entry.name .. " ")
      assert_told(entry.summary)
    end
    for _, option in ipairs(grammar.options) do
      assert_told("--" .. option.name)
    end
    for _, row in ipairs(grammar.environment) do
      assert_told("\n   " .. row[1] .. " ")
    end
    for _, row in ipairs(grammar.exit_codes) do
      assert_told(("\n   %-4s %s"):format(row[1], row[2]))
    end
    for line in result.stdout:gmatch("[^\n]+") do
      assert.is_true(#line <= 80, line)
    end
  end)

  it("--help of a command shows its options and examples #once", function()
    local function assert_helped(path, entry)
      local words = {}
      for word in path:gmatch("%S+") do
        words[#words + 1] = word
      end
      words[#words + 1] = "-h"
      local result = cli.run(words)
      assert.equal(0, result.code)
      assert.matches("^Usage: gctokens " .. path .. " ", result.stdout)
      for _, option in ipairs(entry.options or {}) do
        assert.is_truthy(result.stdout:find("--" .. option.name, 1, true))
      end
      for _, example in ipairs(entry.examples) do
        assert.is_truthy(result.stdout:find(example[1], 1, true))
      end
      for _, inner in ipairs(entry.commands or {}) do
        assert_helped(path .. " " .. inner.name, inner)
      end
    end
    for _, entry in ipairs(grammar.commands) do
      assert_helped(entry.name, entry)
    end
  end)

  it("requires a command", function()
    assert_refused("a command is required %(gctokens %-%-help%)", {})
  end)

  it("suggests a command or option for a misspelt one", function()
    assert_refused("unknown command 'whoam'. Did you mean 'whoami'%?",
      { "whoam" })
    assert_refused("unknown command 'sett'. Did you mean 'set'%?",
      { "timeout", "sett" })
    assert_refused("unknown option '%-%-regoin'. Did you mean '%-%-region'%?",
      { "whoami", "--regoin", "eu-west-1" })
  end)

  it("takes no token as an argument, and does not show one", function()
    for _, arguments in ipairs({
      { "whoami", "--token=hunter2" }, { "whoami", "--token", "hunter2" },
      { "whoami", "hunter2" },
    }) do
      assert_refused("", arguments)
    end
  end)

  it("suggests a region for a misspelt one", function()
    local env = { GENESYSCLOUD_ACCESS_TOKEN = "a-token" }
    assert_refused("%-%-region cannot be used: \"eu%-wst%-1\" is neither a "
      .. "known region nor a domain, did you mean \"eu%-west%-1\"%?",
      { "whoami", "--region", "eu-wst-1" }, env)
    assert_refused("%-%-region cannot be used: \"atlantis\" is neither .+ nor "
      .. "a domain\n",
      { "whoami", "--region", "atlantis" }, env)
    env.GENESYSCLOUD_REGION = "eu-wst-1"
    assert_refused("GENESYSCLOUD_REGION cannot be used: \"eu%-wst%-1\" is "
      .. "neither a known region nor a domain, did you mean \"eu%-west%-1\"%?",
      { "whoami" }, env)
  end)

  it("refuses what is not a number, and numbers out of range #once", function()
    for option, texts in pairs({
      ["--timeout"] = { "0", "x", ".", "1e3", "0x10", "nan", "inf", "1 " },
      ["--deadline"] = { "0.0", "5s" },
      ["--retries"] = { "1.5", "1001", "many" },
    }) do
      for _, text in ipairs(texts) do
        assert_refused("^gctokens: %-%-" .. option:sub(3) .. ": must be .+, "
          .. "not '" .. text:gsub("%W", "%%%0") .. "'",
          { "whoami", option, text })
      end
    end
  end)

  it("refuses an option without its argument, or with an empty one", function()
    for _, option in ipairs({
      "region", "base-url", "login-url", "token-file", "ca-file",
    }) do
      local name = option:gsub("%-", "%%-")
      assert_refused("option '%-%-" .. name .. "' requires an argument",
        { "whoami", "--" .. option })
      assert_refused("%-%-" .. name .. ": the argument is empty",
        { "whoami", "--" .. option, "" })
    end
  end)

  it("refuses invalid URLs, and URLs that would expose the token", function()
    local env = { GENESYSCLOUD_ACCESS_TOKEN = "a-token" }
    for _, option in ipairs({ "base-url", "login-url" }) do
      local name = "%-%-" .. option:gsub("%-", "%%-")
      for url, reason in pairs({
        ["junk"] = "the URL is not a URL such as https://",
        ["ftp://127.0.0.1/"] = "",
        ["http://example.com"] = "would send credentials to example.com in "
          .. "clear text: use https, or set %-%-allow%-http",
        ["https://me:hunter2@example.com"] = "must not hold a user name",
      }) do
        assert_refused(name .. " cannot be used: .*" .. reason,
          { "whoami", "--" .. option, url }, env)
      end
    end
  end)

  it("sends clear text to another host only with --allow-http", function()
    local result = cli.run({
      "whoami", "--base-url", "http://gctokens.invalid", "--allow-http",
      "--retries", "0", "--proxy", "http://127.0.0.1:1",
    }, { env = { GENESYSCLOUD_ACCESS_TOKEN = "a-token" } })
    assert.equal(3, result.code)
    assert.matches("COULDNT_CONNECT", result.stderr)
  end)
end)
