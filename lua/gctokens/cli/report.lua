--- Output: tables for people, tabs or JSON for programs, remarks on standard
-- error.

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


--- Prints a text. Ends the command if it cannot be written, as on a full disk;
--- print ignores that.
---@param text string
function report.text(text)
  check(io.stdout:write(text))
end


--- Prints a line.
---@param text string without the line end
function report.line(text)
  report.text(text .. "\n")
end


--- Writes what is still in the buffer of standard output.
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


-- The first column is faint; the others have the colour of their row.
local function print_aligned(rows)
  local widths = widths_of(rows)
  for _, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row) do
      local padding = i < #row and (" "):rep(widths[i] - #cell) or ""
      local colour = i == 1 and "faint" or row.colour
      cells[i] = terminal.coloured(cell, colour, 1) .. padding
    end
    report.line(table.concat(cells, GAP))
  end
end


local function plain_text_of(rows)
  local texts = {}
  for i, row in ipairs(rows) do
    texts[i] = { colour = row.colour }
    for j, cell in ipairs(row) do
      texts[i][j] = terminal.plain(tostring(cell))
    end
  end
  return texts
end


--- Prints rows of cells: aligned at a terminal, else with tabs between them.
---@param rows any[][] a row may have a `colour`
function report.rows(rows)
  rows = plain_text_of(rows)
  if terminal.is_terminal(1) then
    return print_aligned(rows)
  end
  for _, row in ipairs(rows) do
    report.line(table.concat(row, "\t"))
  end
end


--- Prints an object as JSON, each field on a line of its own.
---@param object table
function report.json(object)
  report.line(next(object) == nil and "{}" or json.encode(object, true))
end


--- Prints a remark for people on standard error.
---@param message string
---@param colour string? of gctokens.cli.terminal
function report.remark(message, colour)
  local text = "gctokens: " .. terminal.plain(message)
  io.stderr:write(terminal.coloured(text, colour, 2), "\n")
end


return report
