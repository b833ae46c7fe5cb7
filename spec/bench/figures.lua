--- Lists of measurements, taken in turns, and what is said of them.

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
  local all = figures.sorted(list)
  local middle = #all / 2
  return (all[math.floor(middle + 0.5)] + all[math.floor(middle + 1)]) / 2
end


--- Median, least and most of a list, and between which two its middle half is.
function figures.summary(list)
  local all = figures.sorted(list)
  local quarter = math.floor(#all / 4)
  return {
    median = figures.median(all), least = all[1], most = all[#all],
    low = all[1 + quarter], high = all[#all - quarter],
  }
end


--- What the field is in each element of a list, times `factor` (1).
function figures.column(list, field, factor)
  local values = {}
  for i, element in ipairs(list) do
    values[i] = element[field] * (factor or 1)
  end
  return values
end


--- The ratios of neighbours, the first list's to the second's, as far as both
--- go: machines are noisy, but in the same way to neighbours.
function figures.ratios(values, reference)
  local list = {}
  for i = 1, math.min(#values, #reference) do
    list[i] = values[i] / reference[i]
  end
  return list
end


--- Calls the functions of a list in turns, every second round from the last to
--- the first. Returns for each the list of what it returned; `nil` is left out.
function figures.in_turns(rounds, sides)
  local lists = {}
  for i = 1, #sides do
    lists[i] = {}
  end
  for round = 1, rounds do
    for i = 1, #sides do
      local side = round % 2 == 1 and i or #sides + 1 - i
      table.insert(lists[side], sides[side](round))
    end
  end
  return lists
end


return figures
