--- User ids: their canonical form, and why a text is not a valid one.

local core = require("gctokens.core")

local user_id = {}


local LONGEST = 64 -- bytes of an id

-- Bytes of a text that messages quote. A client secret has 43, a token more.
local LONGEST_QUOTED = 40

local HEX4 = "%x%x%x%x"
local UUID = "^" .. HEX4 .. HEX4 .. ("%-" .. HEX4):rep(4) .. HEX4 .. HEX4 .. "$"

local function set_of(names)
  local set = {}
  for _, name in ipairs(names) do
    set[name] = true
  end
  return set
end


-- Headings of a column of user ids, in lower case and without what separates
-- their words.
local HEADINGS = set_of({
  "agent", "agentid", "agents", "benutzer", "email", "employee", "employeeid",
  "genesysid", "identifiant", "identifier", "kennung", "login", "mail",
  "member", "name", "people", "person", "personid", "persons", "uid", "uids",
  "user", "userguid", "userid", "userids", "username", "users", "useruuid",
  "usuario", "utilisateur",
})

-- Words that make a heading when they come first or last, as in "User_ID" and
-- "ID utilisateur".
local ID_WORDS = set_of({ "guid", "guids", "id", "ids", "uuid", "uuids" })


-- In quotes. Bytes that are not printable ASCII are shown in hexadecimal: a
-- no-break space is <C2><A0>.
local function quoted(text)
  if #text > LONGEST_QUOTED then
    return ("a text of %d bytes"):format(#text)
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


--- The form that is sent. A UUID is in lower case and without the braces that
--- some programs write. Any other text stays as it is.
---@param text string
---@return string id
function user_id.canonical(text)
  local bare = text:match("^{(.*)}$") or text
  return user_id.is_uuid(bare) and bare:lower() or text
end


-- In lower case. "userId" is two words.
local function words_of(text)
  local words = {}
  for word in text:gsub("(%l)(%u)", "%1 %2"):lower():gmatch("%a+") do
    words[#words + 1] = word
  end
  return words
end


local function is_heading(text)
  if text:find("%d") then
    return false
  end
  local words = words_of(text)
  return HEADINGS[table.concat(words)] or ID_WORDS[words[1]]
    or ID_WORDS[words[#words]]
end


-- Why an id that is not a UUID is not valid, or nil.
local function reason_against_other(id, any_id, may_be_header)
  if id:find("[^%w._~%-]") then -- RFC 3986: unreserved
    return quoted(id) .. " is not a user id"
  elseif #id > LONGEST then
    return ("a user id has at most %d bytes, not %d"):format(LONGEST, #id)
  end
  local accepted, err = core.check("delete_token", { user_id = id })
  if not accepted then
    return err.reason
  elseif not any_id then
    return quoted(id) .. " is not a user id: user ids are UUIDs (--any-id "
      .. "accepts others)"
  elseif may_be_header and is_heading(id) then
    return quoted(id) .. " is not a user id"
  end
end


--- Why an id is not valid, or nil. The ids of Genesys are UUIDs. Anything else,
--- such as an e-mail address, is a mistake to which Genesys would only answer
--- "not found".
---@param id string of user_id.canonical
---@param any_id boolean? whether it need not be a UUID
---@param may_be_header boolean? whether it is the first one of a file
---@return string? reason
function user_id.invalid_reason(id, any_id, may_be_header)
  local reason = not user_id.is_uuid(id)
    and reason_against_other(id, any_id, may_be_header)
  if reason and may_be_header then
    return reason .. "; if this is a header, name its column with --column NAME"
  end
  return reason or nil
end


return user_id
