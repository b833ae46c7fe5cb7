--- CSV (RFC 4180): records of fields, quoted or not. The separator is a comma,
-- a semicolon (spreadsheets in half of Europe) or a tab.

local csv = {}


--- The separator of a record: the first one outside of quotes.
---@param record string
---@return string? separator
function csv.separator(record)
  return (record:gsub('"[^"]*"', ""):match("[,;\t]"))
end


--- Whether a quoted field continues in the next line.
---@param text string
---@return boolean
function csv.is_open(text)
  local _, quotes = text:gsub('"', "")
  return quotes % 2 == 1
end


-- The text in quotes at `at`, and the position after it. Two quotes in it stand
-- for one.
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


-- The field that begins at `at`, and the position of the next one, nil at the
-- end. Returns nil for a quote inside an unquoted field: if it were accepted,
-- two records could be read as one.
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
---@return string[]? fields nil: a quote is misplaced
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
