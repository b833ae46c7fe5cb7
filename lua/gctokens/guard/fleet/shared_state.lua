--- What all workers of a machine share about the fleet, in the shared dict:
-- how far marks were applied, whether Redis can be reached, and the marks that
-- it could not be told yet.
--
--   f ID place      epoch, and the id up to which marks were applied
--   f ID highest    the highest id that this machine was ever told
--   f ID pause      while Redis is out of reach: when to try again, and how
--                   long this pause is
--   f ID paused     how long the last pause was, for a while after it
--   f ID polled     when marks were last asked for
--   f ID received   when an answer came last
--   f ID kept       how many marks were kept; with a number, one of them
--   f ID told       how many of those Redis has been told
--   f ID machines   how many machines there are
--   f ID machine    this one's own name
--
-- ID names the fleet, so that an old configuration and a new one of another
-- fleet do not take each other's place for theirs.

local clock = require("gctokens.guard.clock")
local core = require("gctokens.core")
local signature = require("gctokens.guard.fleet.signature")

local ngx = ngx


-- Seconds.
local FIRST_PAUSE = 0.5
local LONGEST_PAUSE = 5
local MEMORY_OF_PAUSE = 20 -- after which the pauses begin anew

local MOST_KEPT = 100 -- marks; instead of more, all is forgotten

local NAMES = {
  "place", "highest", "pause", "paused", "polled", "received", "kept", "told",
  "machines", "machine",
}


---@class gctokens.guard.fleet.SharedState
local SharedState = {}

local state_metatable = { __index = SharedState }


local shared_state = {}


local function own_name()
  return ("%.0f-%.0f"):format(core.random() * 2 ^ 48, core.random() * 2 ^ 48)
end


---@param pinned gctokens.guard.PinnedDict
---@param options table of gctokens.options.fleet, completed
---@return gctokens.guard.fleet.SharedState
function shared_state.new(pinned, options)
  local address = options.socket or options.host .. ":" .. options.port
  local id = signature.base64url(ngx.sha1_bin(table.concat(
    { address, options.database, options.name }, "\0"))):sub(1, 8)
  local self = setmetatable({
    pinned = pinned, dict = pinned.dict, id = id, keys = {},
  }, state_metatable)
  for _, name in ipairs(NAMES) do
    self.keys[name] = "f" .. id .. " " .. name
  end
  local machine = pinned.dict:get(self.keys.machine) or own_name()
  for name, first in pairs({
    machine = machine, place = "", highest = "", kept = 0, told = 0,
  }) do
    pinned:add(self.keys[name], first)
    pinned:pin(self.keys[name], first)
  end
  return self
end


local function get(self, name)
  return self.dict:get(self.keys[name])
end


local function get_number(self, name)
  local value = get(self, name)
  return type(value) == "number" and value or nil
end


local function set(self, name, value, seconds)
  return self.pinned:set(self.keys[name], value, seconds)
end


--- This machine's name among those of the fleet: random, and no address.
---@return string
function SharedState:machine()
  return tostring(get(self, "machine"))
end


-- ---- the place -------------------------------------------------------------

--- How far marks were applied.
---@return string? epoch nil: nothing is known of the fleet's history
---@return string id
function SharedState:place()
  local value = get(self, "place")
  local epoch, id
  if type(value) == "string" then
    epoch, id = value:match("^(%d+) (%d+%-%d+)$")
  end
  return epoch, id or ""
end


--- To be called when all marks up to it were applied.
---@return boolean? ok, string? err
function SharedState:set_place(epoch, id)
  return set(self, "place", epoch .. " " .. id)
end


local function number_of(id)
  return tonumber(id:match("^%d+")) or 0
end


--- The highest id that this machine was told, "" for none: the log must have
--- it, or has lost marks.
---@return string
function SharedState:highest()
  local value = get(self, "highest")
  return type(value) == "string" and value or ""
end


--- To be called with an id that came with the answer to a script that has
--- checked the one before.
---@param id string
---@param is_new_history boolean the ids before belong to another
function SharedState:set_highest(id, is_new_history)
  if is_new_history or number_of(id) > number_of(self:highest()) then
    set(self, "highest", id)
  end
end


-- ---- whether Redis can be reached ------------------------------------------

---@return boolean
function SharedState:is_reachable()
  return get(self, "pause") == nil
end


-- "until pause"
local function read_pause(self)
  local value = get(self, "pause")
  if type(value) ~= "string" then
    return nil
  end
  local next_try, pause = value:match("^(%S+) (%S+)$")
  return tonumber(next_try), tonumber(pause)
end


local function write_pause(pause)
  return ("%.3f %g"):format(clock.now() + clock.jittered(pause), pause)
end


--- Whether it is time to try again.
---@param now number
---@return boolean
function SharedState:may_try(now)
  local next_try = read_pause(self)
  return not next_try or now >= next_try or next_try > now + 2 * LONGEST_PAUSE
end


--- Notes that Redis could not be reached. A Redis that answers some scripts and
--- refuses others is left alone for longer and longer, too.
---@return boolean is_new it could be reached before
function SharedState:set_unreachable()
  local _, pause = read_pause(self)
  local before = pause or get_number(self, "paused")
  pause = before and math.min(2 * before, LONGEST_PAUSE) or FIRST_PAUSE
  local value = write_pause(pause)
  if self.pinned:add(self.keys.pause, value) then
    return true
  end
  set(self, "pause", value)
  return false
end


--- As `set_unreachable`, of a script for a request. Many may be under way when
--- Redis is lost: only the first of them counts, and doubles no pause.
---@return boolean is_new
function SharedState:note_failure()
  if not self:is_reachable() then
    return false
  end
  return self:set_unreachable()
end


---@return boolean is_new it could not be reached before
function SharedState:set_reachable()
  local _, pause = read_pause(self)
  if self:is_reachable() then
    return false
  end
  set(self, "paused", pause or FIRST_PAUSE, MEMORY_OF_PAUSE)
  self.dict:delete(self.keys.pause)
  return true
end


-- ---- polling ---------------------------------------------------------------

--- Whether nobody has asked for marks within the last seconds.
---@param now number
---@param seconds number
---@return boolean
function SharedState:is_due(now, seconds)
  local at = get_number(self, "polled")
  return not at or now - at >= seconds or at > now
end


---@param now number
function SharedState:set_polled(now)
  set(self, "polled", now)
end


--- Notes that all marks up to now were applied.
---@param now number
---@param machines integer
function SharedState:set_received(now, machines)
  set(self, "received", now)
  set(self, "machines", machines)
end


--- Seconds since the last poll that was answered; -1: there was none.
---@param now number
---@return number
function SharedState:age(now)
  local at = get_number(self, "received")
  return at and now - at or -1
end


---@return integer
function SharedState:machines()
  return get_number(self, "machines") or 0
end


-- ---- marks that Redis was not told -----------------------------------------

--- Keeps a mark.
---@param kind string
---@param name string
---@return boolean? ok, string? err
function SharedState:keep(kind, name)
  local number = self.pinned:incr(self.keys.kept, 1, 0)
  if not number then
    return nil, "no memory"
  end
  if number - (get_number(self, "told") or 0) <= MOST_KEPT then
    self.pinned:set(self.keys.kept .. number, kind .. " " .. name)
  end
  return true
end


---@return boolean
function SharedState:has_kept()
  return (get_number(self, "kept") or 0) ~= (get_number(self, "told") or 0)
end


--- The kept marks, each a list of kind and name. Where one is missing, or there
--- are too many, one mark of all tokens.
---@return string[][] marks
---@return integer last for `set_told`
function SharedState:kept()
  local last = get_number(self, "kept") or 0
  local told = get_number(self, "told") or 0
  if last - told > MOST_KEPT or last < told then -- a count was lost
    return { { "*", "" } }, last
  end
  local kept = {}
  for number = told + 1, last do
    local mark = self.dict:get(self.keys.kept .. number)
    local kind, name = tostring(mark):match("^(%S) (.*)$")
    if not kind then
      return { { "*", "" } }, last
    end
    kept[#kept + 1] = { kind, name }
  end
  return kept, last
end


--- Notes that Redis has been told all marks up to a number.
---@param last integer
function SharedState:set_told(last)
  local told = get_number(self, "told") or 0
  set(self, "told", last)
  for number = math.max(told + 1, last - MOST_KEPT), last do
    self.dict:delete(self.keys.kept .. number)
  end
end


return shared_state
