--- The secret of a shared dict. The keys of tokens depend on it, so that nobody
-- outside can compute which tokens share a place in the dict.
--
-- It is in the dict, and so the same for all workers and guards, and after a
-- reload. Where it is lost, nothing is found of what was known.

local core = require("gctokens.core")


local KEY = "s"
local NUMBERS = 4 -- of 48 random bits each


local secret = {}


local function make()
  local numbers = {}
  for i = 1, NUMBERS do
    numbers[i] = ("%.0f"):format(core.random() * 2 ^ 48)
  end
  return table.concat(numbers, " ")
end


--- Whoever is first makes it.
---@param room gctokens.guard.Room of the dict; keeps it there
---@return string
function secret.of(room)
  local own = make()
  room:add(KEY, own)
  local shared = room.dict:get(KEY) or own
  room:keep(KEY, shared)
  return shared
end


return secret
