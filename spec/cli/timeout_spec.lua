--- gctokens timeout and gctokens timeout set.

local cjson = require("cjson")
local cli = require("spec.support.cli")
local fixtures = require("spec.support.fixtures")


-- The timeout of the emulator at its start.
local AT_FIRST = "enableIdleTokenTimeout\ttrue\n"
  .. "idleTokenTimeoutSeconds\t3000\n"
  .. "inactivityTimeoutUnit\tMinutes\n"
  .. "inactivityTimeoutGroupsEnabled\tfalse\n"
  .. "inactivityTimeoutGroupBundles\t[]\n"


describe("gctokens timeout", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  it("shows the idle-token timeout", function()
    local result = cli.call(emulator, "timeout")
    assert.same({ code = 0, stdout = AT_FIRST, stderr = "" }, result)
  end)

  it("shows all fields that Genesys sends", function()
    emulator:fault({ status = 200,
      body = '{"enableIdleTokenTimeout":false,"more":{"a":[1]},"less":null}' })
    assert.equal('enableIdleTokenTimeout\tfalse\nmore\t{"a":[1]}\n',
      cli.call(emulator, "timeout").stdout)
  end)

  it("prints JSON with the fields in order with --json", function()
    local result = cli.call(emulator, "timeout", { "--json" })
    assert.equal(0, result.code)
    assert.equal([[
{
  "enableIdleTokenTimeout": true,
  "idleTokenTimeoutSeconds": 3000,
  "inactivityTimeoutGroupBundles": [],
  "inactivityTimeoutGroupsEnabled": false,
  "inactivityTimeoutUnit": "Minutes"
}
]], result.stdout)
  end)

  it("exits with 4 when the token is invalid", function()
    for _, words in ipairs({ { "timeout" }, { "timeout set", "--enable" } }) do
      local result = cli.call(emulator, words[1], { words[2] }, {
        token = "a-token-of-yesterday",
      })
      assert.equal(4, result.code)
      assert.equal("", result.stdout)
      assert.matches("could not get_tokens_timeout: ", result.stderr)
    end
    assert.equal(2, #emulator:requests())
  end)

  it("exits with 4 when the token lacks permission", function()
    local result = cli.call(emulator, "timeout set", { "--enable" }, {
      token = emulator.tokens.agent,
    })
    assert.equal(4, result.code)
    assert.equal("", result.stdout)
    assert.matches("answered 403 app%.not%.authorized%.for%.scope",
      result.stderr)
  end)
end)


describe("gctokens timeout set", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  local function set(...)
    return cli.call(emulator, "timeout set", { ... })
  end

  local function set_from(text, ...)
    return cli.call(emulator, "timeout set", { "--from", "-", ... }, {
      stdin = text,
    })
  end

  -- The timeout that the emulator holds.
  local function stored()
    return cjson.decode(cli.call(emulator, "timeout", { "--json" }).stdout)
  end

  local function writes()
    local count = 0
    for _, request in ipairs(emulator:requests()) do
      count = count + (request.method == "PUT" and 1 or 0)
    end
    return count
  end

  local function assert_refused(reason, result, code)
    assert.equal(code or 2, result.code, result.stderr)
    assert.equal("", result.stdout)
    assert.matches(reason, result.stderr)
    assert.equal(0, writes())
  end

  it("changes the given fields, and shows before and after", function()
    local result = set("--seconds", "600")
    assert.equal(0, result.code)
    assert.equal("\tbefore\tafter\n"
      .. "enableIdleTokenTimeout\ttrue\ttrue\n"
      .. "idleTokenTimeoutSeconds\t3000\t600\n"
      .. "inactivityTimeoutUnit\tMinutes\tMinutes\n"
      .. "inactivityTimeoutGroupsEnabled\tfalse\tfalse\n"
      .. "inactivityTimeoutGroupBundles\t[]\t[]\n", result.stdout)
    assert.equal(600, stored().idleTokenTimeoutSeconds)
  end)

  it("prints both as JSON with --json, and nothing with --quiet", function()
    local object = cjson.decode(set("--disable", "--json").stdout)
    assert.is_true(object.before.enableIdleTokenTimeout)
    assert.is_false(object.after.enableIdleTokenTimeout)
    assert.same({ code = 0, stdout = "", stderr = "" },
      set("--enable", "--quiet"))
    assert.is_true(stored().enableIdleTokenTimeout)
  end)

  it("switches the timeout on and sets its seconds at once", function()
    assert.equal(0, set("--disable").code)
    assert.equal(0, set("--enable", "--seconds", "0900").code)
    assert.equal(900, stored().idleTokenTimeoutSeconds)
    assert.is_true(stored().enableIdleTokenTimeout)
  end)

  it("sets a documented field that Genesys has not sent", function()
    emulator:fault({ status = 200, body = '{"enableIdleTokenTimeout":true}' })
    local result = set("--seconds", "600")
    assert.equal(0, result.code, result.stderr)
    assert.matches("\nidleTokenTimeoutSeconds\t%-\t600\n", result.stdout)
    assert.equal(600, stored().idleTokenTimeoutSeconds)
  end)

  it("refuses seconds while the timeout is off", function()
    assert.equal(0, set("--disable").code)
    emulator:clear_requests()
    assert_refused("the idle%-token timeout is off: .+ %(%-%-enable%)",
      set("--seconds", "600"))
  end)

  it("writes nothing with --dry-run", function()
    local result = set("--seconds", "600", "--dry-run")
    assert.equal(0, result.code)
    assert.matches("\nidleTokenTimeoutSeconds\t3000\t600\n", result.stdout)
    assert.equal(0, writes())
    assert_refused("from 300 to 28800", set("--seconds", "100", "-n"))
  end)

  it("refuses seconds that Genesys does not accept", function()
    for _, seconds in ipairs({ "299", "28801" }) do
      assert_refused("idleTokenTimeoutSeconds must be .+ 300 to 28800",
        set("--seconds", seconds))
    end
    for _, text in ipairs({ "x", "6e2", "600.5", "", " 600", "9999999999" }) do
      assert_refused("%-%-seconds: must be a whole number, not '"
        .. text .. "'", set("--seconds", text))
    end
  end)

  it("exits with 1 when Genesys refuses the value", function()
    emulator:settings({ hipaa = true })
    local result = set("--seconds", "1800")
    assert.equal(1, result.code)
    assert.equal("", result.stdout)
    assert.matches("answered 400 token%.timeout%.exceeded%.hipaa",
      result.stderr)
    assert.equal(3000, stored().idleTokenTimeoutSeconds)
  end)

  it("refuses options that exclude each other", function()
    for reason, arguments in pairs({
      ["%-%-enable and %-%-disable cannot"] = { "--enable", "--disable" },
      ["%-%-seconds cannot be used"] = { "--disable", "--seconds", "600" },
      ["%-%-from cannot be used with"] = { "--from", "-", "--enable" },
      ["nothing to set"] = {},
      ["cannot both read standard input"] =
        { "--from", "-", "--token-file", "-" },
    }) do
      assert_refused(reason,
        cli.call(emulator, "timeout set", arguments))
    end
  end)

  describe("--from", function()
    it("sets the fields of a file and keeps the others", function()
      local name = os.tmpname()
      local file = assert(io.open(name, "w"))
      assert(file:write('{"idleTokenTimeoutSeconds":700}'))
      assert(file:close())
      local result = set("--from", name)
      os.remove(name)
      assert.equal(0, result.code)
      assert.equal(700, stored().idleTokenTimeoutSeconds)
      assert.equal("Minutes", stored().inactivityTimeoutUnit)
    end)

    it("takes the output of timeout --json", function()
      for _, change in ipairs({ "--disable", "--enable" }) do
        assert.equal(0, set(change).code)
        local kept = cli.call(emulator, "timeout", { "--json" }).stdout
        assert.equal(0, set("--enable", "--seconds", "400").code)
        assert.equal(0, set_from(kept).code)
        assert.equal(cjson.decode(kept).enableIdleTokenTimeout,
          stored().enableIdleTokenTimeout)
      end
    end)

    it("ignores a field that is null", function()
      local result = set_from('{"enableIdleTokenTimeout":null,'
        .. '"idleTokenTimeoutSeconds":700}')
      assert.equal(0, result.code)
      assert.is_true(stored().enableIdleTokenTimeout)
    end)

    it("takes a file with a byte-order mark", function()
      local result = set_from('\239\187\191{"idleTokenTimeoutSeconds":700}')
      assert.equal(0, result.code, result.stderr)
      assert.equal(700, stored().idleTokenTimeoutSeconds)
    end)

    it("takes unknown fields if Genesys has sent them", function()
      emulator:fault({ method = "GET", status = 200,
        body = '{"enableIdleTokenTimeout":true,"newField":1}' })
      local result = set_from('{"newField":2}')
      assert.equal(0, result.code, result.stderr)
      local requests = emulator:requests()
      assert.equal(2, cjson.decode(requests[#requests].body).newField)
    end)

    it("refuses a text that is not an object with fields", function()
      for text, reason in pairs({
        [""] = "%- is empty",
        [" \n"] = "%- is empty",
        ["{"] = "%- is not JSON: .+ at character 2",
        ["{} x"] = "%- is not JSON",
        ["idleTokenTimeoutSeconds=600"] = "%- is not JSON",
        ["[]"] = "%- is not a JSON object",
        ['["a"]'] = "%- is not a JSON object",
        ["600"] = "%- is not a JSON object",
        ["null"] = "%- is not a JSON object",
        ["{}"] = "%- sets no field",
        ['{"idleTokenTimeoutSeconds":null}'] = "%- sets no field",
        ['{"inactivityTimeoutUnit":"\255"}'] = "%- is not UTF%-8 text",
      }) do
        assert_refused(reason, set_from(text))
      end
    end)

    it("refuses an unknown field", function()
      assert_refused('"idleTokenTimeoutSecond" is not a field of the idle',
        set_from('{"idleTokenTimeoutSecond":600}'))
      assert_refused('"?[ab]%a+"? is not a field',
        set_from(set("--enable", "--dry-run", "--json").stdout))
    end)

    it("refuses values of wrong types", function()
      for text, reason in pairs({
        ['{"idleTokenTimeoutSeconds":"600"}'] = "a whole number from 300",
        ['{"enableIdleTokenTimeout":1}'] = "must be a boolean",
        ['{"inactivityTimeoutGroupBundles":[1]}'] = "must be a table",
      }) do
        assert_refused(reason, set_from(text))
      end
    end)

    it("refuses a file that cannot be read, or never ends", function()
      for name, reason in pairs({
        ["/nonexistent"] = "No such file", ["/"] = "Is a directory",
        ["/proc/self/mem"] = "", -- an error of reading
      }) do
        assert_refused("could not read " .. name .. ": " .. reason,
          set("--from", name), 3)
      end
      assert_refused("/dev/zero: it has more than 512000 bytes",
        set("--from", "/dev/zero"))
    end)
  end)
end)
