--- Request bodies: from a Lua table to JSON, checked against the schema.

local cjson = require("cjson")
local core = require("gctokens.core")
local gctokens = require("gctokens")


local function encode(body, validate)
  local request, err = core.request("put_tokens_timeout", {
    base_url = "https://api.example.com", access_token = "abc", body = body,
    validate = validate,
  })
  return request and request.body, err
end


local function refusal(body, validate)
  local text, err = encode(body, validate)
  assert.is_nil(text)
  assert.equal("argument", err.kind)
  return err.message:match("^could not put_tokens_timeout: (.*)$")
end


local function bundle(changes)
  local result = { priority = 1, timeoutSeconds = 900, groups = { "g1" } }
  for name, value in pairs(changes or {}) do
    result[name] = value
  end
  return { inactivityTimeoutGroupBundles = { result } }
end


describe("a request body", function()
  it("is the JSON of the table", function()
    local body = {
      idleTokenTimeoutSeconds = 3000, enableIdleTokenTimeout = true,
      inactivityTimeoutUnit = "Minutes", inactivityTimeoutGroupsEnabled = true,
      inactivityTimeoutGroupBundles = { {
        priority = 1, timeoutSeconds = 900, inactivityTimeoutUnit = "Hours",
        groups = { "g1", "g2" },
      } },
    }
    assert.same(body, cjson.decode((encode(body))))
    assert.equal("{}", encode({}))
  end)

  it("writes whole numbers without a fraction", function()
    assert.equal('{"idleTokenTimeoutSeconds":28800}',
      encode({ idleTokenTimeoutSeconds = 28800.0 }))
    assert.equal('{"x":-12345678901}', encode({ x = -12345678901 }))
    assert.equal('{"x":2.5}', encode({ x = 2.5 }))
  end)

  it("writes arrays of the schema as arrays, empty ones too", function()
    assert.equal('{"inactivityTimeoutGroupBundles":[]}',
      encode({ inactivityTimeoutGroupBundles = {} }))
    assert.equal('{"inactivityTimeoutGroupBundles":[]}',
      encode({ inactivityTimeoutGroupBundles = {} }, false))
    assert.matches('"groups":%[%]', (encode(bundle({ groups = {} }))))
  end)

  it("writes marked tables as arrays where the schema says nothing",
    function()
      assert.equal('{"x":{}}', encode({ x = {} }))
      assert.equal('{"x":[]}', encode({ x = gctokens.array({}) }))
      assert.equal('{"x":[1]}', encode({ x = gctokens.array({ 1 }) }))
      if cjson.array_mt then
        assert.equal('{"x":[]}',
          encode({ x = setmetatable({}, cjson.array_mt) }))
      end
    end)

  it("sends back what was received, fields of tomorrow included", function()
    local text = '{"idleTokenTimeoutSeconds":3000,"brandNew":{"a":["b"]},'
      .. '"inactivityTimeoutGroupBundles":[]}'
    local timeout = core.response("get_tokens_timeout", 200, {}, text)
    assert.same(cjson.decode(text), cjson.decode((encode(timeout))))
    assert.matches('"inactivityTimeoutGroupBundles":%[%]',
      (encode(timeout)))
  end)

  it("writes every digit of a number", function()
    for _, number in ipairs({
      0.1, 0.1 + 0.2, 1 / 3, 1e15 + 1, 2 ^ 53, 1234567890123456, 1e300, -2.5,
      5e-324,
    }) do
      local text = encode({ x = number }):match('^{"x":(.*)}$')
      assert.equal(number, tonumber(text))
    end
    assert.equal('{"x":0.1}', encode({ x = 0.1 }))
  end)

  it("survives a table that changes while it is written", function()
    -- a hook stands for a finalizer: both run where Lua is called
    for at = 1, 60 do
      local body = { a = "1", b = "2", c = "3" }
      local count = 0
      debug.sethook(function()
        count = count + 1
        if count == at then
          debug.sethook()
          body[true] = 1
        end
      end, "c")
      local ok = pcall(encode, body, false)
      debug.sethook()
      assert.is_boolean(ok)
    end
  end)

  it("escapes what JSON must escape", function()
    local body = { x = 'a"b\\c\n\0d\195\188', ['k"\n'] = "v" }
    assert.same(body, cjson.decode((encode(body))))
  end)

  it("refuses what the published schema forbids, naming the field",
    function()
      local cases = {
        ["body.idleTokenTimeoutSeconds must be a whole number from 300 to "
          .. "28800"] = {
          { idleTokenTimeoutSeconds = 299 },
          { idleTokenTimeoutSeconds = 28801 },
          { idleTokenTimeoutSeconds = 300.5 },
          { idleTokenTimeoutSeconds = "3000" },
          { idleTokenTimeoutSeconds = 0 / 0 },
          { idleTokenTimeoutSeconds = math.huge },
          { idleTokenTimeoutSeconds = true },
          { idleTokenTimeoutSeconds = {} },
        },
        ["body.enableIdleTokenTimeout must be a boolean"] = {
          { enableIdleTokenTimeout = "true" }, { enableIdleTokenTimeout = 1 },
          { enableIdleTokenTimeout = cjson.null },
        },
        ["body.inactivityTimeoutGroupsEnabled must be a boolean"] = {
          { inactivityTimeoutGroupsEnabled = 0 },
        },
        ['body.inactivityTimeoutUnit must be "Minutes" or "Hours"'] = {
          { inactivityTimeoutUnit = "MINUTES" },
          { inactivityTimeoutUnit = "Hours\0" },
        },
        ["body.inactivityTimeoutUnit must be a string"] = {
          { inactivityTimeoutUnit = 5 },
        },
        ["body.inactivityTimeoutGroupBundles must be an array"] = {
          { inactivityTimeoutGroupBundles = "x" },
        },
        ["body.inactivityTimeoutGroupBundles must be an array: only the keys "
          .. "1, 2, 3..."] = {
          { inactivityTimeoutGroupBundles = { a = 1 } },
          { inactivityTimeoutGroupBundles = { [0] = {} } },
          { inactivityTimeoutGroupBundles = { [1.5] = {} } },
        },
        ["body.inactivityTimeoutGroupBundles must be an array without holes"] =
        {
          { inactivityTimeoutGroupBundles = { [2] = {} } },
          { inactivityTimeoutGroupBundles = { [2 ^ 50] = {} } },
        },
        ["body.inactivityTimeoutGroupBundles[1] must be a table"] = {
          { inactivityTimeoutGroupBundles = { "x" } },
        },
        ["body.inactivityTimeoutGroupBundles[1].priority must be a whole "
          .. "number from 1 to 5"] = {
          bundle({ priority = 0 }), bundle({ priority = 6 }),
          bundle({ priority = "1" }),
        },
        ["body.inactivityTimeoutGroupBundles[1].timeoutSeconds must be a "
          .. "whole number from 300 to 28800"] = {
          bundle({ timeoutSeconds = 299 }),
        },
        ["body.inactivityTimeoutGroupBundles[1].groups[1] must be a string"] =
        {
          bundle({ groups = { 5 } }),
        },
        ["body.inactivityTimeoutGroupBundles[1].priority is required"] = {
          { inactivityTimeoutGroupBundles = {
            { timeoutSeconds = 300, groups = {} },
          } },
        },
        ["body.inactivityTimeoutGroupBundles[1].groups is required"] = {
          { inactivityTimeoutGroupBundles = {
            { timeoutSeconds = 300, priority = 1 },
          } },
        },
        ["body must have strings as keys"] = {
          { "x" }, { [true] = 1 }, { [1.5] = 1 },
        },
        -- said before what else is wrong with the object
        ["body.inactivityTimeoutGroupBundles[1] must have strings as keys"] = {
          { inactivityTimeoutGroupBundles = { { [true] = 1 } } },
          { inactivityTimeoutGroupBundles = { { [1.5] = 1 } } },
          { inactivityTimeoutGroupBundles = { { [0] = 1 } } },
        },
      }
      for message, bodies in pairs(cases) do
        for _, body in ipairs(bodies) do
          assert.equal(message, refusal(body))
        end
      end
    end)

  it("leaves the judgement to the server with validate = false", function()
    assert.equal('{"idleTokenTimeoutSeconds":1}',
      encode({ idleTokenTimeoutSeconds = 1 }, false))
    assert.equal('{"enableIdleTokenTimeout":null}',
      encode({ enableIdleTokenTimeout = cjson.null }, false))
    assert.equal('{"inactivityTimeoutUnit":5}',
      encode({ inactivityTimeoutUnit = 5 }, false))
    assert.equal('{"inactivityTimeoutGroupBundles":{"a":1}}',
      encode({ inactivityTimeoutGroupBundles = { a = 1 } }, false))
    assert.equal("[1,2]", encode({ 1, 2 }, false))
  end)

  it("takes a list in whatever order it was filled", function()
    assert.equal("[1,2,3]", encode({ [3] = 3, [2] = 2, [1] = 1 }, false))
    assert.equal('{"idleTokenTimeoutSeconds":[1]}',
      encode({ idleTokenTimeoutSeconds = { 1 } }, false))
  end)

  it("refuses what cannot be JSON, also without validation", function()
    local cycle = {}
    cycle.itself = cycle
    for _, case in ipairs({
      { { x = 0 / 0 }, "body.x is not a finite number" },
      { { x = -math.huge }, "body.x is not a finite number" },
      { { x = print }, "body.x cannot be written as JSON" },
      { { x = io.stdout }, "body.x cannot be written as JSON" },
      { { x = coroutine.create(refusal) }, "body.x cannot be written as JSON" },
      { { x = { 1, nil, 3 } }, "body.x must be an array without holes" },
      { { x = { 1, a = 2 } },
        "body.x must be an array: only the keys 1, 2, 3..." },
    }) do
      assert.equal(case[2], refusal(case[1], false))
    end
    assert.matches("is nested too deeply, or contains itself$",
      refusal(cycle, false))
    -- A light userdata that is not JSON's null.
    local upvalueid = debug.upvalueid -- luacheck: ignore 143 (not in Lua 5.1)
    if upvalueid then
      assert.equal("body.x cannot be written as JSON",
        refusal({ x = upvalueid(refusal, 1) }, false))
    end
  end)

  it("knows no field by a name that goes on behind a NUL", function()
    assert.equal('{"idleTokenTimeoutSeconds\\u0000":"x"}',
      (encode({ ["idleTokenTimeoutSeconds\0"] = "x" })))
  end)

  it("is bounded", function()
    assert.matches("longer than 512000 bytes",
      refusal({ x = ("y"):rep(600000) }, false))
    local many = {}
    for i = 1, 100000 do
      many[i] = "12345678"
    end
    assert.matches("longer than 512000 bytes", refusal({ x = many }, false))
  end)

  it("shows a long or hostile field name cut and on one line", function()
    local message = refusal({ [("n\n"):rep(5000)] = print }, false)
    assert.is_true(#message < 400)
    assert.is_nil(message:find("%c"))
  end)
end)
