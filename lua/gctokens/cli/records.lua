--- Records of a list: its lines, or in CSV what may be several of them, where
-- a field in quotes has line ends.

local csv = require("gctokens.cli.csv")

local records = {}


local LONGEST = 65536 -- bytes

-- What spreadsheets write, and read, as the first line: sep=; or "sep=;"
local SEPARATOR = '^"?[Ss][Ee][Pp]=([^%w" ])"?$'


local Records = {}
Records.__index = Records


--- A reader of records.
---@param next_line fun(): string?, string? of gctokens.cli.files
---@param is_csv boolean
---@return table reader with `line`, where its last record began, and
--- `separator`, when the first line says it
function records.new(next_line, is_csv)
  return setmetatable({
    next_line = next_line, is_csv = is_csv, number = 0, line = 1,
  }, Records)
end


local function read_line(self)
  self.number = self.number + 1
  return self.next_line()
end


-- The rest of a record that the line begins.
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


--- The next record, and nil, or nil and a message, at last.
---@return string? record, string? message
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
