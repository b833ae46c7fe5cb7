--- Draws mutants of a tree's sources, tries them, and tells which of them no
-- spec has noticed. The same seed draws the same mutants of the same sources.

local markers = require("spec.support.markers")
local mutants = require("spec.mutation.mutants")
local system = require("spec.support.system")
local trials = require("spec.mutation.trial")

local MARKER = "mutate: equivalent,"

local session = {}


local function sources(tree, covers)
  local output, code = system.run("cd " .. system.quote(tree)
    .. " && find csrc lua -name '*.[ch]' -o -name '*.lua'")
  assert(code == 0, output)
  local list = {}
  for file in output:gmatch("[^\n]+") do
    if covers(file) then
      list[#list + 1] = file
    end
  end
  table.sort(list)
  return list
end


local function lines_of(source)
  local list = {}
  for line in (source .. "\n"):gmatch("(.-)\n") do
    list[#list + 1] = line
  end
  return list
end


-- The lines whose mutants are excused: of these, nobody can tell them apart.
local function excused_lines(file, lines)
  local list, message = markers.read(file, lines, MARKER)
  if not list then
    error(message, 0)
  end
  local excused = {}
  for _, marker in ipairs(list) do
    for _, line in ipairs(marker.lines) do
      excused[line] = true
    end
  end
  return excused
end


-- All mutants, in the order in which they are drawn. Excused ones are among
-- them, so that a marker changes nothing of the others' order.
local function draw(options)
  local list = {}
  for _, file in ipairs(sources(options.tree, options.covers)) do
    local source = assert(system.read(options.tree .. "/" .. file))
    local lines = lines_of(source)
    local excused = excused_lines(file, lines)
    for _, mutant in ipairs(mutants.of(file, source)) do
      mutant.before = lines[mutant.line]
      mutant.after = lines_of(mutants.apply(source, mutant))[mutant.line]
      mutant.is_excused = excused[mutant.line]
      list[#list + 1] = mutant
    end
  end
  math.randomseed(options.seed)
  for i = #list, 2, -1 do
    local other = math.random(i)
    list[i], list[other] = list[other], list[i]
  end
  return list
end


local function trimmed(text)
  return text:match("^%s*(.-)%s*$")
end


local function describe(mutant)
  return ("%s:%d: %s"):format(mutant.file, mutant.line, trimmed(mutant.after))
end


local function print_summary(totals, survivors, options)
  for _, mutant in ipairs(survivors) do
    options.print(("survived: %s\n      was: %s"):format(
      describe(mutant), trimmed(mutant.before)))
  end
  local noticed = totals.killed + totals["timed out"]
  local all = noticed + totals.survived
  options.print(("%d mutants with seed %d: %d killed, %d timed out, %d "
    .. "survived, %d excused: %.1f %% noticed"):format(
      all, options.seed, totals.killed, totals["timed out"], totals.survived,
      totals.excused, all > 0 and 100 * noticed / all or 100))
end


---@class spec.MutationOptions
---@field tree string a copy of the tree, whose sources are in csrc and lua
---@field group string see trial.new
---@field count integer how many mutants are tried
---@field seed integer
---@field covers fun(file: string): boolean whether a source is mutated
---@field commands fun(tree: string, file: string): string[] what should fail
---@field print fun(line: string) takes each line of output


--- Tries that many mutants; true when none of them has survived.
---@param options spec.MutationOptions
---@return boolean
function session.run(options)
  local trial = trials.new(options.tree, options.group)
  local totals = { killed = 0, ["timed out"] = 0, survived = 0, excused = 0 }
  local tried, survivors = 0, {}
  for _, mutant in ipairs(draw(options)) do
    if tried == options.count then
      break
    end
    local verdict = mutant.is_excused and "excused"
      or trial:run(mutant, options.commands(options.tree, mutant.file))
    if verdict then
      totals[verdict] = totals[verdict] + 1
      tried = tried + (verdict == "excused" and 0 or 1)
      options.print(("%-9s %s"):format(verdict, describe(mutant)))
    end
    if verdict == "survived" then
      survivors[#survivors + 1] = mutant
    end
  end
  print_summary(totals, survivors, options)
  return #survivors == 0
end


return session
