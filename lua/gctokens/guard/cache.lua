--- What is known of tokens: a small cache in the worker's own memory (L1), and
-- one in shared memory (L2) for all workers.
--
-- Keys in the shared dict, by their first letter:
--   p KEY      an alive token's record (identity.lua)
--   n NUMBER   a refusal: a dead token, or an error of a moment ago. The number
--              comes from the token's key, so that refusals fill a fixed part
--              of the dict, however many bad tokens come; a new one takes the
--              place of the old. They may have a dict of their own
--   m ...      marks: records fetched before that time do not count any more
--   l KEY      a lease (flights.lua); b ... breaker.lua; c ... counters.lua
--
-- Alive tokens evict the least recently used of their like when the dict is
-- full. Whoever looks at a record looks at its marks next, so that no mark can
-- be evicted before the last record that it makes invalid.

local core = require("gctokens.core")
local identity = require("gctokens.guard.identity")
local recent = require("gctokens.guard.recent")


local KEY_BYTES = 32
local SLOT_BYTES = 128 -- what a refusal takes in shared memory, at most
local SHARE_OF_REFUSALS = 1 / 8
local SHARE_OF_OWN = 3 / 4 -- of a dict for refusals only

local MOST_TRIES = 3 -- an eviction may free too little for a larger record

-- What a refusal is: dead, unavailable, or limited; f is an unavailable one
-- that has `failed`. A capital letter: the token was dead before that.
local STATES = {
  d = "dead", u = "unavailable", f = "unavailable", l = "limited",
}
local LETTERS = { dead = "d", unavailable = "u", limited = "l" }
local FAILED = "f"


---@class gctokens.guard.Cache
local Cache = {}

local cache_metatable = { __index = Cache }


local cache = {}


---@param settings table dict, room in it, negative_dict (or nil), counters,
---  l1_size, and in seconds l1_ttl, refresh_ahead, and longest: after which
---  nothing that is in flight now can be stored any more
function cache.new(settings)
  local refusals = settings.negative_dict or settings.dict
  local share = settings.negative_dict and SHARE_OF_OWN or SHARE_OF_REFUSALS
  return setmetatable({
    dict = settings.dict,
    room = settings.room,
    refusals = refusals,
    counters = settings.counters,
    l1 = recent.new(settings.l1_size),
    l1_ttl = settings.l1_ttl,
    refresh_ahead = settings.refresh_ahead,
    longest = settings.longest,
    slots = math.floor(refusals:capacity() * share / SLOT_BYTES),
  }, cache_metatable)
end


-- ---- marks -----------------------------------------------------------------

local function mark_of(kind, name)
  return "m" .. kind .. name
end


-- Until when a record of that token and identity does not count: a time of the
-- clock.
local function marked_until(self, key, who)
  local dict = self.dict
  local at = math.max(
    dict:get(mark_of("*", "")) or 0,
    dict:get(mark_of("t", key)) or 0,
    dict:get(mark_of("o", who.organization_id)) or 0)
  if who.home_organization_id
     and who.home_organization_id ~= who.organization_id then
    at = math.max(at, dict:get(mark_of("o", who.home_organization_id)) or 0)
  end
  return at
end


-- A mark must not be lost for want of space: it may evict. Its time is exact,
-- on the same scale as the guard's clock: a call that begins in the next moment
-- counts.
local function set_mark(self, key, seconds)
  local fine, err = self.room:set(key, core.now(), seconds)
  if not fine then
    return nil, err
  end
  return true
end


-- ---- reading ---------------------------------------------------------------

local function slot_of(self, key)
  local a, b, c, d = key:byte(1, 4)
  return "n" .. (a + 256 * (b + 256 * (c + 256 * d))) % self.slots
end


-- A refusal is packed as key, letter and two times: until when it holds, and
-- until when the server has asked to wait.
local function refusal(self, key, now)
  local packed = self.refusals:get(slot_of(self, key))
  if type(packed) ~= "string" or packed:sub(1, KEY_BYTES) ~= key then
    return nil
  end
  local letter, holds, wait =
    packed:match("^(%a)([%d.]+) ([%d.]+)$", KEY_BYTES + 1)
  if not letter then
    return nil
  end
  local lower = letter:lower()
  return {
    state = STATES[lower],
    failed = lower == FAILED,
    was_dead = lower == "d" or lower ~= letter,
    is_fresh = now < tonumber(holds),
    retry_after = math.max(tonumber(wait), tonumber(holds)) - now,
  }
end


-- The record of a token while it may be used for anything.
local function record(self, key, now)
  local packed = self.dict:get("p" .. key)
  local found = type(packed) == "string" and identity.unpack(packed)
  if found and now < found.hard
     and found.fetched > marked_until(self, key, found.identity) then
    return found
  end
  return nil
end


-- Refreshing ahead of an end that comes early, by dateTokenIdles, may not move
-- that end: no more than half of a record's time is ahead of its end, so that
-- it is not asked for again and again.
local function remember(self, key, verdict, now)
  verdict.refresh = verdict.soft
    - math.min(self.refresh_ahead, (verdict.soft - verdict.fetched) / 2)
  self.l1:set(key, {
    verdict = verdict,
    ends = math.min(now + self.l1_ttl, verdict.soft),
  })
end


--- What all workers know.
---@param key string
---@param now number
---@return gctokens.guard.Verdict? verdict nil: Genesys must be asked
---@return string? layer
function Cache:find_shared(key, now)
  local alive = record(self, key, now)
  if alive and now < alive.soft then
    remember(self, key, alive, now)
    return alive, "l2"
  end
  local refused = refusal(self, key, now)
  if not refused or not refused.is_fresh then
    return nil
  end
  if alive and refused.failed then
    return alive, "stale"
  end
  return refused, refused.state == "dead" and "negative" or "error"
end


--- The last known identity, past its time but within `stale_if_error`.
---@return gctokens.guard.Verdict?
function Cache:find_stale(key, now)
  return record(self, key, now)
end


--- Whether the token was dead when Genesys last said something of it, however
--- long ago.
function Cache:is_known_dead(key, now)
  local refused = refusal(self, key, now)
  return refused ~= nil and refused.was_dead
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
-- been: the mark of a token is not kept for ever.
local function is_overtaken(self, key, verdict, now)
  return now >= verdict.fetched + self.longest
    or verdict.fetched <= marked_until(self, key, verdict.identity)
end


local function set_record(self, key, verdict, now)
  local packed = identity.pack(verdict)
  for _ = 1, MOST_TRIES do
    local fine, err, forcible =
      self.room:set("p" .. key, packed, verdict.hard - now)
    if forcible then
      self.counters:add("evictions", now)
    end
    if fine then
      return
    elseif err ~= "no memory" then
      break
    end
  end
  self.counters:add("not_stored", now)
end


--- Keeps that a token is alive. False when it was invalidated meanwhile: what
--- Genesys said of it was said before. The look at the marks comes after the
--- writing, as `invalidate` deletes after it has marked: one of both sees it.
---@return boolean
function Cache:store_alive(key, verdict, now)
  if now < verdict.soft then
    set_record(self, key, verdict, now)
  end
  if is_overtaken(self, key, verdict, now) then
    self:forget(key)
    return false
  end
  if now < verdict.soft then
    remember(self, key, verdict, now)
  end
  if refusal(self, key, now) then
    self.refusals:delete(slot_of(self, key))
  end
  return true
end


--- Keeps a refusal for `seconds`. In the dict of the alive tokens only while
--- there is room: there it evicts nothing.
---@param key string
---@param verdict gctokens.guard.Verdict not an alive one
---@param seconds number
---@param now number
function Cache:store_refusal(key, verdict, seconds, now)
  local letter = verdict.failed and FAILED or LETTERS[verdict.state]
  if verdict.state == "dead" then
    self:forget(key)
  elseif self:is_known_dead(key, now) then
    letter = letter:upper()
  end
  local packed = ("%s%s%.3f %.3f"):format(
    key, letter, now + seconds, now + (verdict.retry_after or 0))
  local refusals = self.refusals
  local set = refusals == self.dict and refusals.safe_set or refusals.set
  if not set(refusals, slot_of(self, key), packed) then
    self.counters:add("not_stored", now)
  end
end


--- Drops what is known, here and in shared memory; other workers follow when
--- their L1 entry ends.
function Cache:forget(key)
  self.l1:delete(key)
  self.dict:delete("p" .. key)
end


--- As `forget`, and nothing that is in flight now will bring it back.
---@return true?, string? err
function Cache:invalidate(key)
  local fine, err = set_mark(self, mark_of("t", key), self.longest)
  self:forget(key)
  self.refusals:delete(slot_of(self, key))
  return fine, err
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
