--- From the Authorization header to a token (RFC 6750 section 2.1), and from a
-- token to the key it is known by.

local core = require("gctokens.core")

-- The same module: Debian's name for it, and OpenResty's.
local found, sha256 = pcall(require, "resty.sha256")
if not found then
  sha256 = require("nginx.sha256")
end


local LONGEST_TOKEN = 4096 -- bytes
local LAYOUT = "1" -- of what is hashed; another one makes all keys new

local hash = sha256:new()


local bearer = {}


--- The usual spelling is taken apart without a pattern: it is what nearly all
--- requests have, and what is no token is found in no cache.
---@param value string|string[]|nil the Authorization header
---@return string? token perhaps malformed, see `is_token`
---@return "missing"|"malformed"|nil problem
function bearer.token(value)
  if value == nil then
    return nil, "missing"
  end
  if type(value) ~= "string" then
    return nil, "malformed"
  end
  if value:sub(1, 7) == "Bearer " and value:byte(8) ~= 32 then
    return value:sub(8)
  end
  local token = value:match("^[Bb][Ee][Aa][Rr][Ee][Rr] +(.*)$")
  if token then
    return token
  end
  return nil, "malformed"
end


---@param token any
function bearer.is_token(token)
  return core.is_token(token) and #token <= LONGEST_TOKEN
end


--- What the hash of a token starts from: the same token at another API is
--- another token.
---@param base_url string
function bearer.key_prefix(base_url)
  return LAYOUT .. "\0" .. base_url .. "\0"
end


--- SHA-256, 32 bytes. The token itself is kept nowhere.
---@param prefix string of key_prefix
---@param token string
---@return string key
function bearer.key(prefix, token)
  hash:reset()
  hash:update(prefix)
  hash:update(token)
  return hash:final()
end


--- Enough of a key to tell tokens apart in a log.
---@param key string
---@return string eight hexadecimal digits
function bearer.short(key)
  return ("%02x%02x%02x%02x"):format(key:byte(1, 4))
end


return bearer
