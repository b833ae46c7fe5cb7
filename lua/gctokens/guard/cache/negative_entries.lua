--- Negative caching, in shared memory: tokens that were invalid a moment ago,
-- and errors that tokens met with.
--
-- It is a set-associative cache: the key of a token gives a bucket of WAYS
-- entries. So it fills a fixed part of the shared dict, however many bad tokens
-- come. Each entry has a key of its own in the dict, because workers write at
-- the same time. Nobody outside can compute which tokens share a bucket:
-- hash_secret.lua.

local clock = require("gctokens.guard.clock")


local WAYS = 4
local ENTRY_BYTES = 128 -- in shared memory, at most
local ID_BYTES = 24 -- of the key, in an entry
local LONGEST_WAIT = 3600 -- seconds of Retry-After; more takes more bytes

-- The letter of an entry is its state; f is an unavailable one that has
-- `failed`. A capital letter: the token was invalid before that.
local STATES = {
  i = "invalid_token", u = "unavailable", f = "unavailable", r = "rate_limited",
}
local LETTERS = { invalid_token = "i", unavailable = "u", rate_limited = "r" }
local FAILED = "f"

-- Id, letter, time of writing, seconds it is fresh, seconds to wait.
local FORMAT = "%s%s%.3f %.3f %.3f"
local PATTERN = "^(%a)(%d+%.%d%d%d) (%d+%.%d%d%d) (%d+%.%d%d%d)$"

-- The entry of a bucket that is worth least is replaced. Knowing that a token
-- was invalid is worth most, then a fresh entry, then the newer one.
local WORTH_INVALID = 2e12
local WORTH_FRESH = 1e12


---@class gctokens.guard.NegativeEntries
local NegativeEntries = {}

local entries_metatable = { __index = NegativeEntries }


--- One entry, as it is read.
---@class gctokens.guard.NegativeEntry
---@field state "invalid_token"|"rate_limited"|"unavailable"
---@field failed boolean as of a verdict
---@field was_invalid boolean the token is invalid, or was before this error
---@field written number seconds of the clock
---@field is_fresh boolean
---@field retry_after number seconds


local negative_entries = {}


---@class gctokens.guard.NegativeEntriesOptions
---@field pinned gctokens.guard.PinnedDict
---@field bytes number of the dict for all entries
---@field may_evict boolean whether other entries of the dict make room
---@field negative_ttl number seconds
---@field error_ttl number seconds

---@param options gctokens.guard.NegativeEntriesOptions
---@return gctokens.guard.NegativeEntries
function negative_entries.new(options)
  return setmetatable({
    pinned = options.pinned,
    dict = options.pinned.dict,
    may_evict = options.may_evict,
    buckets = math.floor(options.bytes / ENTRY_BYTES / WAYS),
    longest_invalid = clock.longest(options.negative_ttl),
    longest_error = 2 * options.error_ttl,
  }, entries_metatable)
end


-- The number of the first entry of a token's bucket. Not by those bytes of the
-- key that logs show.
local function first_of_bucket(self, key)
  local a, b, c, d = key:byte(5, 8)
  return (a + 256 * (b + 256 * (c + 256 * d))) % self.buckets * WAYS
end


-- Another guard, or this one before a reload, may have written an entry with
-- longer times than this guard's: its own times limit them. The wait is what
-- the server has asked for.
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
  local longest = lower == LETTERS.invalid_token and self.longest_invalid
    or self.longest_error
  local ends = written + math.min(seconds, math.max(longest, wait))
  return {
    state = STATES[lower],
    failed = lower == FAILED,
    was_invalid = lower == LETTERS.invalid_token or lower ~= letter,
    written = written,
    is_fresh = now < ends,
    retry_after = math.max(written + wait, ends) - now,
  }
end


--- The entry of a token, however old.
---@param key string
---@param now number
---@return gctokens.guard.NegativeEntry?
function NegativeEntries:find(key, now)
  local id, first = key:sub(1, ID_BYTES), first_of_bucket(self, key)
  for number = first, first + WAYS - 1 do
    local packed = self.dict:get("n" .. number)
    if type(packed) == "string" and packed:sub(1, ID_BYTES) == id then
      return unpack(self, packed, now)
    end
  end
  return nil
end


local function worth(entry)
  return entry.written + (entry.was_invalid and WORTH_INVALID or 0)
    + (entry.is_fresh and WORTH_FRESH or 0)
end


-- The number of the entry to write, and what that says of the token already.
local function choose(self, id, key, now)
  local first = first_of_bucket(self, key)
  local cheapest, least = first, math.huge
  for number = first, first + WAYS - 1 do
    local packed = self.dict:get("n" .. number)
    local entry = unpack(self, packed, now)
    if entry and packed:sub(1, ID_BYTES) == id then
      return number, entry
    end
    local price = entry and worth(entry) or 0
    if price < least then
      cheapest, least = number, price
    end
  end
  return cheapest, nil
end


--- Writes the entry of a token. That the token was invalid before is kept.
---@param key string
---@param verdict gctokens.guard.Verdict not a valid one
---@param seconds number for which it is fresh
---@param now number
---@return boolean? ok, string? err
function NegativeEntries:store(key, verdict, seconds, now)
  local id = key:sub(1, ID_BYTES)
  local number, own = choose(self, id, key, now)
  local letter = verdict.failed and FAILED or LETTERS[verdict.state]
  if own and own.was_invalid and verdict.state ~= "invalid_token" then
    letter = letter:upper()
  end
  local packed = FORMAT:format(id, letter, now, seconds,
    math.min(verdict.retry_after or 0, LONGEST_WAIT))
  if self.may_evict then
    return self.pinned:set("n" .. number, packed)
  end
  return self.dict:safe_set("n" .. number, packed)
end


--- Deletes the entry of a token.
---@param key string
function NegativeEntries:delete(key)
  local id, first = key:sub(1, ID_BYTES), first_of_bucket(self, key)
  for number = first, first + WAYS - 1 do
    local packed = self.dict:get("n" .. number)
    if type(packed) == "string" and packed:sub(1, ID_BYTES) == id then
      self.dict:delete("n" .. number)
    end
  end
end


--- Ends the freshness of a token's entry. Only that it was invalid is kept.
---@param key string
---@param now number
function NegativeEntries:expire(key, now)
  local own = self:find(key, now)
  if own and own.was_invalid then
    self:store(key, { state = "invalid_token" }, 0, now)
  else
    self:delete(key)
  end
end


return negative_entries
