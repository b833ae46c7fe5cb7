--- The fields of an idle-token timeout, as they are shown: by Genesys' names.

local json = require("gctokens.cli.json")

local timeout_fields = {}


-- The order that people read them in; what Genesys may add comes after.
local ORDER = {
  "enableIdleTokenTimeout", "idleTokenTimeoutSeconds", "inactivityTimeoutUnit",
  "inactivityTimeoutGroupsEnabled", "inactivityTimeoutGroupBundles",
}


--- The names of all fields of these objects.
---@param ... table
---@return string[]
function timeout_fields.names(...)
  local names, rest, seen = {}, {}, {}
  for _, name in ipairs(ORDER) do
    seen[name] = true
    for _, object in ipairs({ ... }) do
      if object[name] ~= nil and names[#names] ~= name then
        names[#names + 1] = name
      end
    end
  end
  for _, object in ipairs({ ... }) do
    for name in pairs(object) do
      if not seen[name] then
        seen[name] = true
        rest[#rest + 1] = name
      end
    end
  end
  table.sort(rest)
  for _, name in ipairs(rest) do
    names[#names + 1] = name
  end
  return names
end


--- Whether Genesys describes the field, or has sent it.
---@param name string
---@param sent table
---@return boolean
function timeout_fields.is_known(name, sent)
  if sent[name] ~= nil then
    return true
  end
  for _, known in ipairs(ORDER) do
    if name == known then
      return true
    end
  end
  return false
end


---@param value any
---@return string
function timeout_fields.text(value)
  return value == nil and "-" or json.text(value)
end


return timeout_fields
