--- The records of a list: its lines. In CSV a record has several lines when a
-- quoted field holds line ends.

local csv = require("gctokens.cli.csv")

local records = {}


local LONGEST = 65536 -- bytes of a record

-- The first line with which spreadsheets name the separator: sep=; or "sep=;"
local SEPARATOR = '^"?[Ss][Ee][Pp]=([^%w" ])"?$'


local Records = {}
Records.__index = Records


--- Makes a reader of records.
---@param next_line fun(): string?, string? of gctokens.cli.files
---@param is_csv boolean
---@return table reader `line` is the number of the line where the last record
--- begins; `separator` is the one that the first line names, if any
function records.new(next_line, is_csv)
  return setmetatable({
    next_line = next_line, is_csv = is_csv, number = 0, line = 1,
  }, Records)
end


local function read_line(self)
  self.number = self.number + 1
  return self.next_line()
end


-- The record that begins with a line.
local function joined(self, line)
  local parts, length = { line }, #line
  local is_open = csv.is_open(line)
  while is_open do
    local more, message = read_line(self)
    if not more or length > LONGEST then
      return nil, message or "a quote that begins here does not end"
    end
    parts[#parts + 1] = more
    length = length + 1 + #more
    is_open = is_open ~= csv.is_open(more)
  end
  return table.concat(parts, "\n")
end


--- The next record. Nil after the last one; nil and a message on an error.
---@return string? record
---@return string? message
function Records:next()
  local line, message = read_line(self)
  if self.number == 1 and self.is_csv and line then
    self.separator = line:match(SEPARATOR)
    if self.separator then
      line, message = read_line(self)
    end
  end
  self.line = self.number
  if line and self.is_csv then
    return joined(self, line)
  end
  return line, message
end


return records
