--- Where a user's id is in a record: the record is one, or has it in a column.

local csv = require("gctokens.cli.csv")
local suggest = require("gctokens.suggest")
local user_id = require("gctokens.cli.user_id")

local columns = {}


local MISPLACED_QUOTE = "a quote is where none may be"


local function trimmed(text)
  return text:match("^%s*(.*%S)") or ""
end


-- The number of a column, by its name in the header.
local function number_of(header, name)
  local number
  local known, by_lower_case = {}, {}
  for i, field in ipairs(header) do
    field = trimmed(field)
    if field == name then
      if number then
        return nil, ("there are two columns %q"):format(name)
      end
      number = i
    end
    known[field], by_lower_case[field:lower()] = true, field
  end
  local other = by_lower_case[name:lower()]
  return number, ('there is no column "%s" in the first line%s'):format(name,
    other and (', did you mean "%s"?'):format(other)
      or suggest.hint(name, known))
end


local function picker_of_lines()
  return function(line)
    local id = trimmed(line)
    if id:find("[,;\t]") then
      return nil, "this looks like CSV: say with --column where the ids are"
    end
    return id
  end
end


-- How many fields there are before those that are empty at the end.
local function filled(fields)
  local count = #fields
  while count > 0 and not fields[count]:find("%S") do
    count = count - 1
  end
  return count
end


-- Why the fields of a record may be at other places than those of the header.
-- Empty ones may be missing at the end, or be too many. But a comma in a name
-- that is not quoted moves what is behind it, as another user's id to where
-- this one's was.
local function shift(fields, count, number, width)
  local is_shifted = count > width
  if #fields ~= width and number > 1 then
    for i = number + 1, count do
      is_shifted = is_shifted or user_id.is_uuid(trimmed(fields[i]))
    end
  end
  return is_shifted
    and ("there are %d fields in this line, and %d in the first"):format(
      #fields, width)
end


local function picker_of_column(reader, number, separator, width)
  return function(record)
    separator = separator or reader.separator or csv.separator(record)
    local fields = csv.fields(record, separator or ",")
    if not fields then
      return nil, MISPLACED_QUOTE
    end
    local count = filled(fields)
    if count == 0 then -- as below tables of spreadsheets
      return ""
    end
    width = width or #fields
    local reason = shift(fields, count, number, width)
    if reason then
      return nil, reason
    elseif not (fields[number] or ""):find("%S") then
      return nil, "there is no user id in this line"
    end
    return trimmed(fields[number])
  end
end


--- A function that returns the id in a record: "" if there is none, nil and a
--- message if it cannot be told.
---@param reader table of gctokens.cli.records; a header is read from it
---@param column string? name or number; none: a record is an id
---@return (fun(record: string): string?, string?)? pick
---@return string? message
function columns.picker(reader, column)
  if not column then
    return picker_of_lines()
  elseif column:find("^%d+$") then
    if tonumber(column) == 0 then
      return nil, "columns are counted from 1"
    end
    return picker_of_column(reader, tonumber(column))
  end
  local header, message = reader:next()
  if not header then
    return nil, message or "the file is empty"
  end
  local separator = reader.separator or csv.separator(header) or ","
  local names = csv.fields(header, separator)
  if not names then
    return nil, MISPLACED_QUOTE
  end
  local number
  number, message = number_of(names, trimmed(column))
  if not number then
    return nil, message
  end
  return picker_of_column(reader, number, separator, #names)
end


return columns
