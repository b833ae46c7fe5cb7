--- Files of results: what came of each user, a JSON object a line, written as
-- it comes. A killed run leaves all lines but those of the calls in flight.

local cjson = require("cjson")
local files = require("gctokens.command.files")
local json = require("gctokens.command.json")

local results = {}


-- Not to be sent again: the tokens are gone, or there were none.
local SETTLED = { done = true, missing = true }


--- What came of a user, as it is written and printed.
---@param user_id string
---@param deleted boolean
---@param err gctokens.Error?
---@return table
function results.record(user_id, deleted, err)
  if deleted then
    return { user_id = user_id, result = "done" }
  end
  return {
    user_id = user_id,
    result = err.kind == "api" and err.status == 404 and "missing" or "failed",
    kind = err.kind,
    status = err.status,
    code = err.code,
    message = err.message,
    correlation_id = err.correlation_id,
  }
end


-- The user of a line that says that he is done. A line that was cut, when the
-- disk was full, is no JSON.
local function settled_of(line)
  local fine, record = pcall(cjson.decode, line)
  if not fine or type(record) ~= "table"
     or type(record.user_id) ~= "string" then
    return false
  end
  return true, SETTLED[record.result] and record.user_id or nil
end


--- The users that a file of results says are done.
---@param name string
---@return table<string, true>? settled, string? message
function results.settled(name)
  local file, message = files.open(name)
  if not file then
    return nil, message
  end
  local settled, good, bad = {}, 0, 0
  local next_line = files.lines(file, name)
  local line
  line, message = next_line()
  while line do
    local readable, user_id = settled_of(line)
    good = good + (readable and 1 or 0)
    bad = bad + (readable and 0 or 1)
    if user_id then
      settled[user_id] = true
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


--- Opens a file of results to append to it. A line that was cut is ended first.
---@param name string
---@return table? file, string? message
function results.open(name)
  local file, message = io.open(name, "a+b")
  if not file then
    return nil, "could not write " .. message
  end
  if file:seek("end", -1) then
    local last = file:read(1)
    file:seek("end")
    if last ~= "\n" then
      file:write("\n")
    end
  end
  return setmetatable({ file = file, name = name }, File)
end


return results
