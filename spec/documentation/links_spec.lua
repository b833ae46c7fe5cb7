--- The READMEs: their headings, links and lengths.

local readmes = require("spec.documentation.readmes")
local system = require("spec.support.system")


-- The main README is read in ten minutes.
local MOST_LINES = 400


local function exists(path)
  return select(2, system.run("test -e " .. system.quote(path))) == 0
end


-- "a/b/../c" -> "a/c"
local function resolved(path)
  local count
  repeat
    path, count = path:gsub("[^/]+/%.%./", "", 1)
  until count == 0
  return path
end


-- The file and the anchor that a link in a file leads to.
local function destination(path, link)
  local file, anchor = link:match("^([^#]*)#?(.*)$")
  if file == "" then
    return path, anchor
  end
  return resolved((path:match("^.*/") or "") .. file), anchor
end


describe("the READMEs #once", function()
  it("are those that there are", function()
    local found = {}
    local output = system.run(
      "find . -name '*.md' ! -name CHANGELOG.md ! -path './build/*' "
        .. "| LC_ALL=C sort")
    for path in output:gmatch("%./([^\n]+)") do
      found[#found + 1] = path
    end
    assert.same(readmes.paths, found)
  end)

  it("are all linked from the main one", function()
    local linked = { ["README.md"] = true }
    for _, link in ipairs(readmes.links("README.md")) do
      linked[(destination("README.md", link))] = true
    end
    for _, path in ipairs(readmes.paths) do
      assert.is_true(linked[path], path)
    end
  end)

  it("begin with a paragraph under one title", function()
    for _, path in ipairs(readmes.paths) do
      local prose = readmes.read(path)
      assert.matches("^# [^\n]+\n\n[%w`][^\n]+\n", prose, path)
      assert.equal(1, select(2, ("\n" .. prose):gsub("\n# ", "")), path)
    end
  end)

  it("have no heading twice", function()
    for _, path in ipairs(readmes.paths) do
      local seen = {}
      for heading in readmes.read(path):gmatch("\n#+ ([^\n]+)") do
        assert.is_nil(seen[heading], path .. ": " .. heading)
        seen[heading] = true
      end
    end
  end)

  it("fit ten minutes, the main one", function()
    local _, lines = assert(system.read("README.md")):gsub("\n", "")
    assert.is_true(lines <= MOST_LINES, lines .. " lines")
  end)

  it("name no file of the tree that does not exist", function()
    local folders = { csrc = true, lua = true, spec = true }
    local count = 0
    for _, path in ipairs(readmes.paths) do
      for name, folder in readmes.read(path):gmatch("`((%l+)/[%w_/.]+)`") do
        if folders[folder] then
          count = count + 1
          assert.is_true(exists(name), path .. ": " .. name)
        end
      end
    end
    assert.is_true(count > 40)
  end)
end)


describe("the links of #once", function()
  local paths = { "CHANGELOG.md" }
  for _, path in ipairs(readmes.paths) do
    paths[#paths + 1] = path
  end

  for _, path in ipairs(paths) do
    it(path .. " lead to a file, and to a heading in it", function()
      for _, link in ipairs(readmes.links(path)) do
        if not link:find("^https?://") then
          local file, anchor = destination(path, link)
          assert.is_true(exists(file), link)
          assert.is_true(anchor == "" or readmes.anchors(file)[anchor], link)
        end
      end
    end)
  end
end)
