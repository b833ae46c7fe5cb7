--- User ids from a file: one a line, or a column of CSV. They are read twice,
-- first to check and count them, so that a mistake in the last line is found
-- before the first id is sent; and never are all of them in memory. Both times
-- it is a copy that is read: a run may take long, and files change.

local core = require("gctokens.core")
local csv = require("gctokens.command.csv")
local encoding = require("gctokens.command.encoding")
local files = require("gctokens.command.files")

local ids = {}


local LONGEST_RECORD = 65536 -- bytes

-- Bytes of what Genesys might call a user; a token is longer.
local LONGEST_ID = 64

-- Bytes of a line that is surely too long, and of a file that is no list: ids
-- of more than a million users are less.
local ENDLESS = 1048576
local LARGEST = 67108864

local UTF16_MARKS = { ["\255\254"] = true, ["\254\255"] = true }


-- With what nobody would see, a no-break space for one, as <C2><A0>.
local function shown(text)
  return (text:sub(1, 60):gsub("[^\32-\126]", function(byte)
    return ("<%02X>"):format(byte:byte())
  end))
end


--- Why this cannot be a user's id, or nil. Genesys' ids are UUIDs; what is
--- surely something else, as an address, is a mistake that Genesys would only
--- call "not found".
---@param id string
---@return string? reason
function ids.refusal(id)
  if id:find("[^%w._~%-]") then -- RFC 3986: unreserved
    return ('"%s" is not a user id'):format(shown(id))
  end
  if #id > LONGEST_ID then -- not shown: it may be a token
    return ("a user id is not as long as %d bytes"):format(#id)
  end
  local accepted, err = core.check("delete_token", { user_id = id })
  return not accepted and err.reason or nil
end


-- ---- records ---------------------------------------------------------------

-- A function that returns the next record and the number of its first line.
local function records_of(file, name, is_csv)
  local next_line = files.lines(file, name)
  local number = 0
  return function()
    local line, message = next_line()
    number = number + 1
    local first = number
    if number == 1 and line then
      if UTF16_MARKS[line:sub(1, 2)] then
        return nil, "this is UTF-16 text; save it as UTF-8", first
      end
      line = encoding.without_mark(line)
    end
    local is_open = is_csv and line and csv.is_open(line)
    local parts, length = { line }, line and #line or 0
    while is_open do
      local more
      more, message = next_line()
      number = number + 1
      if not more or length > LONGEST_RECORD then
        return nil, message or "a quote that begins here does not end", first
      end
      parts[#parts + 1] = more
      length = length + 1 + #more
      is_open = is_open ~= csv.is_open(more)
    end
    line = line and table.concat(parts, "\n")
    return line and line:gsub("\r$", ""), message, first
  end
end


-- ---- ids of records --------------------------------------------------------

local function trimmed(text)
  return text:match("^%s*(.*%S)") or ""
end


-- The number of a column, by its name in the header.
local function column_of(header, name)
  local number
  for i, field in ipairs(header) do
    if trimmed(field) == name then
      if number then
        return nil, ("there are two columns %q"):format(name)
      end
      number = i
    end
  end
  return number, ("there is no column %q in the first line"):format(name)
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


-- A record with more fields than others, or less, has them at other places: as
-- with a comma in a name that is not quoted.
local function picker_of_column(number, separator, width)
  return function(record)
    if not record:find("[^%s,;\"]") then -- as below tables of spreadsheets
      return ""
    end
    separator = separator or csv.separator(record)
    local fields = csv.fields(record, separator)
    if not fields then
      return nil, "a quote is where none may be"
    end
    width = width or #fields
    if #fields ~= width then
      return nil, ("there are %d fields in this line, and %d in the first")
        :format(#fields, width)
    elseif not (fields[number] or ""):find("%S") then
      return nil, "there is no user id in this line"
    end
    return trimmed(fields[number])
  end
end


-- A function that returns the id in a record: "" if there is none, nil and a
-- message if it cannot be told.
local function picker(column, next_record)
  if not column then
    return picker_of_lines()
  elseif column:find("^%d+$") then
    if tonumber(column) == 0 then
      return nil, "columns are counted from 1"
    end
    return picker_of_column(tonumber(column))
  end
  local header, message = next_record()
  if not header then
    return nil, message or "the file is empty"
  end
  local separator = csv.separator(header)
  local names = csv.fields(header, separator)
  if not names then
    return nil, "a quote is where none may be"
  end
  local number
  number, message = column_of(names, column)
  if not number then
    return nil, message
  end
  return picker_of_column(number, separator, #names)
end


-- A function that returns the next id, and nil, or nil and a message, at last.
local function reader(source)
  source.file:seek("set", 0)
  local next_record = records_of(source.file, source.name, source.column)
  local function located(message, line)
    return ("%s:%d: %s"):format(source.name, line, message)
  end
  local pick, problem = picker(source.column, next_record)
  if not pick then
    return nil, located(problem, 1)
  end
  return function()
    while true do
      local record, message, line = next_record()
      if not record then
        return nil, message and located(message, line)
      end
      local id, reason = pick(record)
      reason = reason or id ~= "" and ids.refusal(id)
      if reason then
        return nil, located(reason, line)
      elseif id ~= "" then
        return id
      end
    end
  end
end


-- ---- the source ------------------------------------------------------------

-- A copy, which the system removes. It ends after a line that has no end, for
-- which it will be refused.
local function copied(file, name)
  local copy, message = io.tmpfile()
  local size, unended = 0, 0
  while copy do
    local block, kept
    block, message = files.block(file, name)
    if not block then
      return nil, message
    elseif size > LARGEST then
      return nil, ("could not read %s: it has more than %d bytes"):format(
        name, LARGEST)
    elseif block == "" or unended > ENDLESS then
      kept, message = copy:flush()
      if kept then
        return copy
      end
    else
      size = size + #block
      unended = block:find("\n", 1, true) and 0 or unended + #block
      kept, message = copy:write(block)
    end
    copy = kept and copy
  end
  return nil, ("could not keep %s in a temporary file: %s"):format(
    name, tostring(message))
end


--- Opens a file of ids and checks all of them.
---@param name string `-` is standard input
---@param column string? name or number of the column, of CSV
---@param wanted fun(id: string): boolean which of them count
---@return table? source with `count`, `skipped` (those that do not count) and
--- `is_pipe` (it cannot be read again), for ids.each
---@return string? message
function ids.open(name, column, wanted)
  local file, message = files.open(name)
  if not file then
    return nil, message
  end
  local source = {
    name = name, column = column, count = 0, skipped = 0,
    is_pipe = name == "-" or not file:seek("cur"),
  }
  source.file, message = copied(file, name)
  if not source.file then
    return nil, message
  end
  local next_id
  next_id, message = reader(source)
  while next_id do
    local id
    id, message = next_id()
    if not id then
      break
    elseif wanted(id) then
      source.count = source.count + 1
    else
      source.skipped = source.skipped + 1
    end
  end
  if message then
    return nil, message
  end
  return source
end


--- An iterator of the ids. Raises when the copy cannot be read.
---@param source table
---@param wanted fun(id: string): boolean
---@return fun(): string?
function ids.each(source, wanted)
  local next_id, message = reader(source)
  return function()
    local id
    while next_id do
      id, message = next_id()
      if not id or wanted(id) then
        break
      end
    end
    if message then
      error(message, 0)
    end
    return id
  end
end


return ids
