--- Turns a request away: status, challenge (RFC 6750 section 3) and a fixed
-- text. Nothing of the request, of Genesys' response or of the token is in it.

local cjson = require("cjson")

local ngx = ngx


-- `error` is in challenge and body. Without it the challenge is bare, as the
-- RFC wants it for a request without a token. nginx's auth_request passes on
-- 401 and 403 and makes a 500 of anything else; for a 400, 401 is the nearest.
local DENIALS = {
  missing = {
    status = 401,
    description = "a bearer token is needed",
  },
  invalid_request = {
    status = 400,
    subrequest_status = 401,
    error = "invalid_request",
    description = "the bearer token is malformed, or there are several",
  },
  invalid_token = {
    status = 401,
    error = "invalid_token",
    description = "the token is expired, revoked or unknown",
  },
  insufficient_scope = {
    status = 403,
    error = "insufficient_scope",
    description = "the token does not give access to this resource",
  },
  spoofed = {
    status = 403,
    error = "invalid_request",
    description = "the request has headers that only the gateway may set",
  },
  rate_limited = {
    status = 503,
    description = "the token cannot be verified yet, too many were",
  },
  unavailable = {
    status = 503,
    description = "the token cannot be verified at the moment",
  },
}

for _, denial in pairs(DENIALS) do
  denial.body = cjson.encode({
    error = denial.error or denial.status == 503 and "temporarily_unavailable"
      or "unauthorized",
    error_description = denial.description,
  }) .. "\n"
end


-- A quoted-string of RFC 9110 section 5.6.4.
local function quoted(text)
  return '"' .. text:gsub("%c", " "):gsub('[\\"]', "\\%0") .. '"'
end


local function challenge(denial, realm, scope)
  local parts = { "Bearer realm=" .. quoted(realm) }
  if denial.error then
    parts[2] = "error=" .. quoted(denial.error)
    parts[3] = "error_description=" .. quoted(denial.description)
  end
  if denial.error == "insufficient_scope" and scope then
    parts[#parts + 1] = "scope=" .. quoted(scope)
  end
  return table.concat(parts, ", ")
end


local denials = {}


---@param name string of a denial
---@return integer status, string description
function denials.meaning(name)
  return DENIALS[name].status, DENIALS[name].description
end


--- Whole seconds, at least one.
---@param seconds number?
---@return integer
function denials.retry_after(seconds)
  return math.max(1, math.ceil(seconds or 1))
end


--- Ends the request. To be called as a tail call, `return denials.send(...)`:
--- the next request could see a frame that ngx.exit() leaves behind.
---@param name string of a denial
---@param facts table realm; scope; retry_after in seconds
function denials.send(name, facts)
  local denial = DENIALS[name]
  local headers = ngx.header
  -- Else nginx would ask for the request's body, and discard it.
  ngx.req.clear_header("Expect")
  ngx.status = ngx.is_subrequest and denial.subrequest_status or denial.status
  headers["Content-Type"] = "application/json"
  headers["Cache-Control"] = "no-store"
  headers["Content-Length"] = #denial.body
  if denial.status == 503 then
    headers["Retry-After"] = denials.retry_after(facts.retry_after)
  else
    headers["WWW-Authenticate"] = challenge(denial, facts.realm, facts.scope)
  end
  ngx.print(denial.body)
  return ngx.exit(ngx.HTTP_OK)
end


return denials
