--- Marks of invalidations, in the shared dict: what Genesys was asked before a
-- mark's time does not count any more. A mark is of one token, of an
-- organisation, or of all tokens.
--
-- The reader of a record reads its marks next. So the dict evicts no mark
-- before the last record that it makes invalid.
--
-- A lookup that is under way has no record yet. It goes by the latest changes
-- (changes.lua). When these are too many to tell, it goes by the marks, and by
-- the time when a mark may last have evicted another.

local core = require("gctokens.core")

local ngx = ngx


local ALL = "m*"
local TOKEN = "mt" -- and the token's key
local ORGANIZATION = "mo" -- and its id
local LONGEST = "ml" -- seconds for which marks of tokens are kept
local LOST = "me" -- when a mark may last have evicted another

local MOST_DRIFT = 1 -- seconds, of the wall clock during a lookup


---@class gctokens.guard.Marks
local Marks = {}

local marks_metatable = { __index = Marks }


local marks = {}


---@param pinned gctokens.guard.PinnedDict
---@param changes gctokens.guard.Changes a mark is one
---@param longest_lookup number seconds; a token's mark has to outlast every
---  lookup under way of any guard that shares the dict, or did before a reload
---@return gctokens.guard.Marks
function marks.new(pinned, changes, longest_lookup)
  local longest = math.max(longest_lookup, pinned.dict:get(LONGEST) or 0)
  pinned:set(LONGEST, longest)
  pinned:pin(LONGEST, longest)
  pinned:pin(LOST, 0)
  return setmetatable({
    pinned = pinned, dict = pinned.dict, changes = changes,
    longest_lookup = longest_lookup,
  }, marks_metatable)
end


-- ---- reading ---------------------------------------------------------------

-- The time of a mark; 0 where there is none, or where it is damaged.
local function time_of(self, mark)
  local at = self.dict:get(mark)
  return type(at) == "number" and at or 0
end


--- When the latest mark of a token was set, or of all tokens, or of one of the
--- organisations of its identity.
---@param key string
---@param who gctokens.guard.Identity
---@return number time of the clock; 0: there is no mark
function Marks:latest(key, who)
  local at = math.max(
    time_of(self, ALL),
    time_of(self, TOKEN .. key),
    time_of(self, ORGANIZATION .. who.organization_id))
  local home = who.home_organization_id
  if home and home ~= who.organization_id then
    at = math.max(at, time_of(self, ORGANIZATION .. home))
  end
  return at
end


--- Whether a token was invalidated since a verdict was asked for, or may have
--- been. Its mark is not kept for ever, and not even for longest_lookup if the
--- wall clock is set forward: nginx counts the time of entries by that. The
--- machine may have stood still since `now`.
---@param key string
---@param verdict gctokens.guard.Verdict a valid one
---@param now number
---@return boolean
function Marks:overtook(key, verdict, now)
  local may = self.changes:may_concern(key, verdict.change, now)
  if may ~= nil then
    return may
  end
  local fetched_at = verdict.fetched_at
  return core.now() >= fetched_at + self.longest_lookup
    or fetched_at <= self:latest(key, verdict.identity)
    or fetched_at <= time_of(self, LOST)
    or ngx.now() - now > verdict.wall_offset + MOST_DRIFT
end


-- ---- setting ---------------------------------------------------------------

-- A mark must not be lost for want of memory: it may evict, even other marks.
-- Its time is exact: a call that begins in the next moment counts.
local function set(self, mark, seconds)
  local ok, err, forcible = self.pinned:set(mark, core.now(), seconds)
  if forcible then
    self.pinned:set(LOST, core.now())
  end
  if not ok then
    return nil, err
  end
  return true
end


---@param key string
---@return true?, string? err
function Marks:set_token(key)
  local ok, err = set(self, TOKEN .. key, MOST_DRIFT
    + math.max(self.longest_lookup, self.dict:get(LONGEST) or 0))
  self.changes:add_token(key)
  return ok, err
end


---@param id string
---@return true?, string? err
function Marks:set_organization(id)
  local ok, err = set(self, ORGANIZATION .. id, 0)
  self.changes:add_all()
  return ok, err
end


---@return true?, string? err
function Marks:set_all()
  local ok, err = set(self, ALL, 0)
  self.changes:add_all()
  return ok, err
end


return marks
