--- What a response of Genesys says of a token. A pure function: no call, no
-- clock, nothing of nginx.
--
--   a TokenInfo with an organisation                  valid
--   401, about the token (gctokens.errors)            invalid_token
--   429                                               rate_limited
--   5xx, a page, no usable response at all            unavailable, failed
--   everything else                                   unavailable
--
-- `failed` says that Genesys could not be asked. What the API itself has
-- answered is not that: the owner of a token can bring it about.

local errors = require("gctokens.errors")
local identity = require("gctokens.guard.cache.identity")


-- Kinds of errors that leave the question open whether Genesys is there.
local FAILURES = { transport = true, timeout = true, tls = true, proxy = true }


---@class gctokens.guard.Verdict
---@field state "valid"|"invalid_token"|"rate_limited"|"unavailable"
---@field identity gctokens.guard.Identity? of a valid one
---@field allowed_by table<gctokens.guard.Policy, boolean>? what policies say
---@field fetched_at number? seconds of the clock, when Genesys was asked
---@field change number? of the latest change then: changes.lua
---@field wall_offset number? seconds that the wall clock was ahead of it then
---@field fresh_until number? until when it is used
---@field stale_until number? until when it is used if Genesys cannot be asked
---@field number integer? of one that tokens share: its place in L1
---@field retry_after number? seconds
---@field err gctokens.Error? why it is neither valid nor invalid
---@field revoked boolean? of an invalid token: it was valid until we revoked it
---@field reason string? why the guard did not get to ask
---@field problem string? of a revocation: the mark could not be set
---@field fleet_err string? of a revocation: why the fleet was not told
---@field failed boolean? Genesys itself could not be asked: the breaker counts
---  it, and what was last known, or fail_open, may stand in

--- All in seconds.
---@class gctokens.guard.Times
---@field fetched_at number of the guard's clock, when Genesys was asked
---@field wall_offset number that the wall clock was ahead of it then
---@field date number Unix time of the response, by the server's own clock
---@field ttl number for which a valid token is used
---@field stale_if_error number for which it is used longer, while Genesys fails


local verdict = {}


local function unavailable(err, failed)
  return {
    state = "unavailable",
    retry_after = err.retry_after,
    err = err,
    failed = failed,
  }
end


--- The verdict when the guard itself did not get to ask.
---@param reason string
---@return gctokens.guard.Verdict
function verdict.not_asked(reason)
  return { state = "unavailable", reason = reason }
end


-- The guard's clock may be a millisecond behind `fetched_at`, so a token with
-- no seconds left would still be used within that.
local function after(fetched_at, seconds)
  return seconds > 0 and fetched_at + seconds or 0
end


local function valid(who, info, times)
  local idle = identity.seconds_to_idle(info.dateTokenIdles, times.date)
    or math.huge
  return {
    state = "valid",
    identity = who,
    allowed_by = {},
    fetched_at = times.fetched_at,
    wall_offset = times.wall_offset,
    fresh_until = after(times.fetched_at, math.min(times.ttl, idle)),
    stale_until = after(times.fetched_at,
      math.min(times.ttl + times.stale_if_error, idle)),
  }
end


-- Whether a useless 2xx is the API's own, such as one that is too large because
-- its token has thousands of roles. A captive portal answers with a page,
-- whatever content type it claims.
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
  elseif errors.is_token_invalid(err) then
    return { state = "invalid_token" }
  elseif err.status == 429 then
    return { state = "rate_limited", retry_after = err.retry_after, err = err }
  end
  return unavailable(err, err.status >= 500)
end


--- What came of get_tokens_me, as a verdict.
---@param info gctokens.TokenInfo?
---@param err gctokens.Error? where there is no info
---@param times gctokens.guard.Times of a response with info
---@return gctokens.guard.Verdict
function verdict.of(info, err, times)
  if not info then
    return of_error(err)
  end
  local who = identity.of(info)
  if not who then
    return unavailable(errors.new("protocol", "get_tokens_me",
      "the response names no organization"), false)
  end
  return valid(who, info, times)
end


return verdict
