--- Signatures of what the fleet keeps in Redis, and what else is made of its
-- secrets: HMAC-SHA256 (RFC 2104, RFC 4231).

local bit = require("bit")
local sha256 = require("gctokens.guard.sha256")

local ngx = ngx


local BLOCK_BYTES = 64 -- of SHA-256

local hash = sha256.new()


local signature = {}


local function digest(...)
  hash:reset()
  for i = 1, select("#", ...) do
    hash:update((select(i, ...)))
  end
  return hash:final()
end


-- The key of an HMAC, padded, each byte combined with `byte`.
local function pad(key, byte)
  local bytes = {}
  for i = 1, BLOCK_BYTES do
    bytes[i] = string.char(bit.bxor(key:byte(i) or 0, byte))
  end
  return table.concat(bytes)
end


--- HMAC-SHA256 with a key that is prepared.
---@class gctokens.guard.fleet.HmacKey
---@field inner string
---@field outer string

---@param secret string
---@return gctokens.guard.fleet.HmacKey
function signature.key(secret)
  if #secret > BLOCK_BYTES then
    secret = digest(secret)
  end
  return { inner = pad(secret, 0x36), outer = pad(secret, 0x5c) }
end


---@param key gctokens.guard.fleet.HmacKey
---@param text string
---@return string mac 32 bytes
function signature.hmac(key, text)
  return digest(key.outer, digest(key.inner, text))
end


--- Base64 for URLs, without padding (RFC 4648 section 5).
---@param bytes string
---@return string
function signature.base64url(bytes)
  return (ngx.encode_base64(bytes, true):gsub("[+/]", { ["+"] = "-",
    ["/"] = "_" }))
end


---@param text string
---@return string? bytes nil: it is not base64url
function signature.from_base64url(text)
  return ngx.decode_base64((text:gsub("[-_]", { ["-"] = "+", ["_"] = "/" }))
    .. ("="):rep(-#text % 4))
end


-- Takes the same time wherever the two differ.
local function equals(first, second)
  local difference = bit.bxor(#first, #second)
  for i = 1, #first do
    difference = bit.bor(difference,
      bit.bxor(first:byte(i), second:byte(i) or 0))
  end
  return difference == 0
end


--- Signs with the first of some keys; all of them verify.
---@class gctokens.guard.fleet.Signer
---@field keys gctokens.guard.fleet.HmacKey[]
local Signer = {}

local signer_metatable = { __index = Signer }


-- One secret, two uses: what is made for one of them does not do for the other.
local FOR_RECORDS = "gctokens fleet records"
local FOR_KEYS = "gctokens fleet keys"


---@param secrets string[]
---@return gctokens.guard.fleet.Signer
function signature.new(secrets)
  local keys = {}
  for i, secret in ipairs(secrets) do
    keys[i] = signature.key(
      signature.hmac(signature.key(secret), FOR_RECORDS))
  end
  return setmetatable({ keys = keys }, signer_metatable)
end


--- The secret that the keys of tokens are made of, in place of one of the
--- dict's own: then a token has the same key on every machine.
---@param secret string
---@return string
function signature.hash_secret(secret)
  return signature.hmac(signature.key(secret), FOR_KEYS)
end


---@param text string
---@return string mac base64url
function Signer:sign(text)
  return signature.base64url(signature.hmac(self.keys[1], text))
end


---@param text string
---@param mac string
---@return boolean
function Signer:verifies(text, mac)
  local is_right = false
  for _, key in ipairs(self.keys) do
    local expected = signature.base64url(signature.hmac(key, text))
    is_right = equals(expected, mac) or is_right
  end
  return is_right
end


return signature
