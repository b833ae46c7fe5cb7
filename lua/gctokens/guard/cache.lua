--- What is known of tokens: a cache in the worker's own memory (L1), and one in
-- shared memory (L2) for all workers.
--
-- Keys in the shared dict, by their first letters:
--
--   p KEY           the record of a valid token (record.lua)
--   n NUMBER        a negative entry (negative_entries.lua)
--   r KEY, q, qf    revoked tokens (revoked_tokens.lua)
--   m               marks of invalidations (marks.lua)
--   v               changes that L1 follows (changes.lua)
--   l KEY           a lease: one worker asks (lease.lua)
--   b               the circuit breaker (breaker.lua)
--   c               counters (metrics.lua)
--   h NUMBER, hr    history (history.lua), latest refusals (refusals.lua)
--   s               the secret of the hashes (hash_secret.lua)
--   f               the fleet's place and more (fleet/shared_state.lua)
--
-- Negative entries and revoked tokens take a fixed part of the dict each,
-- however many there are. Negative entries may have a dict of their own. The
-- rest is for records: when the dict is full, they evict the least recently
-- used of them.

local changes = require("gctokens.guard.cache.changes")
local clock = require("gctokens.guard.clock")
local identity = require("gctokens.guard.cache.identity")
local local_cache = require("gctokens.guard.cache.local_cache")
local marks = require("gctokens.guard.cache.marks")
local negative_entries = require("gctokens.guard.cache.negative_entries")
local pinned_dict = require("gctokens.guard.dict.pinned_dict")
local record = require("gctokens.guard.cache.record")
local revoked_tokens = require("gctokens.guard.cache.revoked_tokens")


local SHARE_OF_REVOKED = 1 / 16
local SHARE_OF_NEGATIVE = 1 / 16
local SHARE_OF_NEGATIVE_DICT = 3 / 4


---@class gctokens.guard.Cache
local Cache = {}

local cache_metatable = { __index = Cache }


local cache = {}


-- Among the records only while there is memory left, so that bad tokens evict
-- no good ones.
local function new_negative_entries(options)
  local own = options.negative_dict
  return negative_entries.new({
    pinned = own and pinned_dict.new(own, {}) or options.pinned,
    bytes = own and own:capacity() * SHARE_OF_NEGATIVE_DICT
      or options.pinned.dict:capacity() * SHARE_OF_NEGATIVE,
    may_evict = own ~= nil,
    negative_ttl = options.negative_ttl,
    error_ttl = options.error_ttl,
  })
end


---@class gctokens.guard.CacheOptions
---@field pinned gctokens.guard.PinnedDict
---@field negative_dict table? of ngx.shared, for negative entries only
---@field counters gctokens.guard.Counters
---@field l1_bytes integer
---@field l1_ttl number seconds, as all that follow
---@field ttl number
---@field refresh_ahead number
---@field stale_if_error number
---@field negative_ttl number
---@field error_ttl number
---@field longest_lookup number after which no lookup is under way any more

---@param options gctokens.guard.CacheOptions
---@return gctokens.guard.Cache
function cache.new(options)
  local pinned = options.pinned
  local changes_of_dict = changes.new(pinned)
  return setmetatable({
    dict = pinned.dict,
    pinned = pinned,
    changes = changes_of_dict,
    marks = marks.new(pinned, changes_of_dict, options.longest_lookup),
    negative = new_negative_entries(options),
    revoked = revoked_tokens.new(pinned,
      pinned.dict:capacity() * SHARE_OF_REVOKED),
    counters = options.counters,
    l1 = local_cache.new(options.l1_bytes),
    l1_ttl = options.l1_ttl,
    followed = nil, -- number of the latest change that L1 has followed
    longest_ttl = clock.longest(options.ttl),
    stale_if_error = options.stale_if_error,
    refresh_ahead = options.refresh_ahead,
  }, cache_metatable)
end


-- ---- reading ---------------------------------------------------------------

local min = math.min


local function forget_locally(self, key)
  self.l1:delete(key)
end


-- What has changed since L1 was last used.
local function follow_changes(self, number)
  if not self.changes:follow(self.followed, number, forget_locally, self) then
    self.l1:clear()
  end
  self.followed = number
end


-- Whether a record was fetched after all marks of its token. No mark is newer
-- than the latest change: where that is the record's own, none is read.
local function is_unmarked(self, key, header, who, now)
  local number = self.changes:number(now)
  return number ~= nil and header.change == number
    or header.fetched_at > self.marks:latest(key, who)
end


-- The verdict of a record while it may be used for anything; when it was
-- fetched, and until when it is fresh. Another guard, or this one before a
-- reload, may have written it with longer times: this guard's own times limit
-- them.
local function find_record(self, key, now)
  local packed = self.dict:get("p" .. key)
  local header = record.read(packed, now)
  if not header then
    return nil
  end
  local fetched_at = header.fetched_at
  local fresh_until = min(header.fresh_until, fetched_at + self.longest_ttl)
  local stale_until =
    min(header.stale_until, fresh_until + self.stale_if_error)
  local verdict = self.l1:verdict_of(record.text(packed))
  -- The marks are read first: another guard may use the record for longer.
  if verdict and is_unmarked(self, key, header, verdict.identity, now)
     and now < stale_until then
    return verdict, fetched_at, fresh_until
  end
  return nil
end


-- Stores a verdict in L1, and returns whether it is to be looked up again.
-- Refreshing ahead may be in vain, as it does not move an end that comes early
-- by dateTokenIdles. So at most the second half of a record's time is for it.
local function store_local(self, key, verdict, fetched_at, fresh_until, now)
  local due_at = fresh_until
    - min(self.refresh_ahead, (fresh_until - fetched_at) / 2)
  return self.l1:set(key, verdict, min(now + self.l1_ttl, fresh_until), due_at,
    now)
end


--- What is known: L1, then L2.
---@param key string
---@param now number
---@return gctokens.guard.Verdict? verdict nil: Genesys must be asked
---@return string? layer
---@return boolean? is_due whether a valid one is to be looked up again ahead of
---  time; at most once a second
function Cache:find(key, now)
  local number = self.changes:number(now)
  if number == nil or number ~= self.followed then
    follow_changes(self, number)
  end
  local verdict, is_due = self.l1:find(key, now)
  if verdict then
    return verdict, "l1", is_due
  end
  return self:find_shared(key, now)
end


--- What all workers know: L2.
---@param key string
---@param now number
---@return gctokens.guard.Verdict? verdict nil: Genesys must be asked
---@return string? layer
---@return boolean? is_due as of `find`
function Cache:find_shared(key, now)
  local valid, fetched_at, fresh_until = find_record(self, key, now)
  if valid and now < fresh_until then
    return valid, "l2",
      store_local(self, key, valid, fetched_at, fresh_until, now)
  end
  local negative = self.negative:find(key, now)
  if not negative or not negative.is_fresh then
    return nil
  elseif valid and negative.failed then
    return valid, "stale"
  end
  return negative, negative.state == "invalid_token" and "negative" or "error"
end


--- The last record of a token, past its time but within `stale_if_error`.
---@return gctokens.guard.Verdict?
function Cache:find_stale(key, now)
  return (find_record(self, key, now))
end


--- Whether the token was invalid when Genesys last said something of it,
--- however long ago. Of a token that was revoked here this is known longest.
---@param key string
---@param now number
---@return boolean
function Cache:is_known_invalid(key, now)
  local negative = self.negative:find(key, now)
  return negative ~= nil and negative.was_invalid or self.revoked:has(key)
end


--- Whether the token was valid, not long ago. Its record need not count any
--- more.
---
--- Reading the record here, without its marks, would make the dict evict these
--- first: marks.lua. `ttl` finds an entry without reading it.
---@param key string
---@return boolean
function Cache:is_known(key)
  local seconds = self.dict:ttl("p" .. key)
  return seconds ~= nil and seconds > 0
end


--- The number of the latest change, for a verdict that is about to be asked
--- for.
---@param now number
---@return number?
function Cache:latest_change(now)
  return self.changes:number(now)
end


--- The value of any key of the shared dict, to see how large it is. With a
--- record its marks are read, or the dict would evict these first: marks.lua.
---@param key string with its first letters
---@return any
function Cache:value_of(key)
  local value = self.dict:get(key)
  local who = key:find("p", 1, true) == 1 and record.read(value, clock.now())
    and identity.from_text(record.text(value))
  if who then
    self.marks:latest(key:sub(2), who)
  end
  return value
end


-- ---- writing ---------------------------------------------------------------

-- The record stays there for longer than it counts: see `is_known`.
local function store_record(self, key, verdict, text, number, now)
  local packed = record.pack(verdict, text, number)
  local seconds = verdict.stale_until - now + self.longest_ttl
  local ok, _, forcible = self.pinned:set("p" .. key, packed, seconds)
  if forcible then
    self.counters:add("evictions", now)
  end
  if not ok then
    self.counters:add("not_stored", now)
  end
end


--- Stores that a token is valid. False when it was invalidated meanwhile:
--- Genesys was asked before that.
---
--- The number of the latest change is read first, then the marks, and then the
--- record is written with that number. `invalidate` sets the mark, counts it,
--- and deletes the record. So either the mark is found here, or the number has
--- moved, or the record is deleted.
---@param key string
---@param verdict gctokens.guard.Verdict
---@param now number
---@return boolean
function Cache:store_valid(key, verdict, now)
  local number = self.changes:exact_number(now)
  if self.marks:overtook(key, verdict, now) then
    self:forget(key)
    return false
  end
  if now < verdict.fresh_until then
    local text = identity.to_text(verdict.identity)
    store_record(self, key, verdict, text, number, now)
    if self.changes:exact_number(now) ~= number
       and self.marks:overtook(key, verdict, now) then
      self:forget(key)
      return false
    end
    store_local(self, key, self.l1:verdict_of(text), verdict.fetched_at,
      verdict.fresh_until, now)
  end
  self.negative:delete(key)
  self.revoked:remove(key)
  return true
end


--- Stores a negative entry.
---@param key string
---@param verdict gctokens.guard.Verdict not a valid one
---@param seconds number for which it is fresh
---@param now number
function Cache:store_negative(key, verdict, seconds, now)
  if verdict.state == "invalid_token" then
    local was_known = self:is_known(key)
    self:forget(key)
    if was_known then -- else other workers have nothing to forget
      self.changes:add_token(key)
    end
  end
  local noted = not verdict.revoked or self.revoked:add(key)
  if not self.negative:store(key, verdict, seconds, now) or not noted then
    self.counters:add("not_stored", now)
  end
end


--- Deletes the record of a token, here and in shared memory. L1 of other
--- workers follows when the change is noted.
---@param key string
function Cache:forget(key)
  self.l1:delete(key)
  self.dict:delete("p" .. key)
end


--- As `forget`, and no lookup under way brings the record back. The negative
--- entry does not count any longer either. That the token was invalid stays
--- known: Genesys has said nothing else since.
---@param key string
---@return true?, string? err
function Cache:invalidate(key)
  local ok, err = self.marks:set_token(key)
  self:forget(key)
  self.negative:expire(key, clock.now())
  return ok, err
end


--- Notes that the token was revoked, on whichever machine.
---@param key string
function Cache:note_revoked(key)
  if not self.revoked:add(key) then
    self.counters:add("not_stored", clock.now())
  end
end


---@param id string
---@return true?, string? err
function Cache:invalidate_organization(id)
  self.l1:clear()
  return self.marks:set_organization(id)
end


---@return true?, string? err
function Cache:flush()
  self.l1:clear()
  return self.marks:set_all()
end


return cache
