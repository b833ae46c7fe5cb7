--- Output at a terminal, in a pipe, and to a full disk.

local cjson = require("cjson")
local cli = require("spec.support.cli")
local fixtures = require("spec.support.fixtures")


describe("the output of gctokens", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  local function at_terminal(name, arguments, env)
    return cli.call(emulator, name, arguments, {
      run = cli.at_terminal, env = env,
    })
  end

  local FAINT, BOLD, RED, PLAIN = "\27[2m", "\27[1m", "\27[31m", "\27[0m"

  it("is aligned and coloured at a terminal", function()
    local result = at_terminal("timeout set", { "--seconds", "600" })
    assert.equal(0, result.code)
    local lines = {}
    for line in result.output:gmatch("[^\n]+") do
      lines[#lines + 1] = line
    end
    assert.equal(FAINT .. PLAIN .. (" "):rep(32) .. "before   after", lines[1])
    assert.equal(FAINT .. "enableIdleTokenTimeout" .. PLAIN .. (" "):rep(10)
      .. "true     true", lines[2])
    -- Values that have changed are bold.
    assert.equal(FAINT .. "idleTokenTimeoutSeconds" .. PLAIN .. (" "):rep(9)
      .. BOLD .. "3000" .. PLAIN .. (" "):rep(5) .. BOLD .. "600" .. PLAIN,
      lines[3])
  end)

  it("shows errors in red at a terminal", function()
    emulator:fault({ code = "not.authorized" })
    local result = at_terminal("whoami")
    assert.equal(4, result.code)
    assert.equal(RED .. "gctokens: ", result.output:sub(1, #RED + 10))
    assert.matches("%)\27%[0m\n$", result.output)
  end)

  it("has no colours in JSON", function()
    local result = at_terminal("whoami", { "--json" })
    assert.equal("Example Insurance",
      cjson.decode(result.output).organization.name)
  end)

  it("has no colour with NO_COLOR, or at a dumb terminal", function()
    for _, env in ipairs({ { NO_COLOR = "1" }, { TERM = "dumb" } }) do
      local result = at_terminal("timeout", {}, env)
      assert.equal(0, result.code)
      assert.equal("enableIdleTokenTimeout" .. (" "):rep(10) .. "true\n",
        result.output:match("^[^\n]*\n"))
    end
    assert.matches("^\27", at_terminal("timeout", {}, { NO_COLOR = "" }).output)
  end)

  it("has neither tables nor colours in a pipe", function()
    local result = cli.call(emulator, "timeout")
    assert.matches("^enableIdleTokenTimeout\ttrue\n", result.stdout)
  end)

  it("that cannot be written makes it exit with 3 and say so", function()
    for _, arguments in ipairs({
      { "whoami" }, { "whoami", "--json" }, { "verify" }, { "timeout" },
      { "man" }, { "completion", "bash" }, { "--version" }, { "--help" },
      { "timeout", "set", "--help" }, { "logout" },
    }) do
      local result = cli.call(emulator, "", arguments, {
        stdout = "/dev/full",
      })
      local what = table.concat(arguments, " ")
      assert.equal(3, result.code, what)
      assert.equal("gctokens: could not write the output: No space left on "
        .. "device\n", result.stderr, what)
    end
  end)

  it("is not needed with --quiet", function()
    local result = cli.call(emulator, "verify", { "--quiet" }, {
      stdout = "/dev/full",
    })
    assert.equal(0, result.code)
  end)
end)
