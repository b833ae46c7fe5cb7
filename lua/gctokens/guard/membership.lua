--- Whether a guard is alone, or one of a fleet, and what that changes. Only a
-- guard of a fleet loads a client of Redis.

local bearer = require("gctokens.guard.request.bearer")
local hash_secret = require("gctokens.guard.dict.hash_secret")


local membership = {}


--- The prefixes of a token's keys, the one in use first: of the dict's own
--- secret, or of those of the fleet.
---@param base_url string of the API
---@param pinned gctokens.guard.PinnedDict
---@param fleet_options table? nil: it is alone
---@return string[]
function membership.key_prefixes(base_url, pinned, fleet_options)
  if not fleet_options then
    return { bearer.key_prefix(base_url, hash_secret.of(pinned)) }
  end
  local signature = require("gctokens.guard.fleet.signature")
  local prefixes = {}
  for i, secret in ipairs(fleet_options.secret) do
    prefixes[i] =
      bearer.key_prefix(base_url, signature.hash_secret(secret))
  end
  return prefixes
end


--- Makes a guard one of a fleet.
---@param own table the guard's own options
---@param parts table pinned, cache, counters and log of the guard
---@return gctokens.guard.Fleet? fleet nil: it is alone
---@return gctokens.guard.SharedLease? lease among the machines
function membership.join(own, parts)
  if not own.fleet then
    return nil
  end
  local fleet = require("gctokens.guard.fleet").new({
    options = own.fleet, dict_name = own.dict_name, pinned = parts.pinned,
    cache = parts.cache, counters = parts.counters, log = parts.log,
    ttl = own.ttl, refresh_ahead = own.refresh_ahead,
    lookup_timeout = own.lookup_timeout,
  })
  return fleet, require("gctokens.guard.fleet.question").lease({
    fleet = fleet, cache = parts.cache, counters = parts.counters,
    ttl_alone = own.fleet.ttl_alone, patience = own.lookup_timeout / 2,
  })
end


return membership
