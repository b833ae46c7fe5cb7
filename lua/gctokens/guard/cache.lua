--- What is known of tokens: a small cache in the worker's own memory (L1), and
-- one in shared memory (L2) for all workers.
--
-- Keys in the shared dict, by their first letter:
--   p KEY      a valid token's record (identity.lua)
--   n NUMBER   a refusal: an invalid token, or an error of a moment ago
--              (negative_entries.lua)
--   r KEY, q   revoked tokens (revoked_tokens.lua)
--   m ...      marks: records fetched before that time do not count any more.
--              ml: for how long a token's is kept, see `set_longest`; me: when
--              one may have evicted another
--   l KEY      a lease (flights.lua); b ... breaker.lua; c ... counters.lua;
--              s secret.lua
--
-- Refusals and revocations take a fixed part of the dict each, however many
-- there are; refusals may have a dict of their own.
--
-- Alive tokens evict the least recently used of their like when the dict is
-- full. Whoever looks at a record looks at its marks next, so that no mark can
-- be evicted before the last record that it makes invalid.

local clock = require("gctokens.guard.clock")
local core = require("gctokens.core")
local identity = require("gctokens.guard.identity")
local lru = require("gctokens.lru")
local negative_entries = require("gctokens.guard.negative_entries")
local revoked_tokens = require("gctokens.guard.revoked_tokens")
local room = require("gctokens.guard.room")


local SHARE_OF_REVOCATIONS = 1 / 16
local SHARE_OF_REFUSALS = 1 / 16
local SHARE_OF_OWN = 3 / 4 -- of a dict for refusals only

local MOST_TRIES = 3 -- an eviction may free too little for a larger record

local LONGEST = "ml" -- seconds for which marks of tokens are kept
local LOST = "me" -- when a mark may last have evicted another

local MOST_DRIFT = 1 -- seconds, of the wall clock during a call


---@class gctokens.guard.Cache
local Cache = {}

local cache_metatable = { __index = Cache }


local cache = {}


-- A token's mark has to outlast whatever is in flight of any guard that shares
-- the dict, or shared it before a reload.
local function set_longest(in_room, seconds)
  local longest = math.max(seconds, in_room.dict:get(LONGEST) or 0)
  in_room:set(LONGEST, longest)
  in_room:keep(LONGEST, longest)
end


---@param settings table dict, room in it, negative_dict (or nil), counters,
---  l1_size, and in seconds ttl, stale_if_error, negative_ttl, error_ttl,
---  l1_ttl, refresh_ahead, and longest: after which nothing that is in flight
---  now can be stored any more
function cache.new(settings)
  local dict, own = settings.dict, settings.negative_dict
  set_longest(settings.room, settings.longest)
  settings.room:keep(LOST, 0)
  return setmetatable({
    dict = dict,
    room = settings.room,
    -- In the dict of the valid tokens only while there is room: there they
    -- evict nothing.
    refusals = negative_entries.new({
      room = own and room.new(own, {}) or settings.room,
      evicts = own ~= nil,
      bytes = own and own:capacity() * SHARE_OF_OWN
        or dict:capacity() * SHARE_OF_REFUSALS,
      negative_ttl = settings.negative_ttl,
      error_ttl = settings.error_ttl,
    }),
    revoked = revoked_tokens.new(settings.room,
      dict:capacity() * SHARE_OF_REVOCATIONS),
    counters = settings.counters,
    l1 = lru.new(settings.l1_size),
    l1_ttl = settings.l1_ttl,
    longest_ttl = clock.longest(settings.ttl),
    stale_if_error = settings.stale_if_error,
    refresh_ahead = settings.refresh_ahead,
    longest = settings.longest,
  }, cache_metatable)
end


-- ---- marks -----------------------------------------------------------------

local function mark_of(kind, name)
  return "m" .. kind .. name
end


-- The time that a mark says; 0 where there is none, or no time.
local function time_at(self, mark)
  local at = self.dict:get(mark)
  return type(at) == "number" and at or 0
end


-- Until when a record of that token and identity does not count: a time of the
-- clock.
local function marked_until(self, key, who)
  local at = math.max(
    time_at(self, mark_of("*", "")),
    time_at(self, mark_of("t", key)),
    time_at(self, mark_of("o", who.organization_id)))
  if who.home_organization_id
     and who.home_organization_id ~= who.organization_id then
    at = math.max(at, time_at(self, mark_of("o", who.home_organization_id)))
  end
  return at
end


-- A mark must not be lost for want of space: it may evict, even other marks.
-- Records that those concern are gone by then; what is in flight may not be.
-- Its time is exact, on the same scale as the guard's clock: a call that begins
-- in the next moment counts.
local function set_mark(self, key, seconds)
  local ok, err, forcible = self.room:set(key, core.now(), seconds)
  if forcible then
    self.room:set(LOST, core.now())
  end
  if not ok then
    return nil, err -- coverage: the dict is full after evictions, too
  end
  return true
end


-- ---- reading ---------------------------------------------------------------

-- The record of a token while it may be used for anything. Another guard, or
-- this one before a reload, may have written it: it ends when this guard's own
-- would.
local function record(self, key, now)
  local packed = self.dict:get("p" .. key)
  local found = type(packed) == "string" and identity.unpack(packed)
  if not found then
    return nil
  end
  local fresh_until = found.fetched_at + self.longest_ttl
  if found.fresh_until > fresh_until then
    found.fresh_until = fresh_until
  end
  local stale_until = found.fresh_until + self.stale_if_error
  if found.stale_until > stale_until then
    found.stale_until = stale_until
  end
  if now < found.stale_until
     and found.fetched_at > marked_until(self, key, found.identity) then
    return found
  end
  return nil
end


-- Refreshing ahead of an end that comes early, by dateTokenIdles, may not move
-- that end: no more than half of a record's time is ahead of its end, so that
-- it is not asked for again and again.
local function remember(self, key, verdict, now)
  verdict.refresh = verdict.fresh_until
    - math.min(self.refresh_ahead,
      (verdict.fresh_until - verdict.fetched_at) / 2)
  self.l1:set(key, {
    verdict = verdict,
    ends = math.min(now + self.l1_ttl, verdict.fresh_until),
  })
end


--- What all workers know.
---@param key string
---@param now number
---@return gctokens.guard.Verdict? verdict nil: Genesys must be asked
---@return string? layer
function Cache:find_shared(key, now)
  local valid = record(self, key, now)
  if valid and now < valid.fresh_until then
    remember(self, key, valid, now)
    return valid, "l2"
  end
  local refused = self.refusals:find(key, now)
  if not refused or not refused.is_fresh then
    return nil
  end
  if valid and refused.failed then
    return valid, "stale"
  end
  return refused, refused.state == "invalid_token" and "negative" or "error"
end


--- The last known identity, past its time but within `stale_if_error`.
---@return gctokens.guard.Verdict?
function Cache:find_stale(key, now)
  return record(self, key, now)
end


--- Whether the token was invalid when Genesys last said something of it,
--- however long ago. Of a token that was revoked here this stays known longest.
function Cache:is_known_invalid(key, now)
  local refused = self.refusals:find(key, now)
  return refused ~= nil and refused.was_invalid or self.revoked:has(key)
end


--- Whether the token was valid, not long ago. What was known of it need not
--- count any more.
---@param key string
---@return boolean
function Cache:is_known(key)
  return self.dict:get("p" .. key) ~= nil
end


--- What is known.
---@param key string
---@param now number
---@return gctokens.guard.Verdict?, string? layer
function Cache:find(key, now)
  local entry = self.l1:get(key)
  if entry and now < entry.ends then
    return entry.verdict, "l1"
  end
  return self:find_shared(key, now)
end


-- ---- writing ---------------------------------------------------------------

-- Whether something was made invalid since `verdict` was asked for, or may have
-- been: the mark of a token is not kept for ever, and for less than that if the
-- wall clock, which the dict goes by, is set forward.
local function is_overtaken(self, key, verdict, now)
  local fetched_at = verdict.fetched_at
  return now >= fetched_at + self.longest
    or fetched_at <= marked_until(self, key, verdict.identity)
    or fetched_at <= time_at(self, LOST)
    or ngx.now() - now > verdict.wall_offset + MOST_DRIFT
end


-- It stays there for longer than it counts: see `is_known`.
local function set_record(self, key, verdict, now)
  local packed = identity.pack(verdict)
  local seconds = verdict.stale_until - now + self.longest_ttl
  for _ = 1, MOST_TRIES do
    local ok, err, forcible =
      self.room:set("p" .. key, packed, seconds)
    if forcible then
      self.counters:add("evictions", now)
    end
    if ok then
      return
    elseif err ~= "no memory" then
      break
    end
  end
  self.counters:add("not_stored", now)
end


--- Keeps that a token is valid. False when it was invalidated meanwhile: what
--- Genesys said of it was said before. The look at the marks comes after the
--- writing, as `invalidate` deletes after it has marked: one of both sees it.
---@return boolean
function Cache:store_valid(key, verdict, now)
  if now < verdict.fresh_until then
    set_record(self, key, verdict, now)
  end
  if is_overtaken(self, key, verdict, now) then
    self:forget(key)
    return false
  end
  if now < verdict.fresh_until then
    remember(self, key, verdict, now)
  end
  self.refusals:delete(key)
  self.revoked:remove(key)
  return true
end


--- Keeps a refusal for `seconds`.
---@param key string
---@param verdict gctokens.guard.Verdict not a valid one; `revoked` of an
---  invalid one: it was valid until this guard has revoked it
---@param seconds number
---@param now number
function Cache:store_refusal(key, verdict, seconds, now)
  if verdict.state == "invalid_token" then
    self:forget(key)
  end
  local noted = not verdict.revoked or self.revoked:add(key)
  if not self.refusals:store(key, verdict, seconds, now) or not noted then
    -- coverage: the dict is full after evictions, too
    self.counters:add("not_stored", now)
  end
end


--- Drops what is known, here and in shared memory; other workers follow when
--- their L1 entry ends.
function Cache:forget(key)
  self.l1:delete(key)
  self.dict:delete("p" .. key)
end


--- As `forget`, and nothing that is in flight now will bring it back. What is
--- known against the token counts no longer either, but that it was invalid
--- stays known: Genesys has said nothing else since.
---@return true?, string? err
function Cache:invalidate(key)
  local seconds = math.max(self.longest, self.dict:get(LONGEST) or 0)
  local ok, err = set_mark(self, mark_of("t", key), seconds)
  self:forget(key)
  self.refusals:expire(key, clock.now())
  return ok, err
end


---@param id string
---@return true?, string? err
function Cache:invalidate_organization(id)
  self.l1:clear()
  return set_mark(self, mark_of("o", id), 0)
end


---@return true?, string? err
function Cache:flush()
  self.l1:clear()
  return set_mark(self, mark_of("*", ""), 0)
end


return cache
