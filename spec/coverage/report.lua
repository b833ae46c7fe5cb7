--- What ran of the library, of what run left in a directory: counts (gcov's
-- JSON, a document for each object file) and lines (of hook.lua). Prints every
-- line and branch that never ran, with the reason that a marker in the source
-- has for it (spec/support/markers.lua), and then the shares; exit code 1 when
-- one of these is below its mark, or a marker is without a reason or without
-- need.
--
--   coverage: REASON             it never runs here
--   coverage: at times, REASON   it runs in one run and not in another
--
--   report.lua DIRECTORY

local cjson = require("cjson")
local jutil = require("jit.util")
local markers = require("spec.support.markers")
local system = require("spec.support.system")

local directory = arg[1]

local WORD = "coverage:"
local AT_TIMES = "^at times, "

local MARKS = { -- %
  { name = "lines of csrc", mark = 95 },
  { name = "branches of csrc", mark = 85 },
  { name = "lines of lua", mark = 95 },
}


local function output_of(command)
  local output, code = system.run(command)
  assert(code == 0, output)
  return output
end


-- file -> what can run in it -> whether it has: "120", or "120 branch 1".
local function read_counts()
  local parts, branches = {}, {}
  for document in io.lines(directory .. "/counts") do
    for _, file in ipairs(cjson.decode(document).files) do
      local name = file.file:match("^csrc/.*")
      local of_lines = name and (parts[name] or {})
      local of_branches = name and (branches[name] or {})
      for _, line in ipairs(name and file.lines or {}) do
        local number = ("%d"):format(line.line_number)
        of_lines[number] = of_lines[number] or line.count > 0
        for i, branch in ipairs(line.branches) do
          local which = number .. " branch " .. i
          of_branches[which] = of_branches[which] or branch.count > 0
        end
      end
      if name then
        parts[name], branches[name] = of_lines, of_branches
      end
    end
  end
  return parts, branches
end


-- The lines that a function and those in it have code for, in LuaJIT.
local function add_lines(prototype, lines)
  local information = jutil.funcinfo(prototype)
  for position = 1, information.bytecodes - 1 do
    local line = jutil.funcinfo(prototype, position).currentline
    lines[line] = true
  end
  for i = -1, -(information.gcconsts or 0), -1 do
    local constant = jutil.funck(prototype, i)
    if type(constant) == "proto" then
      add_lines(constant, lines)
    end
  end
end


-- Lines that have code in Lua 5.4 and in LuaJIT, but for the ends of blocks:
-- these run, or do not, with what is before them.
local function lines_with_code(name)
  local in_jit, both = {}, {}
  add_lines(assert(loadfile(name)), in_jit)
  local text = {}
  for line in io.lines(name) do
    text[#text + 1] = line
  end
  for line in output_of("luac5.4 -l -l -p " .. name):gmatch("\t%[(%d+)%]") do
    local number = tonumber(line)
    -- The first line has nothing but the call of hook.lua.
    if number > 1 and in_jit[number]
       and not text[number]:find("^%s*end[%s%),;}]*$") then
      both[line] = false
    end
  end
  return both
end


local function read_lines()
  local files = {}
  for name in output_of("find lua -name '*.lua'"):gmatch("[^\n]+") do
    if not name:find("/meta/", 1, true) then
      files[name] = lines_with_code(name)
    end
  end
  for entry in io.lines(directory .. "/lines") do
    local name, line = entry:match("^(.*):(%d+)$")
    if files[name] and files[name][line] == false then
      files[name][line] = true
    end
  end
  return files
end


local sources = {} -- file -> lines; markers; line -> reason; line -> missed


local function source_of(name)
  if not sources[name] then
    local source = { lines = {}, reasons = {}, missed = {} }
    for line in io.lines(name) do
      table.insert(source.lines, line)
    end
    source.markers = assert(markers.read(name, source.lines, WORD))
    for _, marker in ipairs(source.markers) do
      for _, line in ipairs(marker.lines) do
        source.reasons[line] = marker.reason
      end
    end
    sources[name] = source
  end
  return sources[name]
end


local function sorted(missed)
  table.sort(missed, function(a, b)
    if a.name ~= b.name then
      return a.name < b.name
    end
    return a.number < b.number or a.number == b.number and a.part < b.part
  end)
  return missed
end


-- Prints what has not run; returns how many parts have, of how many, and for
-- how many of the others there is no reason.
local function review(files)
  local ran, all, unexplained = 0, 0, 0
  local missed = {}
  for name, parts in pairs(files) do
    for part, has_run in pairs(parts) do
      all = all + 1
      ran = ran + (has_run and 1 or 0)
      if not has_run then
        missed[#missed + 1] = {
          name = name, part = part, number = tonumber(part:match("%d+")),
        }
      end
    end
  end
  for _, one in ipairs(sorted(missed)) do
    local source = source_of(one.name)
    local reason = source.reasons[one.number]
    source.missed[one.number] = true
    unexplained = unexplained + (reason and 0 or 1)
    print(("%s:%s: %s\n    %s"):format(
      one.name, one.part, source.lines[one.number]:match("^%s*(.*)"),
      reason or "(no reason is given)"))
  end
  return ran, all, unexplained
end


local function is_needed(marker, missed)
  for _, line in ipairs(marker.lines) do
    if missed[line] then
      return true
    end
  end
  return marker.reason:find(AT_TIMES) ~= nil
end


-- Prints the markers of lines that have all run; returns how many there are.
local function review_markers(files)
  local needless = 0
  for name in pairs(files) do
    local source = source_of(name)
    for _, marker in ipairs(source.markers) do
      if not is_needed(marker, source.missed) then
        needless = needless + 1
        print(("%s:%d: the marker is without need"):format(name, marker.line))
      end
    end
  end
  return needless
end


local function main()
  local parts, branches = read_counts()
  local all = { parts, branches, read_lines() }
  local words = {}
  local ok = true
  for i, files in ipairs(all) do
    local ran, count, unexplained = review(files)
    local percent = 100 * ran / count
    ok = ok and percent >= MARKS[i].mark
    words[i] = ("%.1f %% of %d %s (at least %d %%; %d without a reason)")
      :format(percent, count, MARKS[i].name, MARKS[i].mark, unexplained)
  end
  local needless = review_markers(all[1]) + review_markers(all[3])
  print("coverage: " .. table.concat(words, ", "))
  os.exit(ok and needless == 0 and 0 or 1)
end


main()
