--- Token sources: where the access token of a call comes from.
--
-- A token source is a table with
--   renewable        whether a rejected token can be replaced by a fresh one
--   token(call, fetch)   -> token | nil, fields of an error, for that call;
--                    fetch(call, operation, arguments) makes another call
--   forget(token, reason)   drops that token if it is the cached one; the next
--                    one is asked for with this reason
--   origin           where the token is from, for errors; nil: from the caller
-- Tokens and secrets are in upvalues only, so that no dump of a client shows
-- them.

local errors = require("gctokens.errors")

local oauth = {}


-- Seconds before a granted token expires from which it is no longer used. They
-- cover the difference of the clocks and the longest request.
local EXPIRY_SKEW = 60


local function renewable(supply, origin)
  local token_source = require("gctokens.renewable_token").source(supply)
  token_source.origin = origin
  return token_source
end


--- A token that never changes.
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


--- No token: every call must bring its own.
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


--- A function of the user. The reason is "needed", or "rejected" when the
--- server refused the last token. After an error that is a table with
--- `retryable = true`, the call's retry policy decides whether it is called
--- again.
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


-- Seconds for which a granted token is used, or nil: expires_in may be absent
-- (RFC 6749 section 5.1).
local function lifetime_of(grant)
  local seconds = tonumber(grant.expires_in)
  if not seconds or seconds <= 0 then
    return nil
  end
  return math.max(seconds - EXPIRY_SKEW, seconds / 2)
end


-- The error of a 2xx without a token. The core has redacted its texts.
local function without_token(grant, arguments)
  local function text_of(name)
    return type(grant[name]) == "string" and grant[name] or nil
  end
  local code = text_of("error")
  local texts = { code, text_of("error_description") or text_of("description") }
  return {
    kind = "auth",
    code = code,
    reason = ("POST %s/oauth/token answered without an access token%s"):format(
      arguments.base_url, code and ": " .. table.concat(texts, ": ") or ""),
  }
end


--- OAuth client credentials (RFC 6749 section 4.4).
---@param options table login_url, client_id, client_secret
function oauth.client_credentials(options)
  local base_url = options.login_url
  local client_id = options.client_id
  local client_secret = options.client_secret

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
      err.retryable = false -- this call has made its own attempts
      return nil, err
    end
    if grant.error or type(grant.access_token) ~= "string" then
      return nil, without_token(grant, arguments)
    end
    return grant.access_token, nil, lifetime_of(grant)
  end)
end


--- The token source that options ask for.
---@param options table of options.for_client, or of call_options.complete
---@param origin string? where a fixed token is from
---@return table token_source
function oauth.token_source(options, origin)
  local token = options.access_token
  if type(token) == "function" then
    return oauth.from_function(token)
  elseif token then
    return oauth.fixed(token, origin)
  elseif options.client_id then
    return oauth.client_credentials(options)
  end
  return oauth.none()
end


return oauth
