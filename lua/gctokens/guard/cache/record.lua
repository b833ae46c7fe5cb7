--- The record of a valid token in shared memory: five numbers in a fixed
-- layout, and the text of its identity (identity.lua). It holds no token.
--
-- Reading one makes no table, and no string but that text, which most tokens
-- have in common.

local ffi = require("ffi")


-- Of the layout and of the identity's text. What else is in a record's place is
-- of another version, or damaged.
local FORMAT = 2

--- Times are seconds of the guard's clock.
---@class gctokens.guard.RecordHeader
---@field format number
---@field fetched_at number
---@field fresh_until number
---@field stale_until number
---@field change number of the latest change when its marks were last looked at
local Header = ffi.typeof([[
  struct { double format, fetched_at, fresh_until, stale_until, change; }
]])

local BYTES = ffi.sizeof(Header)

-- What `read` returns. Nothing yields while it is in use.
local header = Header()


local record = {}


--- Writes a record.
---@param verdict gctokens.guard.Verdict a valid one
---@param text string of its identity
---@param change number? of changes.lua; nil: not known
---@return string packed
function record.pack(verdict, text, change)
  header.format = FORMAT
  header.fetched_at = verdict.fetched_at
  header.fresh_until = verdict.fresh_until
  header.stale_until = verdict.stale_until
  header.change = change or -1
  return ffi.string(header, BYTES) .. text
end


--- Reads the numbers of a record.
---@param packed any what the dict has in its place
---@param now number seconds of the guard's clock
---@return gctokens.guard.RecordHeader? header until the next call; nil: there
---  is no record, or it is damaged
function record.read(packed, now)
  if type(packed) ~= "string" or #packed <= BYTES then
    return nil
  end
  ffi.copy(header, packed, BYTES)
  local is_sound = header.format == FORMAT
    and header.fetched_at <= now + 1 -- the clock is behind, see clock.lua
    and header.fetched_at <= header.fresh_until
    and header.fresh_until <= header.stale_until
  return is_sound and header or nil
end


--- The text of a record's identity.
---@param packed string that `read` has accepted
---@return string text
function record.text(packed)
  return packed:sub(BYTES + 1)
end


return record
