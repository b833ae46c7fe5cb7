--- Whose token it is: what the guard keeps of a TokenInfo, as a table and, in
-- the caches, as text.

local iso8601 = require("gctokens.iso8601")


local identity = {}


local LONGEST_FIELD = 256 -- bytes; more would be too long for a header

-- A shallow copy. OpenResty's LuaJIT has it built in, and compiles it.
local found, clone = pcall(require, "table.clone")
if not found then
  clone = function(from)
    local to = {} -- coverage: this LuaJIT has table.clone
    -- coverage: this LuaJIT has table.clone
    for key, value in pairs(from) do
      to[key] = value
    end
    return to -- coverage: this LuaJIT has table.clone
  end
end

-- In the order of the text. Each is a string or absent.
local FIELDS = {
  "organization_id", "organization_name", "home_organization_id",
  "client_id", "client_name", "grant_type", "cloned_user_id",
}


identity.fields = FIELDS


-- The text without what would end a line of the text, or a header.
local function clean(value)
  if type(value) ~= "string" then
    return nil
  end
  return (value:gsub("%c", " "))
end


local function field(object, name)
  local text = type(object) == "table" and clean(object[name])
  return text and text:sub(1, LONGEST_FIELD) or nil
end


-- Separated by spaces, as OAuth writes scopes (RFC 7662 section 2.2).
local function scope_of(list)
  local scopes = {}
  if type(list) == "table" then
    for _, scope in ipairs(list) do
      scope = clean(scope)
      if scope and not scope:find(" ", 1, true) then
        scopes[#scopes + 1] = scope
      end
    end
  end
  return table.concat(scopes, " ")
end


--- What is kept of a TokenInfo.
---@param info gctokens.TokenInfo
---@return gctokens.guard.Identity? who nil: it names no organisation, so it is
---  not from Genesys Cloud
function identity.of(info)
  local organization_id = field(info.organization, "id")
  if not organization_id or organization_id == "" then
    return nil
  end
  local client = info.OAuthClient
  return {
    organization_id = organization_id,
    organization_name = field(info.organization, "name"),
    home_organization_id = field(info.homeOrganization, "id"),
    client_id = field(client, "id"),
    client_name = field(client, "name"),
    grant_type = field(client, "authorizedGrantType"),
    cloned_user_id = field(info.clonedUser, "id"),
    scope = scope_of(info.authorizedScope),
    cache = "",
  }
end


--- Seconds until a token idles. What cannot be read has come already.
---@param idles any dateTokenIdles, an ISO 8601 time
---@param date number Unix time of the response, by the server's own clock: the
---  machine's need not be right
---@return number? seconds nil when the token does not idle
function identity.seconds_to_idle(idles, date)
  if idles == nil then
    return nil
  end
  local at = type(idles) == "string" and iso8601.parse(idles)
  return at and at - date or 0
end


--- A copy that the application may change. The original has a field `cache`,
--- too: a new field would make the copy's table grow.
---@param who gctokens.guard.Identity
---@param layer string where it was found
---@return gctokens.guard.Identity copy
function identity.copy(who, layer)
  local copy = clone(who)
  copy.cache = layer
  return copy
end


--- An identity as text: its fields, one a line, and its scopes. The same
--- identity is always the same text.
---@param who gctokens.guard.Identity
---@return string text
function identity.to_text(who)
  local lines = {}
  for i, name in ipairs(FIELDS) do
    lines[i] = who[name] or ""
  end
  lines[#FIELDS + 1] = who.scope
  return table.concat(lines, "\n")
end


--- The identity of a text. It is built field by field: then its table is as
--- small as can be, and so are its copies.
---@param text string
---@return gctokens.guard.Identity? who nil: the text is damaged
function identity.from_text(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    lines[#lines + 1] = line
  end
  if #lines ~= #FIELDS + 1 or lines[1] == "" then
    return nil
  end
  local who = {}
  for i, name in ipairs(FIELDS) do
    who[name] = lines[i] ~= "" and lines[i] or nil
  end
  who.scope, who.cache = lines[#lines], ""
  return who
end


return identity
