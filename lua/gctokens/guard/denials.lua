--- How a request is turned away: status, challenge (RFC 6750 section 3) and a
-- fixed text. Nothing of the request, of Genesys' answer or of the token gets
-- into it.

local cjson = require("cjson")

local ngx = ngx


-- `error` goes into challenge and body; without one the challenge is bare, as
-- the RFC wants it for a request that brought no token. nginx's auth_request
-- passes on 401 and 403, and makes a 500 of anything else: 401 is the nearest.
local ANSWERS = {
  missing = {
    status = 401,
    description = "a bearer token is needed",
  },
  invalid_request = {
    status = 400,
    subrequest_status = 401,
    error = "invalid_request",
    description = "the Authorization header is not one bearer token",
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

for _, answer in pairs(ANSWERS) do
  answer.body = cjson.encode({
    error = answer.error or answer.status == 503 and "temporarily_unavailable"
      or "unauthorized",
    error_description = answer.description,
  }) .. "\n"
end


-- A quoted-string of RFC 9110 section 5.6.4.
local function quoted(text)
  return '"' .. text:gsub("%c", " "):gsub('[\\"]', "\\%0") .. '"'
end


local function challenge(answer, realm, scope)
  local parts = { "Bearer realm=" .. quoted(realm) }
  if answer.error then
    parts[2] = "error=" .. quoted(answer.error)
    parts[3] = "error_description=" .. quoted(answer.description)
  end
  if answer.error == "insufficient_scope" and scope then
    parts[#parts + 1] = "scope=" .. quoted(scope)
  end
  return table.concat(parts, ", ")
end


local answers = {}


---@param name string
---@return integer status, string description
function answers.meaning(name)
  return ANSWERS[name].status, ANSWERS[name].description
end


--- Whole seconds, at least one.
---@param seconds number?
---@return integer
function answers.retry_after(seconds)
  return math.max(1, math.ceil(seconds or 1))
end


--- Ends the request. To be called as a tail call, `return answers.send(...)`:
--- a frame that ngx.exit() leaves behind could be seen by the next request.
---@param name string
---@param facts table realm; scope; retry_after in seconds
function answers.send(name, facts)
  local answer = ANSWERS[name]
  local headers = ngx.header
  -- Nobody wants the body: nginx would ask for it, to discard it.
  ngx.req.clear_header("Expect")
  ngx.status = ngx.is_subrequest and answer.subrequest_status or answer.status
  headers["Content-Type"] = "application/json"
  headers["Cache-Control"] = "no-store"
  headers["Content-Length"] = #answer.body
  if answer.status == 503 then
    headers["Retry-After"] = answers.retry_after(facts.retry_after)
  else
    headers["WWW-Authenticate"] = challenge(answer, facts.realm, facts.scope)
  end
  ngx.print(answer.body)
  return ngx.exit(ngx.HTTP_OK)
end


return answers
