-- That mutation testing changes what it should, tells what nobody has noticed,
-- and leaves nothing behind: on a tiny tree of its own.

local mutants = require("spec.mutation.mutants")
local session = require("spec.mutation.session")
local specs = require("spec.mutation.specs")
local system = require("spec.support.system")


describe("the mutants of a source", function()
  -- Every changed line of a source of one line.
  local function changed(file, source)
    local list = {}
    for _, mutant in ipairs(mutants.of(file, source)) do
      list[#list + 1] = mutants.apply(source, mutant)
    end
    return list
  end

  it("are changes of one operator, constant or condition", function()
    assert.same({ "a <= b", "a >= b" }, changed("x.lua", "a < b"))
    assert.same({ "a ~= b" }, changed("x.lua", "a == b"))
    assert.same({ "a or b" }, changed("x.lua", "a and b"))
    assert.same({ " a" }, changed("x.lua", "not a"))
    assert.same({ "a - b" }, changed("x.lua", "a + b"))
    assert.same({ "false" }, changed("x.lua", "true"))
    assert.same({ "x = 11", "x = 9" }, changed("x.lua", "x = 10"))
    assert.same({ "x = 1.5", "x = -0.5" }, changed("x.lua", "x = 0.5"))
    assert.same({ "for i = 2, n do", "for i = 0, n do" },
      changed("x.lua", "for i = 1, n do"))
    assert.same({ "a == b" }, changed("x.c", "a != b"))
    assert.same({ "a && b" }, changed("x.c", "a || b"))
    assert.same({ "a" }, changed("x.c", "!a"))
    assert.same({ "i--" }, changed("x.c", "i++"))
    assert.same({ "a / b" }, changed("x.c", "a * b"))
    assert.same({ "0x20U", "0x1eU" }, changed("x.c", "0x1fU"))
  end)

  it("are none of comments, strings and names", function()
    for _, source in ipairs({
      "-- 1 < 2", "--[[ 1\n < 2 ]]", "--[==[ ]] 1 ]==]", "[[1]]", "'1 \\' 2'",
      '"a\\"1"', "nottrue", "a1", "a .. b", "...",
    }) do
      assert.same({}, changed("x.lua", source))
    end
    for _, source in ipairs({
      "/* 1 < 2\n */", '"1"', "'1'", "#if 1", "#include <x.h>", "a->b",
      "char *x", "a << b",
    }) do
      assert.same({}, changed("x.c", source))
    end
  end)

  it("are those of what follows a comment or a string", function()
    assert.same({ "'1' and x --1" }, changed("x.lua", "'1' or x --1"))
    assert.same({ "/* 1 */ true" }, changed("x.c", "/* 1 */ false"))
  end)

  it("tell their line", function()
    local list = mutants.of("x.lua", "--[[\n1\n]]\nx = true\n\nx = false")
    assert.equal(2, #list)
    assert.equal(4, list[1].line)
    assert.equal(6, list[2].line)
  end)
end)


describe("the specs of a source", function()
  it("are its own, and then those of what stands on it", function()
    local commands = specs.commands(".", "csrc/wire/slice.c")
    assert.equal("spec/c/run slice_test", commands[1])
    assert.equal("spec/c/run", commands[2])
    assert.matches("spec/lua/lru_spec.lua$",
      specs.commands(".", "lua/gctokens/lru.lua")[1])
    assert.matches("spec/cli$",
      specs.commands(".", "lua/gctokens/cli/x.lua")[1])
  end)

  it("are known for every source, and there", function()
    local output = system.run("find csrc lua -name '*.[ch]' -o -name '*.lua'")
    for file in output:gmatch("[^\n]+") do
      if specs.covers(file) then
        local commands = table.concat(specs.commands(".", file), " ")
        for name in commands:gmatch("spec/%S+_spec%.lua") do
          assert.is_truthy(system.read(name), name)
        end
        for name in commands:gmatch("%f[%w]([%w_]+_test)") do
          assert.is_truthy(system.read("spec/c/" .. name .. ".c"), name)
        end
      end
    end
  end)
end)


describe("mutation testing #once", function()
  local TOY = [[
return function(a, b)
  return a < b and "less" or "not less"
end
]]
  local TOY_SPEC = [[
local compare = dofile("lua/toy.lua")
assert(compare(1, 2) == "less")
assert(compare(2, 1) == "not less")
]]
  local directory, printed

  before_each(function()
    directory = system.make_directory()
    printed = {}
  end)

  after_each(function()
    system.remove_directory(directory)
  end)

  local function write_tree(toy, toy_spec)
    system.run("mkdir " .. directory .. "/csrc " .. directory .. "/lua")
    system.write(directory .. "/lua/toy.lua", toy)
    system.write(directory .. "/toy_spec.lua", toy_spec)
  end

  -- Whether nothing has survived.
  local function run(count, seed)
    return session.run({
      tree = directory,
      group = directory .. "/group",
      count = count or 100,
      seed = seed or 1,
      covers = function()
        return true
      end,
      commands = function()
        return { "lua5.4 toy_spec.lua" }
      end,
      print = function(line)
        printed[#printed + 1] = line
      end,
    })
  end

  it("tells what has survived, and leaves the source as it was", function()
    write_tree(TOY, TOY_SPEC)
    assert.is_false(run())
    local text = table.concat(printed, "\n")
    assert.matches('killed    lua/toy.lua:2: return a >= b and', text, 1, true)
    assert.matches('killed    lua/toy.lua:2: return a < b or', text, 1, true)
    assert.matches('survived: lua/toy.lua:2: return a <= b and "less" or "not '
      .. 'less"\n      was: return a < b and', text, 1, true)
    assert.equal("4 mutants with seed 1: 3 killed, 0 timed out, 1 survived, "
      .. "0 excused: 75.0 % noticed", printed[#printed])
    assert.equal(TOY, system.read(directory .. "/lua/toy.lua"))
    assert.is_nil(system.read(directory .. "/group"))
  end)

  it("is content when everything is noticed", function()
    write_tree(TOY, TOY_SPEC .. 'assert(compare(1, 1) == "not less")')
    assert.is_true(run())
  end)

  it("tries as many as wanted, with the same seed the same", function()
    write_tree(TOY, TOY_SPEC)
    local texts, count = {}, 0
    for seed = 1, 20 do
      local text
      for _ = 1, 2 do
        printed = {}
        run(2, seed)
        assert.matches("^2 mutants", printed[#printed])
        assert.is_true(text == nil or text == table.concat(printed))
        text = table.concat(printed)
      end
      local drawn = text:match("^(.-)survived:") or text:match("^(.-)%d mut")
      count = count + (texts[drawn] and 0 or 1)
      texts[drawn] = true
    end
    assert.is_true(count > 1)
  end)

  it("excuses what a marker says is equivalent, with a reason", function()
    local excused = TOY:gsub("less\"\n",
      "less\" -- mutate: equivalent, a toy\n")
    write_tree(excused, TOY_SPEC)
    assert.is_true(run())
    assert.matches("4 excused", printed[#printed])
    write_tree((excused:gsub(" a toy", "")), TOY_SPEC)
    assert.equal("lua/toy.lua:2: the marker gives no reason",
      select(2, pcall(run)))
  end)

  it("draws again what does not compile, or to the same code", function()
    write_tree("local x <const> = 2 - 0\nreturn x\n",
      'assert(dofile("lua/toy.lua") == 2)')
    assert.is_true(run())
    assert.matches("^4 mutants with seed 1: 4 killed", printed[#printed])
  end)

  it("does not wait for what never ends", function()
    write_tree("for i = 1, 2 do x = i end\n", 'dofile("lua/toy.lua")')
    local trial = require("spec.mutation.trial").new(
      directory, directory .. "/group")
    trial.limits["sleep 60"] = 1
    local mutant = mutants.of("lua/toy.lua", "for i = 1, 2 do x = i end\n")[1]
    assert.equal("timed out", trial:run(mutant, { "sleep 60" }))
  end)

  it("refuses specs that fail without a mutant", function()
    write_tree(TOY, "error('broken')")
    local ok, message = pcall(run)
    assert.is_false(ok)
    assert.matches("lua5.4 toy_spec.lua fails without a mutant", message)
  end)
end)
