--- Files of results: one JSON object on each line, the result of one user. Each
-- line is flushed, so that a run that is killed loses the calls in flight only.

local cjson = require("cjson")
local files = require("gctokens.cli.files")
local json = require("gctokens.cli.json")
local user_id = require("gctokens.cli.user_id")

local results = {}


-- The result in the line that begins a new run.
local BEGUN = "begun"


--- The result of a user, as it is written and printed.
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


-- The record in a line; nil when it holds something else. False when it holds
-- the beginning of a record: a full disk cuts the last line.
local function record_of(line)
  local ok, record = pcall(cjson.decode, line)
  if ok and type(record) == "table"
     and (type(record.user_id) == "string" or record.result == BEGUN) then
    return record
  elseif not ok and line:find('^{"') then
    return false
  end
end


--- The users that are done according to a file of results. The last line of a
--- user counts. Only the last run counts, with the runs that resumed it. Users
--- that were not found are not done: the server may have been the wrong one.
---@param name string
---@return table<string, true>? done by canonical id
---@return string? message
function results.users_done(name)
  local file = files.open(name)
  local done, good, bad = {}, 0, 0
  local next_line = files.lines(files.blocks(file, name))
  local line, message = next_line()
  while line do
    local record = record_of(line)
    good = good + (record and 1 or 0)
    bad = bad + (record == nil and 1 or 0)
    if record and record.result == BEGUN then
      done = {}
    elseif record then
      done[user_id.canonical(record.user_id)] = record.result == "done" or nil
    end
    line, message = next_line()
  end
  files.close(file)
  if message then
    return nil, ("%s is not a file of results: %s"):format(name, message)
  end
  if good == 0 and bad > 0 then
    return nil, name .. " is not a file of results"
  end
  return done
end


local File = {}
File.__index = File


--- Appends the result of a user.
---@param record table of results.record
---@return boolean? written
---@return string? message
function File:write(record)
  record.time = os.date("!%Y-%m-%dT%H:%M:%SZ")
  return files.write_line(self.file, self.name, json.encode(record))
end


-- Ends a line that was cut. Unless the run resumes another, marks where it
-- begins.
local function separate(self, resumes)
  self.file:seek("end", -1)
  local last = self.file:read(1)
  self.file:seek("end")
  local ok, message = true, nil
  if last ~= "\n" then
    ok, message = files.write_line(self.file, self.name, "")
  end
  if ok and not resumes then
    ok, message = self:write({ result = BEGUN })
  end
  return ok, message
end


--- Opens a file of results to append to it. A file that holds something else is
--- refused: it may be the list of users.
---@param name string
---@param resumes boolean whether this run resumes the last one in the file
---@return table? file
---@return string? message
function results.open(name, resumes)
  local file, message = io.open(name, "a+b")
  if not file then
    return nil, "could not write " .. message
  end
  local self = setmetatable({ file = file, name = name }, File)
  if (file:seek("end") or 0) > 0 then -- a pipe has no end
    local ok = results.users_done(name)
    if not ok then
      return nil, name .. " is not a file of results"
    end
    ok, message = separate(self, resumes)
    if not ok then
      return nil, message -- coverage: nothing is noted on a full disk
    end
  end
  return self
end


return results
