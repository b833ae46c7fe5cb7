--- The fields of the idle-token timeout, under the names that Genesys gives.

local json = require("gctokens.cli.json")

local timeout_fields = {}


-- The fields that Genesys documents, in the order in which they are shown.
local DOCUMENTED = {
  "enableIdleTokenTimeout", "idleTokenTimeoutSeconds", "inactivityTimeoutUnit",
  "inactivityTimeoutGroupsEnabled", "inactivityTimeoutGroupBundles",
}

local POSITIONS = {} -- name -> position in DOCUMENTED

for position, name in ipairs(DOCUMENTED) do
  POSITIONS[name] = position
end


-- Fields that are not documented come last, by their names.
local function comes_before(a, b)
  local first = POSITIONS[a] or #DOCUMENTED + 1
  local second = POSITIONS[b] or #DOCUMENTED + 1
  if first == second then
    return a < b
  end
  return first < second
end


--- The names of all fields of these objects, in the order to show them.
---@param ... table
---@return string[]
function timeout_fields.names(...)
  local names, seen = {}, {}
  for _, object in ipairs({ ... }) do
    for name in pairs(object) do
      if not seen[name] then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  table.sort(names, comes_before)
  return names
end


--- Whether Genesys documents a field or has sent it.
---@param name string
---@param sent table
---@return boolean
function timeout_fields.is_known(name, sent)
  return POSITIONS[name] ~= nil or sent[name] ~= nil
end


--- The value of a field for people; "-" if there is none.
---@param value any
---@return string
function timeout_fields.text(value)
  return value == nil and "-" or json.text(value)
end


return timeout_fields
