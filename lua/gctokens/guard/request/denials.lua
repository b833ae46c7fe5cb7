--- Why a request is turned away, as data: status, challenge (RFC 6750 section
-- 3) and a fixed text. Nothing of the request, of Genesys' response or of the
-- token is in it.

local cjson = require("cjson")


-- A quoted-string of RFC 9110 section 5.6.4.
local function quoted(text)
  return '"' .. text:gsub("%c", " "):gsub('[\\"]', "\\%0") .. '"'
end


-- Status codes of gRPC. A malformed header is no fault of the call's message,
-- so it is not INVALID_ARGUMENT: a client is to get other credentials.
local UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE = 16, 7, 14


---@class gctokens.guard.Denial
---@field status integer
---@field subrequest_status integer in a subrequest; nginx's auth_request passes
---  on 401 and 403 and makes a 500 of anything else
---@field grpc_status integer
---@field error string? in challenge and body. Without it the challenge is bare,
---  as the RFC wants it for a request without a token.
---@field description string printable ASCII without "%", so that it is also a
---  grpc-message as it is
---@field body string
---@field challenge_parameters string behind the realm

---@type table<string, gctokens.guard.Denial>
local DENIALS = {
  missing = {
    status = 401,
    grpc_status = UNAUTHENTICATED,
    description = "a bearer token is needed",
  },
  invalid_request = {
    status = 400,
    subrequest_status = 401, -- the nearest
    grpc_status = UNAUTHENTICATED,
    error = "invalid_request",
    description = "the bearer token is malformed, or there are several",
  },
  invalid_token = {
    status = 401,
    grpc_status = UNAUTHENTICATED,
    error = "invalid_token",
    description = "the token is expired, revoked or unknown",
  },
  insufficient_scope = {
    status = 403,
    grpc_status = PERMISSION_DENIED,
    error = "insufficient_scope",
    description = "the token does not give access to this resource",
  },
  spoofed = {
    status = 403,
    grpc_status = PERMISSION_DENIED,
    error = "invalid_request",
    description = "the request has headers that only the gateway may set",
  },
  rate_limited = {
    status = 503,
    grpc_status = UNAVAILABLE,
    description = "the token cannot be verified yet, too many were",
  },
  unavailable = {
    status = 503,
    grpc_status = UNAVAILABLE,
    description = "the token cannot be verified at the moment",
  },
}

for _, denial in pairs(DENIALS) do
  denial.subrequest_status = denial.subrequest_status or denial.status
  denial.body = cjson.encode({
    error = denial.error or denial.status == 503 and "temporarily_unavailable"
      or "unauthorized",
    error_description = denial.description,
  }) .. "\n"
  denial.challenge_parameters = not denial.error and ""
    or (", error=%s, error_description=%s"):format(
      quoted(denial.error), quoted(denial.description))
end


local denials = {}


---@param name string of a denial
---@return gctokens.guard.Denial
function denials.of(name)
  return DENIALS[name]
end


--- The challenge of a denial: the WWW-Authenticate header.
---@param denial gctokens.guard.Denial
---@param realm string
---@param scope string? that would have been enough
---@return string
function denials.challenge(denial, realm, scope)
  local text = "Bearer realm=" .. quoted(realm) .. denial.challenge_parameters
  if denial.error == "insufficient_scope" and scope then
    return text .. ", scope=" .. quoted(scope)
  end
  return text
end


--- Whole seconds, at least one.
---@param seconds number?
---@return integer
function denials.retry_after(seconds)
  return math.max(1, math.ceil(seconds or 1))
end


return denials
