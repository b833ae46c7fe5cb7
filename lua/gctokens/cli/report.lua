--- What the command prints: tables for people, tabs or JSON for programs, and
-- remarks on standard error.

local exit = require("gctokens.cli.exit")
local json = require("gctokens.cli.json")
local terminal = require("gctokens.cli.terminal")

local report = {}


local GAP = "  " -- between columns


local function check(written, message)
  if not written then
    exit.raise(exit.TROUBLE, "could not write the output: " .. message)
  end
end


--- Prints a text. print would not tell that a disk is full.
---@param text string
function report.text(text)
  check(io.stdout:write(text))
end


---@param text string without the end of its line
function report.line(text)
  report.text(text .. "\n")
end


--- Prints what was held back.
function report.flush()
  check(io.stdout:flush())
end


local function widths_of(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      widths[i] = math.max(widths[i] or 0, #cell)
    end
  end
  return widths
end


-- The first column is faint; the rest has the colour of its row.
local function print_aligned(rows)
  local brush = terminal.brush(1)
  local widths = widths_of(rows)
  for _, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row) do
      local padding = i < #row and (" "):rep(widths[i] - #cell) or ""
      cells[i] = brush(i == 1 and "faint" or row.colour, cell) .. padding
    end
    report.line(table.concat(cells, GAP))
  end
end


local function cleaned(rows)
  local clean = {}
  for i, row in ipairs(rows) do
    clean[i] = { colour = row.colour }
    for j, cell in ipairs(row) do
      clean[i][j] = terminal.plain(tostring(cell))
    end
  end
  return clean
end


--- Prints rows of cells: aligned at a terminal, else separated by tabs.
---@param rows any[][] a row may have a `colour`
function report.rows(rows)
  rows = cleaned(rows)
  if terminal.is_terminal(1) then
    return print_aligned(rows)
  end
  for _, row in ipairs(rows) do
    report.line(table.concat(row, "\t"))
  end
end


--- Prints an object as JSON, on lines of its own.
---@param object table
function report.json(object)
  report.line(next(object) == nil and "{}" or json.encode(object, true))
end


--- Tells people something, on standard error.
---@param message string
---@param colour string?
function report.remark(message, colour)
  local brush = terminal.brush(2)
  io.stderr:write(brush(colour, "gctokens: " .. terminal.plain(message)), "\n")
end


return report
