-- Who may call an operation: the bearer token, its rate limit, the scopes of
-- its OAuth client, its permissions.

local limits = require "app.limits"
local responses = require "app.responses"
local tokens = require "app.tokens"

-- What the rate headers say while no limit is set.
local USUAL_LIMIT = 300

local _M = {}


local function has_any(set, names)
  for i = 1, #names do
    if set[names[i]] then
      return true
    end
  end
  return false
end


-- Sets the three rate headers. Returns the seconds to wait when the token has
-- used up its minute.
local function count(request, access_token)
  local limit = request.settings.rate_per_minute
  local used, seconds = limits.count(access_token, request.now)
  local allowed = limit > 0 and limit or USUAL_LIMIT
  responses.add_header(request, "inin-ratelimit-count", used)
  responses.add_header(request, "inin-ratelimit-allowed", allowed)
  responses.add_header(request, "inin-ratelimit-reset", seconds)
  if limit > 0 and used > limit then
    return seconds
  end
end


-- Returns the caller's token and the access token itself, or nil and the
-- response that refuses the request.
function _M.check(request, operation)
  local authorization = ngx.var.http_authorization
  if not authorization or authorization == "" then
    return nil, responses.error(request, "authentication.required")
  end
  local scheme, access_token = authorization:match("^(%a+) +(%S+)$")
  if not scheme or scheme:lower() ~= "bearer" then
    return nil, responses.error(request, "bad.credentials")
  end
  local token = tokens.find(access_token, request.now, request.timeout)
  if not token then
    return nil, responses.error(request, "bad.credentials")
  end

  local seconds = count(request, access_token)
  if seconds then
    responses.add_header(request, "Retry-After", seconds)
    return nil, responses.error(
      request, "too.many.requests.retry.after", { seconds = seconds }
    )
  end
  if not operation.touches_itself then
    tokens.touch(access_token, request.now)
  end

  if token.is_scoped and not has_any(token.scopes, operation.scopes) then
    return nil, responses.error(request, "app.not.authorized.for.scope", {
      scope = table.concat(operation.scopes, ", "),
    })
  end
  local permission = operation.permission
  if permission and not token.permissions[permission] then
    return nil, responses.error(request, "missing.any.permissions", {
      permissions = permission,
    })
  end
  return token, access_token
end


return _M
