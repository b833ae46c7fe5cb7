--- Completion in interactive shells that are set up as the manual page says.

local cli = require("spec.support.cli")
local cli_shell = require("spec.support.cli_shell")
local grammar = require("gctokens.cli.grammar")
local system = require("spec.support.system")


-- What the file of the user holds before the lines of the manual page.
local COMPINIT = "autoload -Uz compinit && compinit -D -u"
local FPATH = "fpath=(~/.zfunc $fpath)"
local BASH_COMPLETION = ". /usr/share/bash-completion/bash_completion"


describe("a shell #once", function()
  local shell

  before_each(function()
    shell = cli_shell.new()
  end)

  after_each(function()
    shell:close()
  end)

  local function assert_completed(wanted, line)
    assert.same(wanted, shell:completed(line))
  end

  local function assert_completes()
    for _, name in ipairs({
      "my file.csv", "your $HOME.csv", "it's.csv", 'two "quotes".csv',
      "back\\slash.csv", "folder/other file.csv",
    }) do
      shell:write(name, "")
    end
    assert_completed({ "verify" }, "gctokens ver")
    assert_completed({ "timeout", "set" }, "gctokens timeout s")
    assert_completed({ "--region", "me-central-1" }, "gctokens --region me")
    assert_completed({ "--region=me-central-1" }, "gctokens --region=me")
    assert_completed({ "whoami", "--preserve-idle-ttl" },
      "gctokens whoami --pre")
    assert_completed({ "--base-url=https://host:1", "whoami" },
      "gctokens --base-url=https://host:1 who")
    -- A file name is one word, whatever characters it has.
    for typed, name in pairs({
      ["my"] = "my file.csv", ["my\\ f"] = "my file.csv",
      ["'my f"] = "my file.csv", ['"my f'] = "my file.csv",
      ["your"] = "your $HOME.csv", ["it"] = "it's.csv",
      ["two"] = 'two "quotes".csv', ["back"] = "back\\slash.csv",
      ["~/my"] = shell.home .. "/my file.csv",
      ["folder/o"] = "folder/other file.csv",
    }) do
      assert_completed({ "revoke", "--from", name },
        "gctokens revoke --from " .. typed)
    end
    assert_completed({ "revoke", "--from=my file.csv" },
      "gctokens revoke --from=my")
    -- There is nothing to offer for these.
    for _, words in ipairs({
      { "whoami", "--timeout", "m" }, { "whoami", "--timeout=m" },
      { "revoke", "m" }, { "verify", "m" },
    }) do
      assert_completed(words, "gctokens " .. table.concat(words, " "))
    end
  end

  for _, setup in ipairs(grammar.shell_setups) do
    it("completes in " .. setup.title, function()
      local rc = ({
        bash = setup.title:find("all sessions") and BASH_COMPLETION,
        zsh = setup.title:find("all sessions") and FPATH .. "\n" .. COMPINIT
          or COMPINIT,
      })[setup.shell] or nil
      shell:enter(setup.shell, rc)
      for _, line in ipairs(setup.commands) do
        shell:run(line)
      end
      if setup.title:find("all sessions") then
        shell:leave()
        shell:enter(setup.shell, rc)
      end
      assert_completes()
    end)

    it("is set up so in README and manual page: " .. setup.title, function()
      local readme = system.read("lua/gctokens/cli/README.md")
      local page = cli.run({ "man" }).stdout:gsub("\\%(ti", "~")
        :gsub("\\%-", "-")
      for _, line in ipairs(setup.commands) do
        assert.truthy(readme:find("\n" .. line .. "\n", 1, true), line)
        assert.truthy(page:find("\n" .. line .. "\n", 1, true), line)
      end
    end)
  end

  -- The other lines make the use of an unset variable an error.
  it("completes in all sessions from a line in its own file", function()
    for name, lines in pairs({
      bash = "set -u\n" .. grammar.shell_setups[1].commands[1],
      zsh = "setopt nounset\n" .. COMPINIT .. "\n"
        .. grammar.shell_setups[3].commands[1],
      fish = grammar.shell_setups[5].commands[1],
    }) do
      shell:enter(name, lines)
      assert.equal("ready>\n", shell:screen())
      assert_completes()
      shell:leave()
    end
  end)

  it("completes with any COMP_WORDBREAKS of bash", function()
    for _, characters in ipairs({ "=:", "=", ":", "@" }) do
      shell:enter("bash", ("COMP_WORDBREAKS=${COMP_WORDBREAKS//[%s]}\n")
        :format(characters) .. grammar.shell_setups[1].commands[1])
      assert_completes()
      shell:leave()
    end
  end)

  it("completes together with the bash-completion package", function()
    shell:enter("bash", BASH_COMPLETION .. "\n"
      .. grammar.shell_setups[1].commands[1])
    assert_completes()
  end)
end)
