--- The tree: its files, its layers, the version, and what is listed twice.

local fleet = require("spec.support.fleet")
local nginx = require("spec.support.nginx")
local fixtures = require("spec.support.fixtures")


local function read(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end


local function lines(command)
  local output, code = fixtures.run(command)
  assert.equal(0, code, output)
  local list = {}
  for line in output:gmatch("[^\n]+") do
    list[#list + 1] = line
  end
  return list
end


-- A rockspec is a Lua program that only sets globals.
local function rockspec(name)
  local values = {}
  local chunk
  if setfenv then -- luacheck: ignore 113 (Lua 5.1)
    chunk = assert(loadstring(read(name))) -- luacheck: ignore 113
    setfenv(chunk, values) -- luacheck: ignore 113
  else
    chunk = assert(load(read(name), name, "t", values))
  end
  chunk()
  return values
end


local version = require("gctokens")._VERSION
local RELEASE = "rockspec/gctokens-" .. version .. "-1.rockspec"
local DEVELOPMENT = "rockspec/gctokens-scm-1.rockspec"


describe("the tree", function()
  it("has at its top what the design says, and no more", function()
    local expected = {
      ["csrc"] = true, ["lua"] = true, ["rockspec"] = true, ["spec"] = true,
      ["Makefile"] = true, ["README.md"] = true, ["LICENSE"] = true,
      ["CHANGELOG.md"] = true, ["build"] = true,
    }
    for _, name in ipairs(lines("ls")) do
      assert.is_true(expected[name], name)
    end
  end)

  it("says the version in one place, which all others repeat", function()
    assert.matches('#define GCT_VERSION "' .. version:gsub("%p", "%%%0")
      .. '"', read("csrc/version.h"))
    assert.equal(version .. "-1", rockspec(RELEASE).version)
    assert.equal("v" .. version, rockspec(RELEASE).source.tag)
    assert.equal("scm-1", rockspec(DEVELOPMENT).version)
    assert.equal(version,
      read("CHANGELOG.md"):match("\n## %[(%d[^%]]*)%]"))
  end)

  it("exports one symbol #built", function()
    local module = package.cpath:match("build/[^;]*"):gsub("%?",
      "gctokens/core")
    local exported = {}
    for _, line in ipairs(lines("nm -D --defined-only " .. module)) do
      exported[#exported + 1] = line:match("%S+$")
    end
    assert.same({ "luaopen_gctokens_core" }, exported)
  end)

  it("uses no function that overflows, splits or ends the process",
    function()
      for _, name in ipairs(lines("ls csrc/*/*.c")) do
        local code = read(name):gsub("/%*.-%*/", "")
        for _, banned in ipairs({
          "sprintf", "strcpy", "strcat", "strncpy", "strtok", "atoi", "gets",
          "abort", "exit", "printf", "setlocale", "signal",
        }) do
          assert.is_nil(code:find("[^%w_]" .. banned .. "%s*%("),
            name .. ": " .. banned)
        end
      end
    end)

  it("lists every file that ships in both rockspecs", function()
    for _, name in ipairs({ RELEASE, DEVELOPMENT }) do
      local modules = rockspec(name).build.modules
      local listed = {}
      for _, source in ipairs(modules["gctokens.core"].sources) do
        listed[source] = true
      end
      for module, source in pairs(modules) do
        if type(source) == "string" then
          listed[source] = true
          assert.equal(source, "lua/" .. module:gsub("%.", "/") .. ".lua")
        end
      end
      for _, file in ipairs(lines("ls csrc/*/*.c; find lua -name '*.lua'")) do
        assert.is_true(listed[file], name .. " lacks " .. file)
        listed[file] = nil
      end
      assert.is_nil(next(listed))
    end
  end)
end)


describe("the layers of the C core", function()
  -- What a layer may include: its own files and those below it. Above all are
  -- lua.h and lauxlib.h, which are for the binding only.
  local LEVELS = { version = 0, wire = 1, engine = 2, binding = 3 }

  -- "csrc/wire/slice.h" -> "wire/slice": a source and its header are one unit.
  local function unit_of(file)
    return (file:gsub("^csrc/", ""):gsub("%.[ch]$", ""))
  end

  local function level_of(unit)
    return assert(LEVELS[unit:match("^[^/]+")], unit)
  end

  -- unit -> list of the units that it includes
  local function units()
    local included = {}
    for _, file in ipairs(lines("ls csrc/*.h csrc/*/*.[ch]")) do
      local unit = unit_of(file)
      included[unit] = included[unit] or {}
      for name in read(file):gmatch('#include "([^"]+)"') do
        if unit_of(name) ~= unit then
          table.insert(included[unit], unit_of(name))
        end
      end
    end
    return included
  end

  -- A way from the unit at the end of `path` back to one that is on it, as
  -- "a -> b -> a", or nil. `done` are those known to have none.
  local function find_circle(included, path, done)
    local unit = path[#path]
    for i = 1, #path - 1 do
      if path[i] == unit then
        return table.concat(path, " -> ", i)
      end
    end
    if done[unit] then
      return nil
    end
    for _, name in ipairs(assert(included[unit], unit)) do
      path[#path + 1] = name
      local circle = find_circle(included, path, done)
      if circle then
        return circle
      end
      path[#path] = nil
    end
    done[unit] = true
  end

  it("have no circle", function()
    local included, done = units(), {}
    for unit in pairs(included) do
      local circle = find_circle(included, { unit }, done)
      assert.is_nil(circle, circle)
    end
    assert.equal("a -> b -> a",
      find_circle({ x = { "a" }, a = { "b" }, b = { "a" } }, { "x" }, {}))
  end)

  it("include downwards only", function()
    for unit, names in pairs(units()) do
      for _, name in ipairs(names) do
        assert.is_true(level_of(name) <= level_of(unit),
          unit .. " -> " .. name)
      end
    end
  end)

  it("keep lua.h in the binding", function()
    for _, name in ipairs(lines("ls csrc/wire/*.[ch] csrc/engine/*.[ch]")) do
      assert.is_nil(read(name):find("#include%s*<l[ua]"), name)
    end
  end)
end)


describe("every module", function()
  -- What a file says that loads `module`, with nothing loaded before.
  local LOAD = [[
    local before, said = {}, ""
    for name in pairs(_G) do before[name] = true end
    require(%q)
    for name in pairs(_G) do
      if not before[name] then said = said .. name .. " is a new global, " end
    end
    %s(said .. "loaded")
  ]]

  local function load_alone(module)
    return (fixtures.script(LOAD:format(module, "io.write")))
  end

  local function needs_nginx(module)
    return module:find("^gctokens%.guard") or module == "gctokens.loop.nginx"
  end

  local modules = { "gctokens.core" }
  for _, file in ipairs(lines("cd lua && find . -name '*.lua'")) do
    modules[#modules + 1] =
      file:gsub("^%./", ""):gsub("%.lua$", ""):gsub("/", ".")
  end

  for _, module in ipairs(modules) do
    if not needs_nginx(module) then
      it(module .. " loads alone and makes no global", function()
        assert.equal("loaded", load_alone(module))
      end)
    end
  end

  it("of the guard says that it is for nginx", function()
    assert.matches("gctokens.guard runs inside nginx only",
      load_alone("gctokens.guard"))
  end)

  it("loads alone in nginx and makes no global #once", function()
    for _, module in ipairs(modules) do
      if needs_nginx(module) and module ~= "gctokens.meta.guard" then
        local gateway = nginx.start({
          http = "init_by_lua_block { " .. fleet.package_path() .. " }",
          server = "location / { content_by_lua_block {\n"
            .. LOAD:format(module, "ngx.print") .. "} }",
        })
        local _, _, said = gateway:get("/")
        assert.equal("loaded", said)
        assert.equal("", gateway:stop())
      end
    end
  end)
end)
