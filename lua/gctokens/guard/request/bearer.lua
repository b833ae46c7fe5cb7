--- The token of an Authorization header (RFC 6750 section 2.1), and the key by
-- which the guard knows a token.

local core = require("gctokens.core")
local sha256 = require("gctokens.guard.sha256")


local LONGEST_TOKEN = 4096 -- bytes
local SCHEME = "Bearer "
local LAYOUT = "3" -- version of what is hashed; another one makes all keys new
local PREFIX_BYTES = 16

local type = type

local hash = sha256.new()
local reset, update, final = hash.reset, hash.update, hash.final


local bearer = {}


--- The credentials of a request: its Authorization header in the usual
--- spelling, "Bearer " and the token. Nearly every header is spelled so, and no
--- new string is made then.
---@param value string|string[]|nil the Authorization header
---@return string? credentials the token in it may be malformed, see `token`
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


--- The credentials with that token.
---@param token string
---@return string credentials
function bearer.of_token(token)
  return SCHEME .. token
end


--- The token of credentials.
---@param credentials string
---@return string? token nil: it is malformed or too long
function bearer.token(credentials)
  local token = credentials:sub(#SCHEME + 1)
  return core.is_token(token) and #token <= LONGEST_TOKEN and token or nil
end


--- The prefix of what is hashed. It differs by API, as the same token at
--- another API is another token, and by secret. It is a hash itself, to be
--- short: most tokens then take one block of SHA-256 less.
---@param base_url string of the API
---@param secret string of hash_secret.lua
---@return string prefix of PREFIX_BYTES
function bearer.key_prefix(base_url, secret)
  return bearer.key(LAYOUT .. "\0" .. secret .. "\0", base_url)
    :sub(1, PREFIX_BYTES)
end


--- The key of a token: SHA-256, 32 bytes. The guard stores no token.
---@param prefix string of key_prefix
---@param credentials string
---@return string key
function bearer.key(prefix, credentials)
  reset(hash)
  update(hash, prefix)
  update(hash, credentials)
  return final(hash)
end


--- All keys of a token, the one in use first.
---@param prefixes string[] of key_prefix; machines of a fleet whose secret is
---  being replaced know a token by another one
---@param token string
---@return string[] keys
function bearer.keys(prefixes, token)
  local keys = {}
  for i, prefix in ipairs(prefixes) do
    keys[i] = bearer.key(prefix, bearer.of_token(token))
  end
  return keys
end


--- Enough of a key to tell tokens apart in a log.
---@param key string
---@return string eight hexadecimal digits
function bearer.short(key)
  return ("%02x%02x%02x%02x"):format(key:byte(1, 4))
end


return bearer
