--- A series of numbers as a small line: inline SVG without style or script.
-- Its colours and dashes are the page's, by the classes `line` and `area`.

local escape = require("gctokens.guard.status.text_format").escape


local WIDTH, HEIGHT = 160, 32 -- of the picture's own units
local MARGIN = 2 -- above and below, for the width of the line
local DASH = 3 -- the length of a line through one point only


local sparkline = {}


-- Numbers alone: a gap is anything else.
local function is_number(value)
  return type(value) == "number"
end


-- Where the line runs: lists of {x, y} without gaps.
local function pieces_of(values, highest)
  local pieces, piece = {}, nil
  for i, value in ipairs(values) do
    if is_number(value) then
      if not piece then
        piece = {}
        pieces[#pieces + 1] = piece
      end
      piece[#piece + 1] = {
        x = (i - 1) * WIDTH / math.max(1, #values - 1),
        y = HEIGHT - MARGIN
          - (HEIGHT - 2 * MARGIN) * math.min(1, value / highest),
      }
    else
      piece = nil
    end
  end
  return pieces
end


-- "M0 30L4 28.5"
local function path_of(piece)
  local parts = {}
  if #piece == 1 then
    return ("M%.4g %.4gh%d"):format(
      piece[1].x - DASH / 2, piece[1].y, DASH)
  end
  for i, point in ipairs(piece) do
    parts[i] = ("%s%.4g %.4g"):format(i == 1 and "M" or "L", point.x, point.y)
  end
  return table.concat(parts)
end


local function area_of(piece)
  return ("%sL%.4g %dL%.4g %dZ"):format(
    path_of(piece), piece[#piece].x, HEIGHT, piece[1].x, HEIGHT)
end


--- The highest number of a series, 0 where there is none.
---@param values (number|any)[]
---@return number
function sparkline.highest(values)
  local highest = 0
  for _, value in ipairs(values) do
    if is_number(value) and value > highest then
      highest = value
    end
  end
  return highest
end


--- A line from the oldest value, at the left, to the newest. It begins at 0 and
--- reaches to the highest value.
---@param values (number|any)[] what is no number is a gap
---@param label string what the line shows, for those who cannot see it: text
---  without markup
---@return string svg
function sparkline.svg(values, label)
  local highest = sparkline.highest(values)
  local lines, areas = {}, {}
  for i, piece in ipairs(pieces_of(values, highest > 0 and highest or 1)) do
    lines[i], areas[i] = path_of(piece), area_of(piece)
  end
  return ([[<svg class="sparkline" role="img" viewBox="0 0 %d %d" ]]
    .. [[preserveAspectRatio="none"><title>%s</title>]]
    .. [[<path class="area" d="%s"/><path class="line" d="%s"/></svg>]])
    :format(WIDTH, HEIGHT, escape(label), table.concat(areas),
      table.concat(lines))
end


return sparkline
