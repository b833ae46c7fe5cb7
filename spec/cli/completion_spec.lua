--- gctokens completion: the scripts, each run by its shell.

local cli = require("spec.support.cli")
local grammar = require("gctokens.cli.grammar")
local regions = require("gctokens.regions")
local system = require("spec.support.system")

local quote = system.quote


describe("gctokens completion", function()
  local directory

  local FOLDER = "a folder"
  -- File names with characters that are special in a shell.
  local NAMES = {
    FOLDER,
    "my file.csv", "your $HOME.csv", 'two "quotes".csv', "it's.csv", "a:b.csv",
    "c=d.csv", "back\\slash.csv", "[x].csv",
  }

  setup(function()
    directory = system.make_directory()
    for _, name in ipairs(NAMES) do
      local make = name == FOLDER and "mkdir " or "touch "
      assert.equal("", (system.run(make .. quote(directory .. "/" .. name))))
    end
  end)

  teardown(function()
    system.remove_directory(directory)
  end)

  local function script_for(shell)
    local result = cli.run({ "completion", shell })
    assert.equal(0, result.code)
    assert.equal("", result.stderr)
    return result.stdout
  end

  -- What a shell prints when it runs a text.
  local function run(shell, text)
    local name = os.tmpname()
    system.write(name, text)
    local output, code = system.run(("cd %s && %s %s"):format(
      quote(directory), shell, name))
    os.remove(name)
    assert.equal(0, code, output)
    return output
  end

  -- Asserts that a script holds every word that can be completed.
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

  -- A sorted list as one text, with one element on each line.
  local function sorted(list)
    table.sort(list)
    return table.concat(list, "\n")
  end

  local FILES = sorted(NAMES)

  it("refuses a shell that it does not know", function()
    local result = cli.run({ "completion", "tcsh" })
    assert.equal(2, result.code)
    assert.matches("must be one of 'bash', 'zsh', 'fish'", result.stderr)
    assert.equal(2, cli.run({ "completion" }).code)
  end)

  describe("for bash #once", function()
    -- The completions of the last word, one on each line. The words are those
    -- that bash has cut.
    local function offered(before, ...)
      local words = {}
      for i, word in ipairs({ "gctokens", ... }) do
        words[i] = quote(word)
      end
      local output = run("bash", ("%s\n%s\nCOMP_WORDS=(%s)\n"):format(before,
        script_for("bash"), table.concat(words, " "))
        .. "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_gctokens\n"
        .. "for response in ${COMPREPLY[@]+\"${COMPREPLY[@]}\"}; do "
        .. "printf '%s\\n' \"$response\"; done\n")
      local list = {}
      for line in output:gmatch("[^\n]+") do
        list[#list + 1] = line
      end
      return sorted(list)
    end

    it("is a script with all words", function()
      local text = script_for("bash")
      assert_complete(text, "--")
      assert.equal("", run("bash -n", text))
    end)

    it("offers what fits, whatever options the user has set", function()
      for _, before in ipairs({
        "", "set -u", "set -e", "IFS=:", "IFS=", "set -o posix",
        "shopt -s failglob nullglob", "set -euf",
      }) do
        local function assert_offered(wanted, ...)
          assert.equal(wanted, offered(before, ...))
        end
        assert_offered("verify", "ver")
        assert_offered("eu-west-1\neu-west-2", "--region", "eu-w")
        assert_offered("eu-west-1\neu-west-2",
          "timeout", "set", "--region", "eu-w")
        assert_offered("verify", "--region", "eu-west-1", "ver")
        assert_offered("set", "timeout", "s")
        assert_offered("--preserve-idle-ttl", "whoami", "--pre")
        assert_offered("", "verify", "--pre")
        assert_offered("--base-url", "verify", "--ba")
        assert_offered("--region\n--results\n--resume\n--retries",
          "revoke", "--re")
        assert_offered("bash\nfish\nzsh", "completion", "")
        assert_offered("my file.csv", "revoke", "--from", "my")
      end
    end)

    it("skips the arguments of options", function()
      local function assert_offered(wanted, ...)
        assert.equal(wanted, offered("", ...))
      end
      assert_offered("", "revoke", "--from", "timeout", "s")
      assert_offered("", "--timeout", "")
      assert_offered("", "revoke", "")
      -- Bash cuts --region=eu-w and --base-url=https://host:1 like this.
      assert_offered("eu-west-1\neu-west-2", "--region", "=", "eu-w")
      assert_offered(offered("", "--region", ""), "--region", "=")
      assert_offered("whoami",
        "--base-url", "=", "https", ":", "//host", ":", "1", "who")
      assert_offered("whoami", "--base-url", "https", ":", "//host", "who")
      -- Without = in COMP_WORDBREAKS, bash does not cut there.
      assert_offered("--region=eu-west-1\n--region=eu-west-2", "--region=eu-w")
      assert_offered("--from=my file.csv", "revoke", "--from=my")
    end)

    it("completes file names only where an option takes a file", function()
      for _, option in ipairs({ "--token-file", "--ca-file" }) do
        assert.equal(FILES, offered("", "whoami", option, ""))
      end
      for _, option in ipairs({ "--from", "--results", "--resume" }) do
        assert.equal(FILES, offered("", "revoke", option, ""))
      end
      for _, option in ipairs({
        "--timeout", "--deadline", "--retries", "--base-url", "--login-url",
        "--proxy", "--column", "--concurrency", "--rate",
      }) do
        assert.equal("", offered("", "revoke", option, ""))
      end
    end)

    it("completes names in quotes and without", function()
      for typed, name in pairs({
        ["my\\ f"] = "my file.csv", ['"my f'] = "my file.csv",
        ["'my f"] = "my file.csv", ["your\\ \\$H"] = "your $HOME.csv",
        ["'your $H"] = "your $HOME.csv", ["two\\ \\\""] = 'two "quotes".csv',
        ["it\\'"] = "it's.csv", ['"it\''] = "it's.csv",
        ["back\\\\"] = "back\\slash.csv", ["\\[x"] = "[x].csv",
        ["a\\ f"] = "a folder", ["a\\:"] = "a:b.csv",
      }) do
        assert.equal(name, offered("", "revoke", "--from", typed))
        assert.equal(name, offered("", "revoke", "--from", "=", typed))
      end
      assert.equal("b.csv", offered("", "revoke", "--from", "a", ":", "b"))
      assert.equal("b.csv", offered("", "revoke", "--from", "a", ":"))
      assert.equal("~/my file.csv", offered("HOME=" .. directory,
        "revoke", "--from", "~/my"))
    end)
  end)

  describe("for zsh #once", function()
    it("is a file of fpath with all words", function()
      local text = script_for("zsh")
      assert.matches("^#compdef gctokens\n", text)
      assert_complete(text, "--")
      assert.equal("", run("zsh -n", text))
    end)

    it("can be evaluated before compinit, and says what it needs", function()
      local program = "eval \"$(<" .. directory .. "/_gctokens)\" || exit 1\n"
      system.write(directory .. "/_gctokens", script_for("zsh"))
      assert.equal("gctokens: completion needs compinit before it\n",
        run("zsh -fu", "set -e\n" .. program))
      assert.equal("_gctokens\n", run("zsh -fu", "autoload -Uz compinit\n"
        .. "compinit -D -u\n" .. program .. "print $_comps[gctokens]\n"))
      os.remove(directory .. "/_gctokens")
    end)
  end)

  describe("for fish #once", function()
    -- The completions that begin with the last word of a line. From version 4
    -- on, fish also lists words that only contain its letters.
    local function offered(line)
      local list = {}
      local word = line:match("%S*$")
      local text = script_for("fish") .. "complete -C " .. quote(line)
      for offer in run("fish --no-config", text):gmatch("[^\n]+") do
        if offer:sub(1, #word) == word then
          list[#list + 1] = offer:match("^[^\t]*"):gsub("/$", "")
        end
      end
      return sorted(list)
    end

    it("is a script with all words", function()
      local text = script_for("fish")
      assert.matches("\ncomplete %-c gctokens ", text)
      assert_complete(text, "-l ")
      assert.equal("", run("fish --no-execute", text))
    end)

    it("offers what fits", function()
      for line, wanted in pairs({
        ["ver"] = "verify", ["timeout "] = "set",
        ["--region eu-w"] = "eu-west-1\neu-west-2",
        ["timeout set --region=eu-w"] =
          "--region=eu-west-1\n--region=eu-west-2",
        ["--region eu-west-1 ver"] = "verify",
        ["whoami --pre"] = "--preserve-idle-ttl", ["verify --pre"] = "",
        ["revoke --re"] = "--region\n--results\n--resume\n--retries",
        ["completion "] = "bash\nfish\nzsh",
        ["revoke "] = "", ["revoke --from timeout "] = "",
        ["--base-url=https://host:1 who"] = "whoami",
      }) do
        assert.equal(wanted, offered("gctokens " .. line), line)
      end
    end)

    it("completes file names only where an option takes a file", function()
      for _, option in ipairs({
        "token-file", "ca-file", "from", "results", "resume",
      }) do
        assert.equal(FILES, offered("gctokens revoke --" .. option .. " "))
      end
      for _, option in ipairs({
        "timeout", "deadline", "retries", "base-url", "proxy", "column", "rate",
      }) do
        assert.equal("", offered("gctokens revoke --" .. option .. " "))
      end
    end)
  end)
end)
