--- Asking Genesys about a token, and what its answer means. What says that a
-- token is invalid, gctokens.errors knows; whatever else is not an identity is
-- trouble on the way, and says nothing of the token.

local clock = require("gctokens.guard.clock")
local core = require("gctokens.core")
local errors = require("gctokens.errors")
local identity = require("gctokens.guard.identity")


-- Kinds of errors that say that Genesys could not be asked. What the API itself
-- has answered is not among them: the owner of a token can bring it about.
local FAILURES = { transport = true, timeout = true, tls = true, proxy = true }

-- Other classes for the metrics.
local CLASSES = { protocol = true }

local RETRY = {
  max_attempts = 2,
  base_delay = 0.05,
  max_delay = 0.1,
  max_retry_after = 0, -- a request in the access phase does not wait for that
}


---@class gctokens.guard.Verdict
---@field state "valid"|"invalid_token"|"rate_limited"|"unavailable"
---@field identity gctokens.guard.Identity? of a valid one
---@field allowed_by table<gctokens.guard.Policy, boolean>? what policies say
---@field fetched_at number? seconds of the clock, when Genesys was asked
---@field wall_offset number? seconds that the wall clock was ahead of it then
---@field fresh_until number? until when it is used
---@field stale_until number? until when it is used if Genesys cannot be asked
---@field refresh number? from when on it is asked for again ahead of time
---@field retry_after number? seconds
---@field err gctokens.Error? why it is neither valid nor invalid
---@field revoked boolean? of an invalid token: it was valid until we revoked it
---@field reason string? why the guard did not get to ask
---@field failed boolean? Genesys itself could not be asked: the breaker counts
---  it, and what was last known, or fail_open, may stand in


local verdict = {}


local function unavailable(err, failed)
  return {
    state = "unavailable",
    retry_after = err.retry_after,
    err = err,
    failed = failed,
  }
end


--- What there is of a token when the guard itself did not get to ask.
---@param reason string
---@return gctokens.guard.Verdict
function verdict.not_asked(reason)
  return { state = "unavailable", reason = reason }
end


-- The clock may be a millisecond behind `fetched`, and what has no time left
-- must not be used in it.
local function after(fetched_at, seconds)
  return seconds > 0 and fetched_at + seconds or 0
end


local function valid(settings, who, info, response, fetched_at, wall_offset)
  local ttl = clock.jittered(settings.ttl)
  local idle = identity.seconds_to_idle(
    info.dateTokenIdles, response.headers["date"]) or math.huge
  return {
    state = "valid",
    identity = who,
    allowed_by = {},
    fetched_at = fetched_at,
    wall_offset = wall_offset,
    fresh_until = after(fetched_at, math.min(ttl, idle)),
    stale_until = after(
      fetched_at, math.min(ttl + settings.stale_if_error, idle)),
  }
end


-- Whether a response is of the API, good for nothing as it may be: one that is
-- too large, say, because its token has thousands of roles. A captive portal's
-- is a page, whatever it is labelled.
local function is_of_api(err)
  local status = err.status or 0
  if status < 200 or status > 299 or (err.body or ""):find("^%s*<") then
    return false
  end
  local content_type = err.response.headers["content-type"] or ""
  return content_type:lower():find("^application/json") ~= nil
end


local function of_error(err)
  if err.kind == "protocol" then
    return unavailable(err, not is_of_api(err))
  elseif err.kind ~= "api" then
    return unavailable(err, FAILURES[err.kind] or false)
  end
  if errors.is_token_invalid(err) then
    return { state = "invalid_token" }
  elseif err.status == 429 then
    return { state = "rate_limited", retry_after = err.retry_after, err = err }
  end
  return unavailable(err, err.status >= 500)
end


--- The class of an answer, for the metrics.
---@param result gctokens.TokenInfo?
---@param err gctokens.Error?
---@return string
function verdict.class(result, err)
  if result then
    return "2xx"
  elseif err.kind ~= "api" then
    return (FAILURES[err.kind] or CLASSES[err.kind]) and err.kind or "other"
  elseif err.status == 401 or err.status == 429 then
    return tostring(err.status)
  end
  return math.floor(err.status / 100) .. "xx"
end


--- Asks. Waits as the client waits; never raises for what the world can cause.
---@param settings table client, preserve_idle_ttl, ttl, stale_if_error
---@param token string
---@param left number seconds for all of it
---@return gctokens.guard.Verdict verdict
---@return string class of the answer
---@return gctokens.Response? response
function verdict.ask(settings, token, left)
  local fetched_at = core.now() -- to the microsecond, as the marks of cache.lua
  local wall_offset = ngx.now() - clock.now()
  local info, err, response = settings.client:get_tokens_me({
    access_token = token,
    preserve_idle_ttl = settings.preserve_idle_ttl,
    timeout = left,
    deadline = left,
    retry = RETRY,
  })
  local class = verdict.class(info, err)
  if not info then
    return of_error(err), class, err.response
  end
  local who = identity.of(info)
  if not who then
    return unavailable({
      kind = "protocol",
      message = "Genesys' answer names no organization",
    }, false), "protocol", response
  end
  return valid(settings, who, info, response, fetched_at, wall_offset), class,
    response
end


return verdict
