-- POST /oauth/token with the client-credentials grant. Its errors have the
-- shape that OAuth gives them, not that of the API.

local json = require "app.json"
local limits = require "app.limits"
local seeds = require "app.seeds"
local tokens = require "app.tokens"

local _M = {}


local function refuse(status, code, description)
  return {
    status = status,
    body = json.encode({
      error = code,
      description = description,
      error_description = description,
    }),
  }
end


-- Returns id and secret of the Basic scheme, or nil.
local function basic_credentials()
  local authorization = ngx.var.http_authorization or ""
  local scheme, encoded = authorization:match("^(%a+) +(%S+)$")
  if scheme and scheme:lower() == "basic" then
    local decoded = ngx.decode_base64(encoded) or ""
    return decoded:match("^([^:]+):(.*)$")
  end
end


local function client_name(id)
  for name, client in pairs(seeds.clients) do
    if client.id == id then
      return name
    end
  end
end


local function grant(request)
  local id, secret = basic_credentials()
  if not id then
    return refuse(401, "invalid_client", "authentication failed")
  end
  local name = client_name(id)
  if not name then
    return refuse(400, "invalid_client", "client not found")
  end
  if seeds.clients[name].secret ~= secret then
    return refuse(401, "invalid_client", "authentication failed")
  end
  local limit = request.settings.oauth_rate_per_minute
  local used, seconds = limits.count("client:" .. id, request.now)
  if limit > 0 and used > limit then
    return refuse(
      400, "invalid_request",
      "rate limit exceeded; retry in " .. seconds .. " seconds"
    )
  end
  local asked = ngx.decode_args(request.body).grant_type
  if asked ~= "client_credentials" then
    return refuse(
      400, "unsupported_grant_type", "grant type is not supported"
    )
  end
  if seeds.clients[name].grant ~= "CLIENT-CREDENTIALS" then
    return refuse(
      400, "unauthorized_client", "client may not use this grant type"
    )
  end
  return {
    status = 200,
    headers = { ["Cache-Control"] = "no-store" },
    body = json.encode({
      access_token = tokens.issue({ client = name }),
      token_type = "bearer",
      expires_in = request.settings.expires_in,
    }),
  }
end


_M.post_token = {
  is_public = true,
  handle = grant,
}


return _M
