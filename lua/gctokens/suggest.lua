--- What a misspelt name was probably meant to be. Only messages need it.

local suggest = {}


-- How many single-character edits turn `a` into `b` (Levenshtein).
local function distance(a, b)
  local previous = {}
  for j = 0, #b do
    previous[j] = j
  end
  for i = 1, #a do
    local current = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      current[j] = math.min(
        previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
    end
    previous = current
  end
  return previous[#b]
end


-- Edits after which two names are no longer alike, and how long a name may be
-- to be compared at all.
local UNLIKE = 4
local LONGEST = 64


--- The known name that is spelt most like `name`, or nil. In a short name
--- fewer letters may differ.
---@param name string
---@param known table<string, any> its keys are the names
---@return string? nearest
---@return integer? edits
function suggest.nearest(name, known)
  local limit = math.min(UNLIKE, math.ceil(#name / 2))
  local best, fewest
  for candidate in pairs(#name <= LONGEST and known or {}) do
    local edits = distance(name, candidate)
    if edits < limit and (not best or edits < fewest
                          or edits == fewest and candidate < best) then
      best, fewest = candidate, edits
    end
  end
  return best, fewest
end


--- The end of a message that says that there is no such name.
---@param name string
---@param known table<string, any>
---@return string hint may be empty
function suggest.hint(name, known)
  local nearest = suggest.nearest(name, known)
  return nearest and (", did you mean %q?"):format(nearest) or ""
end


return suggest
