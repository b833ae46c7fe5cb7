--- Files of results: what came of each user, a JSON object a line, written as
-- it comes. A killed run leaves all lines but those of the calls in flight.

local cjson = require("cjson")
local files = require("gctokens.cli.files")
local json = require("gctokens.cli.json")
local user_id = require("gctokens.cli.user_id")

local results = {}


-- What a line says that stands between two runs of their own.
local BEGUN = "begun"


--- What came of a user, as it is written and printed.
---@param id string
---@param deleted boolean
---@param err gctokens.Error?
---@return table
function results.record(id, deleted, err)
  if deleted then
    return { user_id = id, result = "done" }
  end
  return {
    user_id = id,
    result = err.kind == "api" and err.status == 404 and "not_found"
      or "failed",
    kind = err.kind,
    status = err.status,
    code = err.code,
    message = err.message,
    reason = err.reason,
    correlation_id = err.correlation_id,
  }
end


-- A line as a record: nil when it is none, false when it is the beginning of
-- one, as the last line is when the disk was full.
local function record_of(line)
  local ok, record = pcall(cjson.decode, line)
  if ok and type(record) == "table"
     and (type(record.user_id) == "string" or record.result == BEGUN) then
    return record
  elseif not ok and line:find('^{"') then
    return false
  end
end


--- The users that a file of results says are done: by their last line, and of
--- the last run that was not the rest of the one before. Who was missing is
--- asked for again, which costs little: the server may have been a wrong one.
---@param name string
---@return table<string, true>? settled by ids in their normal spelling
---@return string? message
function results.settled(name)
  local file = files.open(name)
  local settled, good, bad = {}, 0, 0
  local next_line = files.lines(files.blocks(file, name))
  local line, message = next_line()
  while line do
    local record = record_of(line)
    good = good + (record and 1 or 0)
    bad = bad + (record == nil and 1 or 0)
    if record and record.result == BEGUN then
      settled = {}
    elseif record then
      settled[user_id.normal(record.user_id)] = record.result == "done" or nil
    end
    line, message = next_line()
  end
  file:close()
  if message then
    return nil, ("%s is not a file of results: %s"):format(name, message)
  end
  if good == 0 and bad > 0 then
    return nil, name .. " is not a file of results"
  end
  return settled
end


local File = {}
File.__index = File


--- Appends what came of a user.
---@param record table of results.record
---@return boolean? written nil: the disk did not take it
---@return string? message
function File:write(record)
  record.time = os.date("!%Y-%m-%dT%H:%M:%SZ")
  return files.write_line(self.file, self.name, json.encode(record))
end


-- Ends a line that was cut, and says where another run begins.
local function separate(self, goes_on)
  self.file:seek("end", -1)
  local last = self.file:read(1)
  self.file:seek("end")
  local ok, message = true, nil
  if last ~= "\n" then
    ok, message = files.write_line(self.file, self.name, "")
  end
  if ok and not goes_on then
    ok, message = self:write({ result = BEGUN })
  end
  return ok, message
end


--- Opens a file of results to append to it. One that holds something else is
--- refused: it may be the list.
---@param name string
---@param goes_on boolean whether this is the rest of the run that it is of
---@return table? file, string? message
function results.open(name, goes_on)
  local file, message = io.open(name, "a+b")
  if not file then
    return nil, "could not write " .. message
  end
  local self = setmetatable({ file = file, name = name }, File)
  if (file:seek("end") or 0) > 0 then -- a pipe has no end
    local ok = results.settled(name)
    if not ok then
      return nil, name .. " is not a file of results"
    end
    ok, message = separate(self, goes_on)
    if not ok then
      return nil, message
    end
  end
  return self
end


return results
