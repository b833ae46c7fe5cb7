--- What it means to forget, by the kind of mark that says so. What happens on
-- this machine is in the cache; where the guard is one of a fleet, all machines
-- are told.
--
--   t  a token, by its key
--   d  a token that was revoked
--   o  all tokens of an organisation, by its id
--   *  all tokens


-- kind -> what the cache does
local APPLY = {}


function APPLY.t(cache, key)
  return cache:invalidate(key)
end


-- That the token was valid until then is what an attacker might write, so
-- Genesys is asked about it again. Unless it answers, `fail_open` does not let
-- the token pass.
function APPLY.d(cache, key)
  cache:note_revoked(key)
  return cache:invalidate(key)
end


function APPLY.o(cache, id)
  return cache:invalidate_organization(id)
end


APPLY["*"] = function(cache)
  return cache:flush()
end


local invalidation = {}


--- Whether marks of a kind name a token's key.
---@param kind string
---@return boolean
function invalidation.names_token(kind)
  return kind == "t" or kind == "d"
end


--- Forgets on this machine.
---@param cache gctokens.guard.Cache
---@param kind string a mark of another kind, of a later version, forgets all
---@param name string
---@return true?, string? err
function invalidation.apply(cache, kind, name)
  return (APPLY[kind] or APPLY["*"])(cache, name)
end


--- Forgets on this machine, and tells the fleet. Forgets once more after that:
--- meanwhile the fleet may have told this machine what it knew before.
---@param cache gctokens.guard.Cache
---@param fleet gctokens.guard.Fleet?
---@param kind string
---@param names string[] several when the fleet knows a token by several keys
---@return true? ok
---@return string? err why the shared dict did not take the mark
---@return string? fleet_err why the fleet was not told
function invalidation.run(cache, fleet, kind, names)
  local problem, fleet_err
  for _, name in ipairs(names) do
    local ok, err = invalidation.apply(cache, kind, name)
    if fleet then
      local told, why = fleet:tell(kind, name)
      fleet_err = fleet_err or not told and why or nil
      ok, err = invalidation.apply(cache, kind, name)
    end
    problem = problem or not ok and err or nil
  end
  if problem then
    return nil, problem, fleet_err
  end
  return true, nil, fleet_err
end


return invalidation
