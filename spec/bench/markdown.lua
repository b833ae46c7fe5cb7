--- Results as tables: the goals stand in spec/bench/README.md.

local report = require("spec.bench.report")

local markdown = {}


local function row(...)
  return "| " .. table.concat({ ... }, " | ") .. " |"
end


--- The goals, each with its value, mark and verdict.
function markdown.goals(results)
  local lines = { row("goal", "measured", "mark", ""), "|---|---|---|---|" }
  for _, goal in ipairs(results.goals) do
    lines[#lines + 1] = row(goal.title, report.verdict(goal))
  end
  return table.concat(lines, "\n") .. "\n"
end


local function write_work(work)
  local lines = {
    ("%s%s%s:\n"):format(work.title, work.unit and ", " .. work.unit or "",
      work.note and " (" .. work.note .. ")" or ""),
    row("", "median", "least .. most",
      work.to and "ratio to " .. work.to or "remarks"),
    "|---|---|---|---|",
  }
  for _, line in ipairs(work.rows) do
    local unit = line.unit and " " .. line.unit or ""
    lines[#lines + 1] = row(line.name:match("^%s*(.*)$"),
      report.number(line.median) .. unit, ("%s .. %s"):format(
        report.number(line.least), report.number(line.most)),
      report.remarks(line))
  end
  for _, peer in ipairs(work.skipped) do
    lines[#lines + 1] = row(peer.name, "-", "-", "skipped: " .. peer.reason)
  end
  return table.concat(lines, "\n") .. "\n"
end


--- All of them: goals, works and the machine.
function markdown.write(results)
  local parts = { markdown.goals(results) }
  for _, work in ipairs(results.works) do
    parts[#parts + 1] = write_work(work)
  end
  local facts = { "Measured on " .. results.date .. ":\n" }
  for _, fact in ipairs(results.machine) do
    facts[#facts + 1] = ("- %s: %s"):format(fact.name, fact.value)
  end
  parts[#parts + 1] = table.concat(facts, "\n") .. "\n"
  return table.concat(parts, "\n")
end


return markdown
