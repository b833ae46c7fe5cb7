--- JSON in responses: whole numbers, null, arrays; the lua-cjson instance.

local core = require("gctokens.core")
local fixtures = require("spec.support.fixtures")


local function decode(text)
  local result, err = core.response("get_tokens_me", 200, {}, text)
  assert.is_nil(err and err.message)
  return result
end


describe("JSON in a response", function()
  it("loses null: the field is absent", function()
    assert.same({ b = { c = {} } }, decode('{"a":null,"b":{"c":{"d":null}}}'))
  end)

  it("closes arrays up where null was", function()
    assert.same({ a = { 1, 2 } }, decode('{"a":[null,1,null,2,null]}'))
    assert.same({ a = {} }, decode('{"a":[null]}'))
  end)

  it("sees null and numbers behind strings of all kinds", function()
    for _, text in ipairs({
      "", "a", [[\"]], [[\\]], [[\\\"]], [[\"a\\]], [[{\":1,\"}]],
    }) do
      local list = decode(('{"%s":["%s",null]}'):format(text, text))
      assert.same({ (decode(('{"a":"%s"}'):format(text)).a) },
        select(2, next(list)))
      list = decode(('{"a":["%s",2]}'):format(text)).a
      assert.equal("2", tostring(list[2]))
    end
  end)

  it("has whole numbers as integers where Lua has them", function()
    local info = decode('{"a":28800,"b":2.5,"c":-0,"d":[1,{"e":3}],"f":1e3}')
    assert.equal(28800, info.a)
    assert.equal(2.5, info.b)
    assert.equal("28800", tostring(info.a))
    assert.equal("1000", tostring(info.f))
    local kind = math.type -- luacheck: ignore 143 (since Lua 5.3)
    if kind then
      assert.equal("integer", kind(info.a))
      assert.equal("integer", kind(info.d[1]))
      assert.equal("integer", kind(info.d[2].e))
      assert.equal("float", kind(info.b))
    end
  end)

  it("keeps numbers that do not fit an integer", function()
    assert.equal(1e300, decode('{"a":1e300}').a)
    assert.equal(-1e300, decode('{"a":-1e300}').a)
    assert.equal(math.huge, decode('{"a":1e400}').a)
  end)

  it("keeps fields that nobody has heard of", function()
    assert.same({ brandNew = { deep = { "x" } } },
      decode('{"brandNew":{"deep":["x"]}}'))
  end)

  it("takes 60 levels and refuses 1000", function()
    assert.is_table(decode(('{"a":'):rep(60) .. "1" .. ("}"):rep(60)))
    local result, err = core.response("get_tokens_me", 200, {},
      ('{"a":'):rep(1000) .. "1" .. ("}"):rep(1000))
    assert.is_nil(result)
    assert.equal("protocol", err.kind)
  end)

  it("does not take an error of somebody else's for bad JSON", function()
    -- a hook that raises just when cjson is called, as Ctrl-C may
    local raised = 0
    for at = 1, 12 do
      local count = 0
      local ok, result, err = pcall(function()
        debug.sethook(function()
          count = count + 1
          if count == at then
            debug.sethook()
            error("interrupted!", 0)
          end
        end, "c")
        local info, problem = core.response("get_tokens_me", 200, {},
          '{"a":1}')
        debug.sethook()
        return info, problem
      end)
      if ok then
        assert.same({ a = 1 }, result)
        assert.is_nil(err)
      else
        assert.equal("interrupted!", result)
        raised = raised + 1
      end
    end
    assert.is_true(raised > 0)
  end)

  it("does not depend on the settings that others give cjson", function()
    local cjson = require("cjson")
    cjson.decode_max_depth(1)
    local ok, info = pcall(decode, '{"a":{"b":1}}')
    local kept = cjson.decode_max_depth()
    cjson.decode_max_depth(1000)
    assert.is_true(ok)
    assert.same({ a = { b = 1 } }, info)
    assert.equal(1, kept)
  end)
end)


describe("lua-cjson", function()
  -- What a script prints that has `instance`, a cjson table, for cjson.
  local function with_cjson(instance, script)
    return (fixtures.script(([[
      local real = require("cjson")
      package.loaded.cjson = { new = function()
        return %s
      end }
      %s
    ]]):format(instance, script)))
  end

  it("is refused where it has not what is needed", function()
    assert.matches("^false .*needs lua%-cjson 2.1.0 or later: it has no encode",
      with_cjson([[{
        decode = real.decode, decode_max_depth = real.decode_max_depth,
        decode_invalid_numbers = real.decode_invalid_numbers,
      }]], [[
        local loaded, message = pcall(require, "gctokens.core")
        io.write(tostring(loaded), " ", message)
      ]]))
  end)

  it("may have metatables of its own for arrays, as OpenResty's has", function()
    assert.equal('{"a":[]} {"a":[]} {"a":{}}', with_cjson([[setmetatable(
      { array_mt = { 1 }, empty_array_mt = { 2 } }, { __index = real.new() })
    ]], [[
      package.loaded.cjson.new = (function(new)
        local instance = new()
        return function() return instance end
      end)(package.loaded.cjson.new)
      local instance = package.loaded.cjson.new()
      local core = require("gctokens.core")
      local bodies = {}
      for i, mark in ipairs({
        instance.array_mt, instance.empty_array_mt, {},
      }) do
        bodies[i] = core.request("put_tokens_timeout", {
          base_url = "https://api.example.com", access_token = "token",
          body = { a = setmetatable({}, mark) },
        }).body
      end
      io.write(table.concat(bodies, " "))
    ]]))
  end)
end)
