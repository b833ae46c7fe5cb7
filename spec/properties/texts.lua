--- Several texts in one, with a line "--" in between: the input of fuzzers and
--- their seeds, written by hand.

local SEPARATOR = "\n--\n"

local texts = {}


--- A list of the texts, each of which can hold any byte.
function texts.split(input)
  local list = {}
  local from = 1
  local start, last = input:find(SEPARATOR, 1, true)
  while start do
    list[#list + 1] = input:sub(from, start - 1)
    from = last + 1
    start, last = input:find(SEPARATOR, from, true)
  end
  list[#list + 1] = input:sub(from)
  return list
end


function texts.join(list)
  return table.concat(list, SEPARATOR)
end


return texts
