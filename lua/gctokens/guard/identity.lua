--- Whose token it is: what the guard keeps of a TokenInfo, and the record of
-- that in shared memory.
--
-- A record is text: a format version, three times, and the fields below, one a
-- line. It is small, as shared memory is, and holds no token.

local iso8601 = require("gctokens.iso8601")


local identity = {}


local FORMAT = "1"

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

-- In the order of the record. Each is a string or absent.
local FIELDS = {
  "organization_id", "organization_name", "home_organization_id",
  "client_id", "client_name", "grant_type", "cloned_user_id",
}


identity.fields = FIELDS


-- The text without what would end a line of the record, or a header.
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


--- Writes a record.
---@param record gctokens.guard.Verdict a valid one; its times are seconds of
---  the guard's clock
---@return string packed
function identity.pack(record)
  local who = record.identity
  local lines = {
    FORMAT,
    ("%.9f %.3f %.3f"):format(
      record.fetched_at, record.fresh_until, record.stale_until),
  }
  for _, name in ipairs(FIELDS) do
    lines[#lines + 1] = who[name] or ""
  end
  lines[#lines + 1] = who.scope
  return table.concat(lines, "\n")
end


--- Reads a record.
---@param packed string
---@return gctokens.guard.Verdict? record nil: it is damaged, or of another
---  version
function identity.unpack(packed)
  local lines = {}
  for line in (packed .. "\n"):gmatch("([^\n]*)\n") do
    lines[#lines + 1] = line
  end
  local fetched_at, fresh_until, stale_until =
    (lines[2] or ""):match("^([%d.]+) ([%d.]+) ([%d.]+)$")
  if lines[1] ~= FORMAT or not stale_until or #lines ~= #FIELDS + 3 then
    return nil
  end
  local who = { scope = lines[#lines], cache = "" }
  for i, name in ipairs(FIELDS) do
    who[name] = lines[i + 2] ~= "" and lines[i + 2] or nil
  end
  return {
    state = "valid",
    identity = who,
    allowed_by = {},
    fetched_at = tonumber(fetched_at),
    fresh_until = tonumber(fresh_until),
    stale_until = tonumber(stale_until),
  }
end


return identity
