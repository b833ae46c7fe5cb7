--- CSV (RFC 4180): records of fields, quoted or not. Separated by commas, or,
-- as spreadsheets do it in half of Europe, by semicolons, or by tabs.

local csv = {}


--- The separator of a record: the first of these that is in it, but for what
--- is quoted.
---@param record string
---@return string? separator
function csv.separator(record)
  return (record:gsub('"[^"]*"', ""):match("[,;\t]"))
end


--- Whether a quoted field goes on in the next line.
---@param text string
---@return boolean
function csv.is_open(text)
  local _, quotes = text:gsub('"', "")
  return quotes % 2 == 1
end


-- What is in quotes at `at`, and where that ends. A pair of quotes within is
-- one quote.
local function quoted(text, at)
  local value, after = text:match('^ *"([^"]*)"()', at)
  while value and text:sub(after, after) == '"' do
    local more
    more, after = text:match('^"([^"]*)"()', after)
    value = more and value .. '"' .. more
  end
  if value then
    return value, text:match("^ *()", after)
  end
end


-- The field that begins at `at`, and where the next one does (nil: none). A
-- quote within a field that does not begin with one would make two records one.
local function field(text, at, separator)
  local value, after = quoted(text, at)
  if not value then
    value, after = text:match('^([^"%' .. separator .. "]*)()", at)
  end
  local next_character = text:sub(after, after)
  if next_character == separator then
    return value, after + 1
  elseif next_character == "" then
    return value, nil
  end
  return nil
end


--- The fields of a record.
---@param text string without the end of its line
---@param separator string
---@return string[]? fields nil: a quote is where none may be
function csv.fields(text, separator)
  local list, at = {}, 1
  repeat
    local value
    value, at = field(text, at, separator)
    if not value then
      return nil
    end
    list[#list + 1] = value
  until not at
  return list
end


return csv
