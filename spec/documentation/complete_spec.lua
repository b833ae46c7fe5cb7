-- What the READMEs must name: everything that a user can call or set, and every
-- file of the C core.

local readmes = require("spec.documentation.readmes")
local system = require("spec.support.system")

local PROSE = readmes.prose()


local function assert_named(names, prefix, text)
  for name in pairs(names) do
    assert.truthy(text:find(prefix .. name, 1, true),
      prefix .. name .. " is not documented")
  end
end


-- The names of the fields of a table in a source file, on lines that are
-- indented by two spaces.
local function fields(path, pattern)
  local names = {}
  local body = assert(system.read(path)):match(pattern)
  for name in assert(body, path):gmatch("\n  ([%w_]+) =") do
    names[name] = true
  end
  return names
end


describe("the READMEs name", function()
  it("every function of gctokens and of its core", function()
    assert_named(require("gctokens"), "gctokens.", PROSE)
    assert_named(require("gctokens.core"), "core.", PROSE)
  end)

  it("every method of clients and engines", function()
    local client = require("gctokens").new({ env = false })
    local engine = require("gctokens.core").new({
      base_url = "http://127.0.0.1:1",
    })
    assert_named(getmetatable(client).__index, "client:", PROSE)
    assert_named(getmetatable(engine).__index, "", PROSE)
    client:close()
    engine:close()
  end)

  it("every method of the guard, with its phases", function()
    local text = readmes.read("lua/gctokens/guard/README.md")
    for name in assert(system.read("lua/gctokens/guard.lua"))
      :gmatch("function Guard:([%w_]+)") do
      assert.truthy(text:find("guard:" .. name .. "(", 1, true), name)
    end
    local _, headings = text:gsub("\n##+ guard[.:][%w_]+\n\n%*%*syntax", "")
    local _, phases = text:gsub("\n%*%*phases:%*%* ", "")
    assert.equal(headings, phases)
  end)

  it("every field of what calls return", function()
    for _, case in ipairs({
      { "gctokens.Error", "types", "lua/gctokens" },
      { "gctokens.Response", "types", "lua/gctokens" },
      { "gctokens.RateLimit", "types", "lua/gctokens" },
      { "gctokens.RevocationTotals", "types", "lua/gctokens" },
      { "gctokens.AttemptEvent", "types", "lua/gctokens" },
      { "gctokens.guard.Identity", "guard", "lua/gctokens/guard" },
    }) do
      local class, stub, folder = case[1], case[2], case[3]
      local text = readmes.read(folder .. "/README.md")
      local source = system.read("lua/gctokens/meta/" .. stub .. ".lua")
      local body = (assert(source) .. "\n\n"):match(
        "%-%-%-@class " .. class:gsub("%.", "%%.") .. "[ \n](.-)\n\n")
      for name in assert(body, class):gmatch("@field ([%w_]+)") do
        assert.truthy(text:find("`" .. name .. "`", 1, true),
          class .. "." .. name)
      end
    end
  end)

  it("every kind of error", function()
    local kinds = assert(system.read("lua/gctokens/meta/types.lua"))
      :match("@alias gctokens.ErrorKind\n(.-)\n\n")
    local text = readmes.read("README.md")
      .. readmes.read("lua/gctokens/guard/README.md")
    for kind in kinds:gsub("#[^\n]*", ""):gmatch('"([%w_]+)"') do
      assert.truthy(text:find("`" .. kind .. "`", 1, true), kind)
    end
  end)

  it("every field of the emulator's control", function()
    local text = readmes.read("spec/emulator/README.md")
    for _, name in ipairs({ "TOKEN", "FAULT", "SETTINGS", "CLOCK" }) do
      for field in pairs(fields("spec/emulator/app/control.lua",
        "local " .. name .. "_FIELDS = (%b{})")) do
        assert.truthy(text:find("`" .. field .. "`", 1, true), field)
      end
    end
  end)

  it("every file of the C core", function()
    local text = readmes.read("csrc/README.md")
    for path in system.run("ls csrc/*/*.[ch]"):gmatch("[^\n]+") do
      local name = path:match("([%w_]+)%.[ch]$")
      assert.truthy(text:find("`" .. name .. "`", 1, true)
        or text:find("`" .. name .. ".h`", 1, true), path)
    end
  end)
end)


describe("the tables of options", function()
  -- What stands in them, generated_spec.lua compares with the options.
  for _, name in ipairs({
    "client", "call", "delete_tokens_of", "guard", "policy",
  }) do
    it("has a place for those of " .. name, function()
      assert.truthy(PROSE:find("\n<!-- options: " .. name .. " -->\n", 1, true))
    end)
  end
end)


describe("the editors' stub of the core #once", function()
  it("has everything that is exported", function()
    local stub = assert(system.read("lua/gctokens/meta/core.lua"))
    local core = require("gctokens.core")
    local engine = core.new({ base_url = "http://127.0.0.1:1" })
    assert_named(getmetatable(engine).__index, "engine:", stub)
    for name in pairs(core) do
      assert.truthy(stub:find("core." .. name, 1, true)
        or stub:find("field " .. name .. " ", 1, true), name)
    end
    engine:close()
  end)
end)
