--- Results as a chart: a group of horizontal bars for each work whose `chart`
--- is set, as long as the medians are. A bar that would be many times as long
--- as the group's first is cut, and its figure says so. All lengths are in
--- pixels.

local report = require("spec.bench.report")

local chart = {}


local WIDTH, NAMES, VALUES = 760, 200, 150
local BAR, GAP, HEADING, MARGIN = 16, 6, 34, 16
local LONGEST = WIDTH - NAMES - VALUES
local MOST_TIMES = 15

-- Both by the reader's own settings: the page may be light or dark.
local STYLE = [[
  text { font: 13px sans-serif; fill: #24292f; }
  .heading { font-weight: bold; }
  .bar { fill: #8c959f; }
  .ours { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .bar { fill: #6e7681; }
    .ours { fill: #4493f8; }
  }
]]


local function escape(text)
  return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;",
    [">"] = "&gt;" }))
end


local function element(lines, format, ...)
  lines[#lines + 1] = "  " .. format:format(...)
end


-- Returns where the next bar begins.
local function draw_row(lines, work, row, y, most)
  local length = math.min(row.median / most, 1) * LONGEST
  local figure = report.number(row.median) .. " " .. work.unit
  element(lines, '<text x="%d" y="%d" text-anchor="end">%s</text>',
    NAMES - 8, y + BAR - 3, escape(row.name))
  element(lines, '<rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/>',
    row.name:find("^gctokens") and "ours" or "bar", NAMES, y, length, BAR)
  element(lines, '<text x="%.1f" y="%d">%s</text>', NAMES + length + 6,
    y + BAR - 3, escape(row.median > most and "\226\128\166 " .. figure
      or figure))
  return y + BAR + GAP
end


local function draw_work(lines, work, y)
  local most = 0
  for _, row in ipairs(work.rows) do
    most = math.max(most, row.median)
  end
  most = math.min(most, work.rows[1].median * MOST_TIMES)
  element(lines, '<text class="heading" x="%d" y="%d">%s</text>', MARGIN,
    y + HEADING - 12, escape(work.title))
  y = y + HEADING
  for _, row in ipairs(work.rows) do
    y = draw_row(lines, work, row, y, most)
  end
  return y
end


--- The text of an SVG file.
function chart.draw(results)
  local lines, y = {}, 0
  for _, work in ipairs(results.works) do
    if work.chart then
      y = draw_work(lines, work, y)
    end
  end
  return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" '
    .. 'width="%d" height="%d" role="img">\n  <title>gctokens and its '
    .. 'alternatives: less is better</title>\n  <style>\n%s  </style>\n%s\n'
    .. '</svg>\n'):format(WIDTH, y + MARGIN, WIDTH, y + MARGIN, STYLE,
    table.concat(lines, "\n"))
end


return chart
