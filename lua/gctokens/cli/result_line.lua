--- The result of a user as it is printed: fields between tabs for programs, and
-- columns that fit the terminal for people.

local terminal = require("gctokens.cli.terminal")

local result_line = {}


local COLOURS = { failed = "red", not_found = "yellow" }

local GAP = "  " -- between columns
local INDENT = #"not found" + #GAP -- where ids begin


local function reason_of(record)
  if record.result == "not_found" then
    return "no such user"
  end
  local reason = record.reason
  if record.correlation_id then
    reason = ("%s (correlation id %s)"):format(reason, record.correlation_id)
  end
  return terminal.plain(reason)
end


-- Breaks a text that begins at a column. Its further lines begin where ids do.
local function wrapped(text, column, width)
  local parts, gap = {}, GAP
  for word in text:gmatch("%S+") do
    if column + #gap + #word >= width then
      gap, column = "\n" .. (" "):rep(INDENT), -1
    end
    parts[#parts + 1] = gap .. word
    column = column + #gap + #word
    gap = " "
  end
  return table.concat(parts)
end


--- The line of a user. At a terminal it may be several lines.
---@param record table of gctokens.cli.results
---@param width integer? columns of the terminal; nil: it is no terminal
---@return string
function result_line.text(record, width)
  local reason = record.result ~= "done" and reason_of(record)
  if not width then
    return record.result .. "\t" .. record.user_id
      .. (reason and "\t" .. reason or "")
  end
  local words = record.result:gsub("_", " ")
  local result = ("%-" .. INDENT .. "s"):format(words)
  return terminal.coloured(result, COLOURS[record.result], 1) .. record.user_id
    .. (reason and wrapped(reason, INDENT + #record.user_id, width) or "")
end


return result_line
