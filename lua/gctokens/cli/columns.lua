--- Finds the user id in a record: the record itself, or one of its columns.

local csv = require("gctokens.cli.csv")
local suggest = require("gctokens.suggest")
local user_id = require("gctokens.cli.user_id")

local columns = {}


local function trimmed(text)
  return text:match("^%s*(.*%S)") or ""
end


-- The fields of a record, or nil and a message. The first record with a
-- separator decides which one it is, unless the reader has found it before.
local function fields_of(reader, record)
  reader.separator = reader.separator or csv.separator(record)
  local fields = csv.fields(record, reader.separator or ",")
  return fields, not fields and "a quote is misplaced" or nil
end


-- The number of the column with this name in the header, or nil and a message.
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
  if number then
    return number
  end
  local other = by_lower_case[name:lower()]
  return nil, ('there is no column "%s" in the first line%s'):format(name,
    other and (', did you mean "%s"?'):format(other)
      or suggest.hint(name, known))
end


local function picker_of_lines()
  return function(line)
    local id = trimmed(line)
    if id:find("[,;\t]") then
      return nil, "this looks like CSV: name the column of ids with --column"
    end
    return id
  end
end


-- The number of fields without the empty ones at the end.
local function count_of(fields)
  local count = #fields
  while count > 0 and not fields[count]:find("%S") do
    count = count - 1
  end
  return count
end


-- Why the fields of a record may be in other columns than in the header, or
-- false. Empty fields may be missing or too many at the end. But a comma in a
-- name without quotes moves the fields after it, and another user's id may come
-- to stand in the column of this one.
local function shift_reason(fields, count, number, width)
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


-- `width` is the number of columns; nil: that of the first record.
local function picker_of_column(reader, number, width)
  return function(record)
    local fields, reason = fields_of(reader, record)
    if not fields then
      return nil, reason
    end
    local count = count_of(fields)
    if count == 0 then -- spreadsheets write such rows below a table
      return ""
    end
    width = width or #fields
    reason = shift_reason(fields, count, number, width)
    if reason then
      return nil, reason
    elseif not (fields[number] or ""):find("%S") then
      return nil, "there is no user id in this line"
    end
    return trimmed(fields[number])
  end
end


local function picker_of_name(reader, name)
  local header, message = reader:next()
  if not header then
    return nil, message or "the file is empty"
  end
  local names, number
  names, message = fields_of(reader, header)
  if not names then
    return nil, message
  end
  reader.separator = reader.separator or ","
  number, message = number_of(names, name)
  if not number then
    return nil, message
  end
  return picker_of_column(reader, number, #names)
end


--- A function that returns the id in a record: "" for an empty record, nil and
--- a message for a record that cannot be used.
---@param reader table of gctokens.cli.records; a header is read from it
---@param column string? name or number; nil: a record is an id
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
  return picker_of_name(reader, trimmed(column))
end


return columns
