--- Refusals of a moment ago: invalid tokens, and errors that tokens met with.
--
-- However many bad tokens come, they fill a fixed part of the shared dict: the
-- key of a token gives a bucket of WAYS places, each an entry of its own, since
-- workers write at the same time. Nobody outside can tell which tokens share a
-- bucket: keys depend on the dict's secret (secret.lua).

local clock = require("gctokens.guard.clock")


local WAYS = 4
local ENTRY_BYTES = 128 -- in shared memory, at most
local ID_BYTES = 24 -- of the key, in an entry
local LONGEST_WAIT = 3600 -- seconds of Retry-After; more takes more bytes

-- What a refusal is: dead, unavailable, or limited; f is an unavailable one
-- that has `failed`. A capital letter: the token was invalid before that.
local STATES = {
  d = "invalid_token", u = "unavailable", f = "unavailable", l = "rate_limited",
}
local LETTERS = { invalid_token = "d", unavailable = "u", rate_limited = "l" }
local FAILED = "f"

-- Letter, when it was written, for how long it holds, how long to wait.
local FORMAT = "%s%s%.3f %.3f %.3f"
local PATTERN = "^(%a)(%d+%.%d%d%d) (%d+%.%d%d%d) (%d+%.%d%d%d)$"

-- What is worth more is replaced later: that a token was invalid, before what
-- still holds, before what was written later.
local WORTH_DEAD = 2e12
local WORTH_FRESH = 1e12


---@class gctokens.guard.Refusals
local Refusals = {}

local refusals_metatable = { __index = Refusals }


local refusals = {}


---@param settings table room; bytes in it for refusals; evicts: whether others
---  make room for them; negative_ttl and error_ttl in seconds
---@return gctokens.guard.Refusals
function refusals.new(settings)
  return setmetatable({
    room = settings.room,
    dict = settings.room.dict,
    evicts = settings.evicts,
    buckets = math.floor(settings.bytes / ENTRY_BYTES / WAYS),
    longest_dead = clock.longest(settings.negative_ttl),
    longest_error = 2 * settings.error_ttl,
  }, refusals_metatable)
end


-- The number of the first place of a token's bucket. Not by those bytes of the
-- key that logs show.
local function first_place(self, key)
  local a, b, c, d = key:byte(5, 8)
  return (a + 256 * (b + 256 * (c + 256 * d))) % self.buckets * WAYS
end


-- An entry as this guard goes by it: another one, or the same before a reload,
-- may have written it with longer times. A wait is what the server has said.
local function unpack(self, packed, now)
  if type(packed) ~= "string" then
    return nil
  end
  local letter, written, seconds, wait = packed:match(PATTERN, ID_BYTES + 1)
  local lower = letter and letter:lower()
  if not STATES[lower] then
    return nil
  end
  written, seconds, wait = tonumber(written), tonumber(seconds), tonumber(wait)
  local longest = lower == "d" and self.longest_dead or self.longest_error
  local ends = written + math.min(seconds, math.max(longest, wait))
  return {
    state = STATES[lower],
    failed = lower == FAILED,
    was_invalid = lower == "d" or lower ~= letter,
    written = written,
    is_fresh = now < ends,
    retry_after = math.max(written + wait, ends) - now,
  }
end


--- What is known against a token, however old.
---@param key string
---@param now number
---@return table? refusal state, failed, was_invalid, is_fresh, retry_after
function Refusals:find(key, now)
  local id, first = key:sub(1, ID_BYTES), first_place(self, key)
  for place = first, first + WAYS - 1 do
    local packed = self.dict:get("n" .. place)
    if type(packed) == "string" and packed:sub(1, ID_BYTES) == id then
      return unpack(self, packed, now)
    end
  end
  return nil
end


local function worth(refusal)
  return refusal.written + (refusal.was_invalid and WORTH_DEAD or 0)
    + (refusal.is_fresh and WORTH_FRESH or 0)
end


-- Where to write what is known of a token, and what is there of it already.
local function place_for(self, id, key, now)
  local first = first_place(self, key)
  local cheapest, least = first, math.huge
  for place = first, first + WAYS - 1 do
    local packed = self.dict:get("n" .. place)
    local refusal = unpack(self, packed, now)
    if refusal and packed:sub(1, ID_BYTES) == id then
      return place, refusal
    end
    local price = refusal and worth(refusal) or 0
    if price < least then
      cheapest, least = place, price
    end
  end
  return cheapest, nil
end


--- Keeps one in the place of the token's own, or of what is worth least. That
--- the token was invalid before is kept as well.
---@param key string
---@param verdict gctokens.guard.Verdict not a valid one
---@param seconds number
---@param now number
---@return boolean? ok, string? err
function Refusals:store(key, verdict, seconds, now)
  local id = key:sub(1, ID_BYTES)
  local place, own = place_for(self, id, key, now)
  local letter = verdict.failed and FAILED or LETTERS[verdict.state]
  if own and own.was_invalid and verdict.state ~= "invalid_token" then
    letter = letter:upper()
  end
  local packed = FORMAT:format(id, letter, now, seconds,
    math.min(verdict.retry_after or 0, LONGEST_WAIT))
  if self.evicts then
    return self.room:set("n" .. place, packed)
  end
  return self.dict:safe_set("n" .. place, packed)
end


--- Forgets what is known against this token, and no other.
---@param key string
function Refusals:delete(key)
  local id, first = key:sub(1, ID_BYTES), first_place(self, key)
  for place = first, first + WAYS - 1 do
    local packed = self.dict:get("n" .. place)
    if type(packed) == "string" and packed:sub(1, ID_BYTES) == id then
      self.dict:delete("n" .. place)
    end
  end
end


--- Ends what is known against this token, and no other. Only that it was
--- invalid is kept.
---@param key string
---@param now number
function Refusals:expire(key, now)
  local own = self:find(key, now)
  if own and own.was_invalid then
    self:store(key, { state = "invalid_token" }, 0, now)
  else
    self:delete(key)
  end
end


return refusals
