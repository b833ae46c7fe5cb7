--- The users of a run: read, checked and counted before the first of them is
-- sent, so that a mistake in the last line costs nothing.

local columns = require("gctokens.cli.columns")
local encoding = require("gctokens.cli.encoding")
local files = require("gctokens.cli.files")
local records = require("gctokens.cli.records")
local spool = require("gctokens.cli.spool")
local user_id = require("gctokens.cli.user_id")

local ids = {}


-- Bytes of a file that is no list: ids of more than a million users are less.
local LARGEST = 67108864


-- ---- what is taken ---------------------------------------------------------

local Users = {}
Users.__index = Users


local function new_users(name, options)
  return setmetatable({
    any_id = options.any_id,
    settled = options.settled,
    kept = spool.new(name),
    seen = {}, -- until all are read
    total = 0,
    skipped = { duplicates = 0, empty = 0, settled = 0 },
  }, Users)
end


local function skip(self, why)
  self.skipped[why] = self.skipped[why] + 1
end


-- Keeps an id that is to be sent. Returns why it is none. The first one of a
-- file may be a header.
local function take(self, text, may_be_header)
  local id = user_id.normal(text)
  local reason = user_id.refusal(id, self.any_id, may_be_header)
  if reason then
    return reason
  elseif self.seen[id] then
    return skip(self, "duplicates")
  end
  self.seen[id] = true
  if self.settled[id] then
    return skip(self, "settled")
  end
  self.total = self.total + 1
  self.kept:add(id)
end


local function finish(self)
  self.seen = nil
  return self
end


--- An iterator of the ids.
---@return fun(): string?
function Users:each()
  return self.kept:each()
end


-- ---- where they come from --------------------------------------------------

local function limited(next_block)
  local size = 0
  return function()
    local block = next_block()
    size = size + #block
    if size > LARGEST then
      return nil, ("the list has more than %d bytes"):format(LARGEST)
    end
    return block
  end
end


-- Takes all ids of a list. Returns why not.
local function take_all(self, reader, column)
  local pick, problem = columns.picker(reader, column)
  if not pick then
    return problem
  end
  local may_be_header = not column or column:find("^%d+$") ~= nil
  while true do
    local record, message = reader:next()
    if not record then
      return message
    end
    local id, reason = pick(record)
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


--- The users of a file: one a line, or in a column of CSV.
---@param name string `-` is standard input
---@param options table column (name or number), any_id (ids may be no UUIDs),
--- settled (ids that are skipped)
---@return table? users with `total`, how many are to be sent; `skipped`, what
--- was not, by reason; `is_pipe`, whether they cannot be read again
---@return string? message
function ids.of_file(name, options)
  local file = files.open(name)
  local users = new_users(name, options)
  users.is_pipe = name == "-" or not file:seek("cur")
  local reader = records.new(files.lines(encoding.utf8_of(
    limited(files.blocks(file, name)))), options.column ~= nil)
  local message = take_all(users, reader, options.column)
  if file ~= io.stdin then
    file:close()
  end
  if message then
    return nil, ("%s:%d: %s"):format(name, reader.line, message)
  end
  return finish(users)
end


--- The users of the command line.
---@param list string[]
---@param options table as of ids.of_file
---@return table? users, string? message
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
