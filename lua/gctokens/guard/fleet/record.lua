--- What one machine tells the fleet of a valid token: a line of text, and the
-- identity as text (identity.lua).
--
--   MAC 1 EPOCH NUMBER TIME SOFT HARD ENDS
--
-- 1 is the format. NUMBER is that of the last mark when the question was asked,
-- TIME is when, by Redis' clock in milliseconds. SOFT and HARD are the
-- milliseconds from then on for which the record may be used, and used while
-- Genesys cannot be asked. ENDS is when SOFT ends by the wall clock of the
-- machine that asked: no lie about the time makes a record last longer. The MAC
-- covers all of it, and the key of the token.

local clock = require("gctokens.guard.clock")
local identity = require("gctokens.guard.cache.identity")

local ngx = ngx


local FORMAT = "1"

local HEADER = "^(%S+) (" .. FORMAT
  .. " (%d+) (%d+) (%d+) (%d+) (%d+) (%d+)\n(.*))$"


local record = {}


local function signed_text(name, body)
  return name .. "\n" .. body
end


local function milliseconds(seconds)
  return math.max(0, math.floor(seconds * 1000))
end


---@class gctokens.guard.fleet.Asked
---@field epoch string
---@field number string
---@field time string by Redis' clock, milliseconds

--- Writes a record.
---@param signer gctokens.guard.fleet.Signer
---@param name string what names the token in Redis, with the fleet
---@param verdict gctokens.guard.Verdict a valid one
---@param asked gctokens.guard.fleet.Asked
---@return string record
---@return integer soft milliseconds
function record.pack(signer, name, verdict, asked)
  local now = clock.now()
  local soft = milliseconds(verdict.fresh_until - verdict.fetched_at)
  local header = ("%s %s %s %s %d %d %.0f"):format(FORMAT, asked.epoch,
    asked.number, asked.time, soft,
    milliseconds(verdict.stale_until - verdict.fetched_at),
    math.floor((ngx.now() + verdict.fresh_until - now) * 1000))
  local body = header .. "\n" .. identity.to_text(verdict.identity)
  return signer:sign(signed_text(name, body)) .. " " .. body, soft
end


--- Reads a record.
---@param signer gctokens.guard.fleet.Signer
---@param name string
---@param packed string
---@param age number seconds since TIME, as Redis says
---@param sent_at number seconds of the clock, when Redis was asked. The verdict
---  counts as fetched then: Redis has checked it against all marks up to then
---@return gctokens.guard.Verdict? verdict nil: it was not signed by this fleet
---  for this token, or is over
function record.unpack(signer, name, packed, age, sent_at)
  local mac, body, _, _, _, soft, hard, ends, text = packed:match(HEADER)
  if not mac or not signer:verifies(signed_text(name, body), mac) then
    return nil
  end
  local who = identity.from_text(text)
  local now = clock.now()
  soft, hard = tonumber(soft) / 1000, tonumber(hard) / 1000
  local fresh_until = math.min(sent_at + soft - age,
    now + tonumber(ends) / 1000 - ngx.now())
  if not who or age < 0 or fresh_until <= now then
    return nil
  end
  return {
    state = "valid",
    identity = who,
    allowed_by = {},
    fetched_at = sent_at,
    wall_offset = ngx.now() - now,
    fresh_until = fresh_until,
    stale_until = fresh_until + math.max(0, hard - soft),
  }
end


return record
