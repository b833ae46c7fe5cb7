local command = require("spec.support.command")
local grammar = require("gctokens.command.grammar")
local regions = require("gctokens.regions")
local system = require("spec.support.system")


local function is_installed(shell)
  return select(2, system.run("command -v " .. shell)) == 0
end


describe("gctokens completion", function()
  local function script_for(shell)
    local result = command.run({ "completion", shell })
    assert.equal(0, result.code)
    assert.equal("", result.stderr)
    return result.stdout
  end

  -- Runs a shell on a text.
  local function run(shell, text)
    local name = os.tmpname()
    system.write(name, text)
    local output, code = system.run(shell .. " " .. name)
    os.remove(name)
    assert.equal(0, code, output)
    return output
  end

  -- Every word that can be completed is somewhere in the script.
  local function assert_complete(text, dashes)
    local function assert_held(word)
      assert.is_truthy(text:find(word, 1, true), word)
    end
    local function assert_options(options)
      for _, option in ipairs(options or {}) do
        assert_held(dashes .. option.name)
      end
    end
    local function assert_commands(commands)
      for _, entry in ipairs(commands or {}) do
        assert_held(entry.name)
        assert_options(entry.options)
        assert_commands(entry.commands)
      end
    end
    assert_options(grammar.options)
    assert_commands(grammar.commands)
    for name in pairs(regions.domains) do
      assert_held(name)
    end
  end

  it("refuses a shell that it does not know", function()
    local result = command.run({ "completion", "tcsh" })
    assert.equal(2, result.code)
    assert.matches("must be one of 'bash', 'zsh', 'fish'", result.stderr)
    assert.equal(2, command.run({ "completion" }).code)
  end)

  it("prints a script of bash's #once", function()
    local text = script_for("bash")
    assert_complete(text, "--")
    assert.equal("", run("bash -n", text))
  end)

  it("makes bash offer what fits #once", function()
    local text = script_for("bash")

    -- What is offered for the last of the words, in one line each.
    local function offered(...)
      local words = { "gctokens", ... }
      local list = {}
      for i, word in ipairs(words) do
        list[i] = system.quote(word)
      end
      return "\n" .. run("bash", text .. ("\nCOMP_WORDS=(%s)\n"):format(
        table.concat(list, " ")) .. ("COMP_CWORD=%d\n"):format(#words - 1)
        .. "_gctokens\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n")
    end

    assert.equal("\neu-west-1\neu-west-2\n", offered("--region", "eu-w"))
    assert.equal("\neu-west-1\neu-west-2\n",
      offered("timeout", "set", "--region", "eu-w"))
    assert.equal("\nverify\n", offered("ver"))
    assert.equal("\nverify\n", offered("--region", "eu-west-1", "ver"))
    assert.equal("\nset\n", offered("timeout", "s"))
    assert.equal("\n--preserve-idle-ttl\n", offered("whoami", "--pre"))
    assert.equal("\n\n", offered("verify", "--pre"))
    assert.equal("\n--base-url\n", offered("verify", "--ba"))
    assert.matches("\n%-%-resume\n", offered("revoke", "--"))
  end)

  it("prints a script of zsh's #once", function()
    local text = script_for("zsh")
    assert.matches("^#compdef gctokens\n", text)
    assert_complete(text, "--")
    if is_installed("zsh") then
      assert.equal("", run("zsh -n", text))
    end
  end)

  it("prints a script of fish's #once", function()
    local text = script_for("fish")
    assert.matches("\ncomplete %-c gctokens ", text)
    assert_complete(text, "-l ")
    if is_installed("fish") then
      assert.equal("", run("fish --no-execute", text))
    end
  end)
end)
