-- Tokens: issued, found while they live, used, revoked. A token dies by its
-- expiry, by idleness or by revocation, and is gone for every later request.

local json = require "app.json"
local lrucache = require "resty.lrucache"
local seeds = require "app.seeds"
local state = require "app.state"

local tokens = ngx.shared.tokens -- access token -> what it was issued with
local users = ngx.shared.users -- user id -> list of that user's tokens
local activity = ngx.shared.activity -- access token -> time of its last use

local RANDOM_BYTES = 64 -- 86 characters
local UUID = [[^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$]]

-- What tokens were issued with, ready for use. It does not hold the tokens,
-- so one entry serves all that were issued alike.
local expanded = lrucache.new(1000)

local _M = {}


-- Returns the seeded entity of that name or id, and its name.
local function by_name_or_id(entities, name_or_id)
  for name, entity in pairs(entities) do
    if name == name_or_id or entity.id == name_or_id then
      return entity, name
    end
  end
end


-- The name of the client of that name or id, or nil.
function _M.client_name(name_or_id)
  return select(2, by_name_or_id(seeds.clients, name_or_id))
end


function _M.is_uuid(text)
  return ngx.re.find(text, UUID, "ijo") ~= nil
end


-- The user of that name or id, or nil.
function _M.user(name_or_id)
  return (by_name_or_id(seeds.users, name_or_id))
end


local function set_of(list)
  local set = {}
  for i = 1, #list do
    set[list[i]] = true
  end
  return set
end


local function token_info(issued, client, scopes)
  local organization = seeds.organization
  local oauth_client = {
    id = client.id,
    name = client.name,
    authorizedGrantType = client.grant,
    state = "active",
    organization = organization,
    dateCreated = "2024-02-29T08:15:00.000Z",
    dateModified = "2025-01-31T16:45:30.250Z",
    createdBy = {
      id = seeds.users.admin.id,
      selfUri = "/api/v2/users/" .. seeds.users.admin.id,
    },
  }
  if client.scopes then
    oauth_client.scope = json.array(client.scopes)
  else
    oauth_client.roleDivisions = json.array(client.roles)
  end
  local cloned = issued.cloned_user
  local home = organization
  if cloned then
    home = { id = cloned.organization.id, name = "Trustee Services" }
  end
  return {
    organization = organization,
    homeOrganization = home,
    authorizedScope = json.array(scopes),
    OAuthClient = oauth_client,
    clonedUser = cloned,
  }
end


local function expand(text)
  local token = expanded:get(text)
  if not token then
    local issued = json.decode(text)
    local client = seeds.clients[issued.client]
    local user = issued.user and _M.user(issued.user)
    local holder = user or not issued.user and client or {}
    local scopes = issued.scopes or client.scopes or {}
    token = {
      expires_at = issued.expires_at,
      is_scoped = client.grant ~= "CLIENT-CREDENTIALS",
      permissions = set_of(issued.permissions or holder.permissions or {}),
      scopes = set_of(scopes),
      user_id = issued.user,
      -- TokenInfo as text, but for the date that every use changes.
      info = json.encode(token_info(issued, client, scopes)),
    }
    expanded:set(text, token)
  end
  return token
end


local function random_token()
  local source = assert(io.open("/dev/urandom", "rb"))
  local bytes = source:read(RANDOM_BYTES)
  source:close()
  return (ngx.encode_base64(bytes, true):gsub("[+/]", {
    ["+"] = "-",
    ["/"] = "_",
  }))
end


-- Returns the new access token. `spec`: client (name), user (id), permissions,
-- scopes, expires_in, access_token, cloned_user; all but client optional.
function _M.issue(spec)
  local access_token = spec.access_token or random_token()
  local lifetime = spec.expires_in or state.current().settings.expires_in
  local now = state.now()
  tokens:set(access_token, json.encode({
    client = spec.client,
    user = spec.user,
    permissions = spec.permissions,
    scopes = spec.scopes,
    cloned_user = spec.cloned_user,
    expires_at = now + lifetime,
  }))
  activity:set(access_token, now)
  if spec.user then
    assert(users:lpush(spec.user, access_token))
  end
  return access_token
end


function _M.revoke(access_token)
  tokens:delete(access_token)
  activity:delete(access_token)
end


function _M.revoke_user(user_id)
  local access_token = users:lpop(user_id)
  while access_token do
    -- It may have been revoked and issued to someone else since.
    local text = tokens:get(access_token)
    if text and expand(text).user_id == user_id then
      _M.revoke(access_token)
    end
    access_token = users:lpop(user_id)
  end
end


-- When an unused token will die, or nil while nothing makes it.
function _M.idles_at(access_token, timeout)
  if timeout.enableIdleTokenTimeout then
    return activity:get(access_token) + timeout.idleTokenTimeoutSeconds
  end
end


-- The token if it lives at that time under that idle-token timeout, or nil.
function _M.find(access_token, now, timeout)
  local text = tokens:get(access_token)
  if not text then
    return nil
  end
  local token = expand(text)
  local idles_at = _M.idles_at(access_token, timeout)
  if now >= token.expires_at or idles_at and now >= idles_at then
    _M.revoke(access_token)
    return nil
  end
  return token
end


-- Resets the token's idle clock.
function _M.touch(access_token, now)
  activity:set(access_token, now)
end


function _M.reset()
  tokens:flush_all()
  users:flush_all()
  activity:flush_all()
  for _, seed in pairs(seeds.tokens) do
    local spec = setmetatable({
      user = seed.user and seeds.users[seed.user].id,
    }, { __index = seed })
    _M.issue(spec)
  end
end


return _M
