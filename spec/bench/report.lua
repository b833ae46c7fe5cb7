--- What was measured: shown as it comes, and kept.
--
-- Its `works` is a list of tables: title, unit, note, to (what ratios are to),
-- chart (true: to be drawn), rows (name, median, least, most, ratio = {median,
-- least, most}, unit where it differs, peak in KiB, note), skipped (name,
-- reason).

local figures = require("spec.bench.figures")
local goals = require("spec.bench.goals")

local report = {}

local Report = {}
Report.__index = Report


function report.new()
  return setmetatable({ works = {}, values = {} }, Report)
end


--- A number with three digits at least, as text.
function report.number(value)
  local size = math.abs(value)
  if size >= 100 or value % 1 == 0 then
    return ("%.0f"):format(value)
  end
  return (size >= 10 and "%.1f" or size >= 0.1 and "%.2f" or "%.3f")
    :format(value)
end


--- What a row's ratio and notes are, in words.
function report.remarks(row)
  local words = {}
  if row.ratio then
    words[1] = ("%.3f (%.3f .. %.3f)"):format(
      row.ratio.median, row.ratio.least, row.ratio.most)
  end
  if row.peak then
    words[#words + 1] = ("%.1f MiB"):format(row.peak / 1024)
  end
  words[#words + 1] = row.note
  return table.concat(words, ", ")
end


--- Begins a table: title, and maybe unit, to, chart, note.
function Report:work(work)
  work.rows, work.skipped = {}, {}
  table.insert(self.works, work)
  print(("\n%s%s\n  (%smedian, least .. most%s)"):format(work.title,
    work.unit and ", " .. work.unit or "",
    work.note and work.note .. "; " or "",
    work.to and "; ratio to " .. work.to or ""))
end


--- Adds a row to it: name, values (a list), ratios (a list), peak, unit, note.
function Report:row(row)
  local kept = figures.summary(row.values)
  kept.name, kept.unit, kept.note = row.name, row.unit, row.note
  kept.peak = row.peak
  kept.ratio = row.ratios and row.ratios[1] and figures.summary(row.ratios)
  table.insert(self.works[#self.works].rows, kept)
  local line = ("  %-36s %9s %-19s %-4s %s"):format(row.name,
    report.number(kept.median), ("%s .. %s"):format(
      report.number(kept.least), report.number(kept.most)),
    row.unit or "", report.remarks(kept))
  print((line:gsub("%s+$", "")))
end


function Report:skip(name, reason)
  table.insert(self.works[#self.works].skipped,
    { name = name, reason = reason })
  print(("  %-36s skipped: %s"):format(name, reason))
end


--- What became of a goal: a value, or a summary of several (see figures), or
--- nil and the reason.
function Report:goal(key, figure, reason)
  if type(figure) == "table" then
    self.values[key] = {
      value = figure.median, low = figure.low, high = figure.high,
    }
  else
    self.values[key] = { value = figure, reason = reason }
  end
end


local function is_met(goal, value)
  if goal.at_most then
    return value <= goal.at_most
  end
  return value >= goal.at_least
end


-- Whether the middle half of the values has some that meet the goal.
local function is_within_noise(goal)
  return goal.low ~= nil
    and is_met(goal, goal.at_most and goal.low or goal.high)
end


--- The goals with what became of them. Those that nothing is known of are
--- left out.
function Report:checked_goals()
  local list = {}
  for _, goal in ipairs(goals) do
    local found = self.values[goal.key]
    if found then
      local copy = {
        reason = found.reason, value = found.value, low = found.low,
        high = found.high,
      }
      for name, field in pairs(goal) do
        copy[name] = field
      end
      if found.value then
        copy.met = is_met(goal, found.value)
        copy.within_noise = not copy.met and is_within_noise(copy)
      end
      list[#list + 1] = copy
    end
  end
  return list
end


--- A goal's value, mark and verdict, as texts.
function report.verdict(goal)
  local unit = goal.unit and " " .. goal.unit or ""
  local mark = (goal.at_most and "<= " or ">= ")
    .. report.number(goal.at_most or goal.at_least) .. unit
  if not goal.value then
    return "-", mark, "not measured: " .. goal.reason
  end
  local value = goal.unit and report.number(goal.value) .. unit
    or ("%.3f"):format(goal.value)
  if goal.low then
    value = ("%s (%.3f .. %.3f)"):format(value, goal.low, goal.high)
  end
  return value, mark, goal.met and "met"
    or goal.within_noise and "met within noise" or "MISSED"
end


--- Shows every goal.
function Report:finish()
  print("\ngoals")
  for _, goal in ipairs(self:checked_goals()) do
    print(("  %-68s %23s %11s  %s"):format(goal.title, report.verdict(goal)))
  end
end


return report
