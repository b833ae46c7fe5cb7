-- The six operations of the Tokens API. Each is a row: the OAuth scopes of
-- which a client needs one, the permission its caller needs, and a function
-- (request, token, access token) that returns the response.

local json = require "app.json"
local responses = require "app.responses"
local state = require "app.state"
local timeout = require "app.timeout"
local tokens = require "app.tokens"

local BASIC = { "user-basic-info" }
local PRESERVE = { ["true"] = true, ["false"] = false }

local _M = {}


local function iso_8601(time)
  local seconds = math.floor(time)
  return os.date("!%Y-%m-%dT%H:%M:%S", seconds)
    .. (".%03dZ"):format(math.floor((time - seconds) * 1000))
end


local function token_info(request, token, access_token)
  local info = token.info
  local idles_at = tokens.idles_at(access_token, request.timeout)
  if idles_at then
    info = info:sub(1, -2) .. ',"dateTokenIdles":"' .. iso_8601(idles_at)
      .. '"}'
  end
  return { status = 200, body = info }
end


_M.get_tokens_me = {
  scopes = BASIC,
  touches_itself = true,
  handle = function(request, token, access_token)
    local preserve
    if request.has_query then
      preserve = ngx.req.get_uri_args().preserveIdleTTL
    end
    if preserve ~= nil and PRESERVE[preserve] == nil then
      return responses.error(request, "invalid.query.param.value", {
        value = type(preserve) == "string" and preserve or "",
        parameter = "preserveIdleTTL",
        allowed = "true, false",
      })
    end
    if not PRESERVE[preserve] then
      tokens.touch(access_token, request.now)
    end
    return token_info(request, token, access_token)
  end,
}

_M.head_tokens_me = {
  scopes = BASIC,
  handle = function(request, token, access_token)
    return token_info(request, token, access_token)
  end,
}

_M.delete_tokens_me = {
  scopes = BASIC,
  handle = function(_, _, access_token)
    tokens.revoke(access_token)
    return { status = 200 }
  end,
}

_M.delete_token = {
  scopes = BASIC,
  permission = "oauth:token:delete",
  handle = function(request)
    local user_id = request.user_id
    local user = tokens.user(user_id)
    local exists = user and user.id == user_id
      or request.settings.unlimited_users and tokens.is_uuid(user_id)
    if not exists then
      return responses.error(request, "not.found")
    end
    tokens.revoke_user(user_id)
    return { status = 204 }
  end,
}

_M.get_tokens_timeout = {
  scopes = {
    "authorization", "authorization:readonly", "organization",
    "organization:readonly",
  },
  handle = function(request)
    return { status = 200, body = json.encode(request.timeout) }
  end,
}

_M.put_tokens_timeout = {
  scopes = { "authorization" },
  permission = "directory:organization:admin",
  handle = function(request)
    local changes, refusal = timeout.read(request)
    if not changes then
      return refusal
    end
    state.change_timeout(changes)
    return { status = 200, body = json.encode(state.current().timeout) }
  end,
}


return _M
