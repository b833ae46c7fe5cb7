--- The secret that the hashes of tokens start from. Without it nobody can
-- compute which tokens share a bucket in the shared dict.
--
-- It is in the shared dict, so all workers and guards have the same one, also
-- after a reload. When it is lost, the guard finds nothing of what was known.

local core = require("gctokens.core")


local KEY = "s"
local NUMBERS = 4 -- of 48 random bits each


local hash_secret = {}


local function make()
  local numbers = {}
  for i = 1, NUMBERS do
    numbers[i] = ("%.0f"):format(core.random() * 2 ^ 48)
  end
  return table.concat(numbers, " ")
end


--- The secret of a dict. The first worker or guard makes it.
---@param pinned gctokens.guard.PinnedDict
---@return string
function hash_secret.of(pinned)
  local own = make()
  pinned:add(KEY, own)
  local shared = pinned.dict:get(KEY) or own
  pinned:pin(KEY, shared)
  return shared
end


return hash_secret
