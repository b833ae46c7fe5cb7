--- From the Authorization header to a token (RFC 6750 section 2.1), and from a
-- token to the key it is known by.

local core = require("gctokens.core")

-- The same module: Debian's name for it, and OpenResty's.
local found, sha256 = pcall(require, "resty.sha256")
if not found then
  found, sha256 = pcall(require, "nginx.sha256")
end
if not found then
  error("gctokens.guard needs resty.sha256 (lua-resty-string) or Debian's "
    .. "nginx.sha256 (package lua-nginx-string)")
end


local LONGEST_TOKEN = 4096 -- bytes
local SCHEME = "Bearer "
local LAYOUT = "3" -- of what is hashed; another one makes all keys new
local PREFIX_BYTES = 16

local type = type

local hash = sha256:new()
local reset, update, final = hash.reset, hash.update, hash.final


local bearer = {}


--- The credentials of a request: its Authorization header in the usual
--- spelling, "Bearer " and the token. Nearly every request has it so already,
--- and is known by it: no string has to be made then.
---@param value string|string[]|nil the Authorization header
---@return string? credentials perhaps malformed, see `token`
---@return "missing"|"invalid_request"|nil problem
function bearer.credentials(value)
  if value == nil then
    return nil, "missing"
  end
  if type(value) ~= "string" then
    return nil, "invalid_request"
  end
  if value:find(SCHEME, 1, true) == 1 and value:byte(8) ~= 32 then
    return value
  end
  local token = value:match("^[Bb][Ee][Aa][Rr][Ee][Rr] +(.*)$")
  if token then
    return SCHEME .. token
  end
  return nil, "invalid_request"
end


--- The credentials that a token makes.
---@param token string
---@return string credentials
function bearer.of_token(token)
  return SCHEME .. token
end


--- The token of credentials, or nil where there cannot be such a token.
---@param credentials string
---@return string?
function bearer.token(credentials)
  local token = credentials:sub(#SCHEME + 1)
  return core.is_token(token) and #token <= LONGEST_TOKEN and token or nil
end


--- What a key starts from: the same token at another API is another token, and
--- who does not know the secret cannot tell keys. Itself a hash: so short that
--- most tokens take one block of SHA-256 less.
---@param base_url string
---@param secret string
---@return string prefix of PREFIX_BYTES
function bearer.key_prefix(base_url, secret)
  return bearer.key(LAYOUT .. "\0" .. secret .. "\0", base_url)
    :sub(1, PREFIX_BYTES)
end


--- SHA-256, 32 bytes. The token itself is kept nowhere.
---@param prefix string of key_prefix
---@param credentials string
---@return string key
function bearer.key(prefix, credentials)
  reset(hash)
  update(hash, prefix)
  update(hash, credentials)
  return final(hash)
end


--- Enough of a key to tell tokens apart in a log.
---@param key string
---@return string eight hexadecimal digits
function bearer.short(key)
  return ("%02x%02x%02x%02x"):format(key:byte(1, 4))
end


return bearer
