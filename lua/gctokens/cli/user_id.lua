--- Ids of users: their one spelling, and what is none.

local core = require("gctokens.core")

local user_id = {}


-- Bytes of what Genesys might call a user, and of what is shown of a text that
-- is something else: a secret has 43, a token more.
local LONGEST = 64
local LONGEST_SHOWN = 40

local HEX4 = "%x%x%x%x"
local UUID = "^" .. HEX4 .. HEX4 .. ("%-" .. HEX4):rep(4) .. HEX4 .. HEX4 .. "$"

local function set_of(names)
  local set = {}
  for _, name in ipairs(names) do
    set[name] = true
  end
  return set
end


-- What people call a column of ids, in lower case; with other words only those
-- that are at the beginning or the end, as in "User_ID" and "ID utilisateur".
local HEADINGS = set_of({
  "agent", "agentid", "agents", "benutzer", "email", "employee", "employeeid",
  "genesysid", "identifiant", "identifier", "kennung", "login", "mail",
  "member", "name", "people", "person", "personid", "persons", "uid", "uids",
  "user", "userguid", "userid", "userids", "username", "users", "useruuid",
  "usuario", "utilisateur",
})
local ID = set_of({ "guid", "guids", "id", "ids", "uuid", "uuids" })


-- With what nobody would see, a no-break space for one, as <C2><A0>.
local function shown(text)
  if #text > LONGEST_SHOWN then
    return ("what has %d bytes"):format(#text)
  end
  return '"' .. text:gsub("[^\32-\126]", function(byte)
    return ("<%02X>"):format(byte:byte())
  end) .. '"'
end


---@param text string
---@return boolean
function user_id.is_uuid(text)
  return text:find(UUID) ~= nil
end


--- The spelling that is sent: a UUID in lower case and without the braces that
--- some programs write; anything else as it is.
---@param text string
---@return string id
function user_id.normal(text)
  local bare = text:match("^{(.*)}$") or text
  return user_id.is_uuid(bare) and bare:lower() or text
end


-- "userId" is two words.
local function words_of(text)
  local words = {}
  for word in text:gsub("(%l)(%u)", "%1 %2"):lower():gmatch("%a+") do
    words[#words + 1] = word
  end
  return words
end


-- Whether this is what people write above a column of ids.
local function is_heading(text)
  if text:find("%d") then
    return false
  end
  local words = words_of(text)
  return HEADINGS[table.concat(words)] or ID[words[1]] or ID[words[#words]]
end


-- Why an id that is no UUID cannot be a user's.
local function refusal_of_other(id, any_id, may_be_header)
  if id:find("[^%w._~%-]") then -- RFC 3986: unreserved
    return shown(id) .. " is not a user id"
  elseif #id > LONGEST then
    return ("a user id is not as long as %d bytes"):format(#id)
  end
  local accepted, err = core.check("delete_token", { user_id = id })
  if not accepted then
    return err.reason
  elseif not any_id then
    return shown(id) .. " is not a user id: they are UUIDs (--any-id takes "
      .. "others)"
  elseif may_be_header and is_heading(id) then
    return shown(id) .. " is not a user id"
  end
end


--- Why this cannot be a user's id, or nil. Genesys' ids are UUIDs; what is
--- something else, as an address, is a mistake that Genesys would only call
--- "not found".
---@param id string of user_id.normal
---@param any_id boolean? whether it may be something else than a UUID
---@param may_be_header boolean? whether it is the first one of a file
---@return string? reason
function user_id.refusal(id, any_id, may_be_header)
  local reason = not user_id.is_uuid(id)
    and refusal_of_other(id, any_id, may_be_header)
  if reason and may_be_header then
    return reason .. "; if this is a header, name its column with --column NAME"
  end
  return reason or nil
end


return user_id
