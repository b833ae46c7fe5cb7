--- The user ids of a run. All are read, checked and counted before the first is
-- sent, so that an error in the last line ends the run before it begins.

local columns = require("gctokens.cli.columns")
local encoding = require("gctokens.cli.encoding")
local files = require("gctokens.cli.files")
local records = require("gctokens.cli.records")
local spool = require("gctokens.cli.spool")
local user_id = require("gctokens.cli.user_id")

local ids = {}


-- Bytes. The ids of a million users take less.
local LARGEST_LIST = 67108864


-- ---- the ids of a run ------------------------------------------------------

---@class gctokens.cli.Users
---@field total integer how many ids are to be sent
---@field skipped table<string, integer> duplicates, empty, done_before
---@field is_pipe boolean? whether the list cannot be read again
local Users = {}
Users.__index = Users


local function new_users(name, options)
  return setmetatable({
    any_id = options.any_id,
    done = options.done,
    spool = spool.new(name),
    seen = {}, -- ids; dropped when the list ends
    total = 0,
    skipped = { duplicates = 0, empty = 0, done_before = 0 },
  }, Users)
end


local function skip(self, why)
  self.skipped[why] = self.skipped[why] + 1
end


-- Keeps an id that is to be sent. Returns the reason if it is invalid. The
-- first text of a file may be a header.
local function take(self, text, may_be_header)
  local id = user_id.canonical(text)
  local reason = user_id.invalid_reason(id, self.any_id, may_be_header)
  if reason then
    return reason
  elseif self.seen[id] then
    return skip(self, "duplicates")
  end
  self.seen[id] = true
  if self.done[id] then
    return skip(self, "done_before")
  end
  self.total = self.total + 1
  self.spool:add(id)
end


local function finish(self)
  self.seen = nil
  return self
end


--- An iterator of the ids.
---@return fun(): string?
function Users:each()
  return self.spool:each()
end


-- ---- files and arguments ---------------------------------------------------

local function limited(next_block)
  local size = 0
  return function()
    local block = next_block()
    size = size + #block
    if size > LARGEST_LIST then
      return nil, ("the list has more than %d bytes"):format(LARGEST_LIST)
    end
    return block
  end
end


-- Takes all ids of a list. Returns the reason if it cannot be used.
local function take_all(self, reader, column)
  local pick, message = columns.picker(reader, column)
  if not pick then
    return message
  end
  local may_be_header = not column or column:find("^%d+$") ~= nil
  while true do
    local record, reason = reader:next()
    if not record then
      return reason
    end
    local id
    id, reason = pick(record)
    if id == "" then
      skip(self, "empty")
    elseif id then
      reason = take(self, id, may_be_header)
      may_be_header = false
    end
    if reason then
      return reason
    end
  end
end


--- Reads the ids of a file: one on each line, or in a column of CSV.
---@param name string `-` is standard input
---@param options table column (name or number), any_id (ids need not be UUIDs),
--- done (ids to skip)
---@return gctokens.cli.Users? users
---@return string? message
function ids.of_file(name, options)
  local file = files.open(name)
  local users = new_users(name, options)
  users.is_pipe = name == "-" or not file:seek("cur")
  local reader = records.new(files.lines(encoding.utf8_of(
    limited(files.blocks(file, name)))), options.column ~= nil)
  local message = take_all(users, reader, options.column)
  files.close(file)
  if message then
    return nil, ("%s:%d: %s"):format(name, reader.line, message)
  end
  return finish(users)
end


--- Takes the ids of the command line.
---@param list string[]
---@param options table any_id, done: as of ids.of_file
---@return gctokens.cli.Users? users
---@return string? message
function ids.of_arguments(list, options)
  local users = new_users("the ids", options)
  for _, text in ipairs(list) do
    local reason = take(users, text)
    if reason then
      return nil, reason
    end
  end
  return finish(users)
end


return ids
