--- Token sources: where the access token of a call comes from.
--
-- A source is a table with
--   renewable        whether a rejected token can be replaced by a fresh one
--   token(call, fetch)   -> token | nil, err fields, for that call;
--                    fetch(call, operation, arguments) makes another one
--   forget(token, reason)   drops that token if it is the cached one; the
--                    reason is told to whoever supplies the next one
--   origin           where the token is from, for errors; nil: from the caller
-- Tokens and secrets live in upvalues only, so that no dump of a client
-- shows them.

local errors = require("gctokens.errors")

local oauth = {}


-- Seconds before its end from which a granted token is no longer used: the
-- clocks' difference and the longest request fit in.
local EXPIRY_SKEW = 60


-- For tokens that can be renewed.
local function renewable(supply, origin)
  local source = require("gctokens.renewable_token").source(supply)
  source.origin = origin
  return source
end


---@param token string
---@param origin string?
function oauth.fixed(token, origin)
  return {
    renewable = false,
    origin = origin,
    token = function()
      return token
    end,
    forget = function() end,
  }
end


--- No source at all: every call must bring its own token.
function oauth.none()
  return {
    renewable = false,
    token = function()
      return nil, {
        kind = "argument",
        option = "access_token",
        reason = "there is no access token: set access_token, or client_id "
          .. "and client_secret, or GENESYSCLOUD_ACCESS_TOKEN",
      }
    end,
    forget = function() end,
  }
end


--- A function of the user: (reason) -> token | nil, err. The reason is
--- "needed", or "rejected" when the server refused the last token. An err
--- that is a table with `retryable = true` is retried by the call's policy.
---@param supply fun(reason: string): string?, any
function oauth.from_function(supply)
  return renewable(function(reason)
    local ok, token, err = errors.protected_call(supply, reason)
    if ok and type(token) == "string" then
      return token
    end
    if ok and token ~= nil then
      return nil, {
        kind = "auth",
        reason = "the access_token function returned a " .. type(token)
          .. " in place of a string",
      }
    end
    if not ok then
      err = token
    elseif err == nil then
      err = "it returned neither a token nor a reason"
    end
    return nil, {
      kind = "auth",
      reason = "the access_token function failed: " .. errors.describe(err),
      retryable = ok and type(err) == "table"
        and rawget(err, "retryable") == true,
    }
  end, "the access_token function")
end


-- A number of seconds, or nil: expires_in may be absent (RFC 6749 5.1).
local function lifetime_of(grant)
  local seconds = tonumber(grant.expires_in)
  if not seconds or seconds <= 0 then
    return nil
  end
  return math.max(seconds - EXPIRY_SKEW, seconds / 2)
end


-- A 2xx without a token: what the response says. The core has redacted it.
local function refused(grant, arguments)
  local function text_of(name)
    return type(grant[name]) == "string" and grant[name] or nil
  end
  local code = text_of("error")
  local words = { code, text_of("error_description") or text_of("description") }
  return {
    kind = "auth",
    code = code,
    reason = ("POST %s/oauth/token answered without an access token%s"):format(
      arguments.base_url, code and ": " .. table.concat(words, ": ") or ""),
  }
end


--- OAuth client credentials (RFC 6749 section 4.4).
---@param settings table login_url, client_id, client_secret
function oauth.client_credentials(settings)
  local base_url = settings.login_url
  local client_id = settings.client_id
  local client_secret = settings.client_secret

  return renewable(function(_, fetch, call)
    local arguments = {
      base_url = base_url,
      client_id = client_id,
      client_secret = client_secret,
    }
    local grant, err = fetch(call, "post_oauth_token", arguments)
    if not grant then
      err.kind = err.kind == "closed" and "closed" or "auth"
      err.reason = err.message
      err.retryable = false -- its own attempts have been made
      return nil, err
    end
    if grant.error or type(grant.access_token) ~= "string" then
      return nil, refused(grant, arguments)
    end
    return grant.access_token, nil, lifetime_of(grant)
  end)
end


--- Genesys answers 400 when too many tokens are asked for (its Terraform
--- provider retries exactly this); every other 400 is final.
---@param err table
---@return boolean
function oauth.is_rate_limit(err)
  return err.operation == "post_oauth_token" and err.status == 400
    and err.code == "invalid_request"
    and (err.body or ""):find("rate limit exceeded;", 1, true) ~= nil
end


---@param settings table of options.for_client, or options of one call
---@param origin string? where a fixed token is from
function oauth.source(settings, origin)
  local token = settings.access_token
  if type(token) == "function" then
    return oauth.from_function(token)
  elseif token then
    return oauth.fixed(token, origin)
  elseif settings.client_id then
    return oauth.client_credentials(settings)
  end
  return oauth.none()
end


return oauth
