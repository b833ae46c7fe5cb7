--- Medians, and the table in which they are shown.

local figures = {}


function figures.sorted(list)
  local copy = {}
  for i, value in ipairs(list) do
    copy[i] = value
  end
  table.sort(copy)
  return copy
end


function figures.median(list)
  return figures.sorted(list)[math.floor((#list + 1) / 2)]
end


--- The medians of what `field` is in two lists of measurements, and of the
--- ratios of neighbours, the second to the first.
function figures.compare(first, second, field)
  local a, b, ratios = {}, {}, {}
  for i = 1, #first do
    a[i], b[i] = first[i][field], second[i][field]
    ratios[i] = b[i] / a[i]
  end
  return figures.median(a), figures.median(b), figures.median(ratios)
end


function figures.title(text)
  print()
  print(text)
end


--- A row: what was measured, the figure as text, and a note.
function figures.row(name, figure, note)
  local line = ("  %-46s %12s  %s"):format(name, figure, note or "")
  print((line:gsub("%s+$", "")))
end


--- A row with an aim. `comparison` is ">=", "<=" or "=="; `unit` a format of
--- both numbers.
function figures.aim(name, figure, comparison, aim, unit)
  local met
  if comparison == ">=" then
    met = figure >= aim
  elseif comparison == "<=" then
    met = figure <= aim
  else
    met = figure == aim
  end
  figures.row(name, unit:format(figure), ("(aim: %s %s) %s"):format(
    comparison, unit:format(aim), met and "met" or "MISSED"))
end


return figures
