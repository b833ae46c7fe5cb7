--- The cache in a worker's own memory (L1): which verdict holds for a token.
--
-- It is set-associative: the key of a token, which is a hash, gives a bucket of
-- WAYS slots. All slots are C structs in one piece of memory, so LuaJIT's
-- collector never looks at them, however many tokens there are. The kernel
-- gives that memory page by page, when it is first written.
--
-- Tokens of one client and organisation have the same identity and share one
-- verdict. A slot has the verdict's number. The slots and the verdicts have
-- their bounds in bytes.

local bit = require("bit")
local ffi = require("ffi")

local identity = require("gctokens.guard.cache.identity")

local C = ffi.C
local band = bit.band
local cast = ffi.cast

-- Another module may have declared them before.
pcall(ffi.cdef, "void *calloc(size_t count, size_t size);")
pcall(ffi.cdef, "void free(void *memory);")
pcall(ffi.cdef, "int memcmp(const void *a, const void *b, size_t size);")


local WAYS = 8
local KEY_BYTES = 32
local SHARE_OF_SLOTS = 3 / 4 -- the rest is for verdicts
local VERDICT_BYTES = 1024 -- of its tables; its texts count twice, and more

local GENERATIONS = 2 ^ 32 -- as many as a slot can tell apart

-- Of what policies say. A policy that nobody has any more is not kept by it.
local BY_POLICY = { __mode = "k" }

local REFRESH_PAUSE = 1 -- seconds until a slot is due again

-- Times are seconds of the guard's clock. A slot is free from `ends` on, or if
-- it is of another generation.
local Entries = ffi.typeof(([[
  struct {
    unsigned char key[%d];
    double ends, due_at;
    uint32_t verdict, generation, unused[2];
  } *
]]):format(KEY_BYTES))
local Tags = ffi.typeof("uint32_t *")
local Words = ffi.typeof("const uint32_t *")

local ENTRY_BYTES = 64 -- a line of the processor's cache
local TAG_BYTES = 4


---@class gctokens.guard.LocalCache
local LocalCache = {}

local cache_metatable = { __index = LocalCache }


local local_cache = {}


-- The largest power of two of buckets that fits.
local function count_buckets(bytes)
  local bucket_bytes = WAYS * (ENTRY_BYTES + TAG_BYTES)
  local buckets = 1
  while buckets * 2 * bucket_bytes <= bytes do
    buckets = buckets * 2
  end
  return buckets
end


-- Zeroed memory, which is freed with the object that it is returned in.
local function allocate(count, size)
  local memory = C.calloc(count, size)
  if memory == nil then
    error(("gctokens.guard: no memory for l1_bytes: %d bytes"):format(
      count * size)) -- coverage: memory has run out
  end
  return ffi.gc(memory, C.free)
end


---@param bytes number that it may take
---@return gctokens.guard.LocalCache
function local_cache.new(bytes)
  local buckets = count_buckets(bytes * SHARE_OF_SLOTS)
  local self = setmetatable({
    mask = buckets - 1,
    entries_memory = allocate(buckets * WAYS, ENTRY_BYTES),
    tags_memory = allocate(buckets * WAYS, TAG_BYTES),
    most_verdict_bytes = bytes * (1 - SHARE_OF_SLOTS),
    hand = 0, -- which way of a full bucket is given up next
    generation = 0, -- of the slots that are in use
  }, cache_metatable)
  self.entries = cast(Entries, self.entries_memory)
  self.tags = cast(Tags, self.tags_memory)
  self:clear()
  return self
end


--- Drops everything. The slots are not touched. By the time that a generation
--- comes again, its slots have ended.
function LocalCache:clear()
  self.generation = (self.generation + 1) % GENERATIONS
  self.verdicts = {} -- number -> verdict
  self.by_text = {} -- text of an identity -> verdict
  self.count = 0 -- of verdicts
  self.verdict_bytes = 0
end


-- ---- verdicts --------------------------------------------------------------

--- The verdict that all tokens of an identity share.
---@param text string of the identity
---@return gctokens.guard.Verdict? verdict nil: the text is damaged
function LocalCache:verdict_of(text)
  local verdict = self.by_text[text]
  if verdict then
    return verdict
  end
  local who = identity.from_text(text)
  if not who then
    return nil
  end
  local bytes = VERDICT_BYTES + 2 * #text
  if self.verdict_bytes + bytes > self.most_verdict_bytes then
    self:clear()
  end
  self.count = self.count + 1
  self.verdict_bytes = self.verdict_bytes + bytes
  verdict = {
    state = "valid", identity = who, number = self.count,
    allowed_by = setmetatable({}, BY_POLICY),
  }
  self.verdicts[self.count] = verdict
  self.by_text[text] = verdict
  return verdict
end


-- ---- slots -----------------------------------------------------------------

-- The slot with that tag, of which a bucket has one at most; nil where there is
-- none. Without a loop: LuaJIT does not compile one that is so short.
local function slot_with(tags, first, tag)
  return tags[first] == tag and first
    or tags[first + 1] == tag and first + 1
    or tags[first + 2] == tag and first + 2
    or tags[first + 3] == tag and first + 3
    or tags[first + 4] == tag and first + 4
    or tags[first + 5] == tag and first + 5
    or tags[first + 6] == tag and first + 6
    or tags[first + 7] == tag and first + 7
    or nil
end


local function is_free(entry, now, generation)
  return entry.ends <= now or entry.generation ~= generation
end


-- A slot that is free; nil where there is none.
local function free_slot(entries, first, now, generation)
  return is_free(entries[first], now, generation) and first
    or is_free(entries[first + 1], now, generation) and first + 1
    or is_free(entries[first + 2], now, generation) and first + 2
    or is_free(entries[first + 3], now, generation) and first + 3
    or is_free(entries[first + 4], now, generation) and first + 4
    or is_free(entries[first + 5], now, generation) and first + 5
    or is_free(entries[first + 6], now, generation) and first + 6
    or is_free(entries[first + 7], now, generation) and first + 7
    or nil
end


-- The slot with the tag of a key, if there is one; the first slot of its
-- bucket, and its tag.
local function find_tag(self, key)
  local words = cast(Words, key)
  local first, tag = band(words[0], self.mask) * WAYS, words[1]
  return slot_with(self.tags, first, tag), first, tag
end


-- The slot of a key, if it has one.
local function find_slot(self, key)
  local slot = find_tag(self, key)
  if slot and C.memcmp(self.entries[slot].key, key, KEY_BYTES) == 0 then
    return slot
  end
  return nil
end


-- Whether a slot is to be refreshed, and it was not said a moment ago.
local function is_due(entry, now)
  if now < entry.due_at then
    return false
  end
  entry.due_at = now + REFRESH_PAUSE
  return true
end


--- The verdict on a token.
---@param key string
---@param now number
---@return gctokens.guard.Verdict? verdict
---@return boolean? is_due whether it is to be refreshed; once a second at most
function LocalCache:find(key, now)
  local slot = find_slot(self, key)
  if not slot then
    return nil
  end
  local entry = self.entries[slot]
  if is_free(entry, now, self.generation) then
    return nil
  end
  return self.verdicts[entry.verdict], is_due(entry, now)
end


-- In a full bucket each way is given up in turn. Choosing what was used least
-- recently would give up every token of a bucket that has one too many, when
-- tokens come in a cycle.
local function take_slot(self, first, now)
  local slot = free_slot(self.entries, first, now, self.generation)
  if not slot then
    self.hand = (self.hand + 1) % WAYS
    slot = first + self.hand
  end
  return slot
end


--- Stores a verdict on a token. Another one of the same tag gives its slot up:
--- with two of them, one would never be found, and so not deleted either.
---@param key string
---@param verdict gctokens.guard.Verdict of `verdict_of`, just now
---@param ends number until when it may be used
---@param due_at number when it is to be refreshed
---@param now number
---@return boolean is_due as of `find`
function LocalCache:set(key, verdict, ends, due_at, now)
  local slot, first, tag = find_tag(self, key)
  slot = slot or take_slot(self, first, now)
  local entry = self.entries[slot]
  self.tags[slot] = tag
  ffi.copy(entry.key, key, KEY_BYTES)
  entry.ends, entry.due_at = ends, due_at
  entry.verdict, entry.generation = verdict.number, self.generation
  return is_due(entry, now)
end


---@param key string
function LocalCache:delete(key)
  local slot = find_slot(self, key)
  if slot then
    self.entries[slot].ends = 0
  end
end


return local_cache
