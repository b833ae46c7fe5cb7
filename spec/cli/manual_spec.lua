--- gctokens man: the manual page.

local cli = require("spec.support.cli")
local core = require("gctokens.core")
local grammar = require("gctokens.cli.grammar")
local system = require("spec.support.system")


describe("gctokens man", function()
  local page

  setup(function()
    local result = cli.run({ "man" })
    assert.equal(0, result.code)
    assert.equal("", result.stderr)
    page = result.stdout
  end)

  -- The page as plain text.
  local function rendered()
    local name = os.tmpname()
    system.write(name, page)
    local text, code = system.run(
      "groff -man -ww -Tutf8 -P-c -P-b -P-o -P-u " .. name)
    os.remove(name)
    assert.equal(0, code, text)
    return text
  end

  it("names the version and its date", function()
    local version, date = system.read("CHANGELOG.md"):match(
      "\n## %[(%d[%d.]*)%] %- (%d%d%d%d%-%d%d%-%d%d)\n")
    assert.equal(core._VERSION, version)
    assert.equal(('.TH GCTOKENS 1 "%s" "gctokens %s" "User Commands"'):format(
      date, version), page:match("^[^\n]*"))
  end)

  it("has all commands, options, variables and exit codes", function()
    local function assert_told(text)
      assert.is_truthy(page:find(text, 1, true), text)
    end
    local function assert_options(options)
      for _, option in ipairs(options or {}) do
        assert_told("\\fB\\-\\-" .. option.name:gsub("-", "\\-") .. "\\fR"
          .. (option.argument and " \\fI" .. option.argument .. "\\fR" or "")
          .. "\n")
      end
    end
    local function assert_commands(commands, path)
      for _, entry in ipairs(commands or {}) do
        assert_told("\n.SS " .. path .. entry.name .. "\n")
        assert_options(entry.options)
        assert_commands(entry.commands, path .. entry.name .. " ")
      end
    end
    assert_commands(grammar.commands, "gctokens ")
    assert_options(grammar.options)
    assert_options({ { name = "help" }, { name = "version" } })
    for _, row in ipairs(grammar.environment) do
      assert_told("\\fB" .. row[1] .. "\\fR\n" .. row[2])
    end
    for _, row in ipairs(grammar.exit_codes) do
      assert_told("\\fB" .. row[1] .. "\\fR\n")
    end
  end)

  it("passes the lint of mandoc #once", function()
    local name = os.tmpname()
    system.write(name, page)
    local text, code = system.run("mandoc -T lint -W all " .. name)
    os.remove(name)
    assert.equal("", text)
    assert.equal(0, code)
  end)

  it("is rendered by groff without a warning #once", function()
    local text = rendered()
    assert.is_nil(text:find("warning"), text)
    assert.is_nil(text:find("troff"), text)
    for _, title in ipairs({
      "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "ENVIRONMENT",
      "EXIT STATUS", "SHELL COMPLETION", "EXAMPLES",
    }) do
      assert.is_truthy(text:find("\n" .. title .. "\n", 1, true), title)
    end
  end)

  it("has examples that can be copied #once", function()
    local text = rendered()
    local function assert_examples(commands)
      for _, entry in ipairs(commands or {}) do
        for _, example in ipairs(entry.examples) do
          assert.is_truthy(text:find(example[1], 1, true), example[1])
        end
        assert_examples(entry.commands)
      end
    end
    assert_examples(grammar.commands)
  end)
end)
