--- Lines that are kept until they are read: in memory while they are few, then
-- in a temporary file that has no name and only its owner could read.

local exit = require("gctokens.cli.exit")

local spool = {}


local IN_MEMORY = 1048576 -- bytes

-- io.tmpfile does not know TMPDIR. What mktemp makes, only its owner can read.
local MAKE_FILE = [[LC_ALL=C mktemp -- "${TMPDIR:-/tmp}/gctokens.XXXXXXXXXX"]]
  .. " 2>&1"


local Spool = {}
Spool.__index = Spool


--- Makes an empty one.
---@param name string what it is of, for messages
---@return table
function spool.new(name)
  return setmetatable({ name = name, lines = {}, size = 0 }, Spool)
end


local function check(self, ok, message)
  if not ok then
    exit.raise(exit.TROUBLE, ("could not keep %s in a temporary file: %s")
      :format(self.name, message))
  end
end


-- Goes away when it is closed, however the command ends.
local function temporary_file()
  local pipe, message = io.popen(MAKE_FILE)
  if not pipe then
    return nil, message
  end
  local answer = pipe:read("*a"):gsub("\n$", "")
  pipe:close()
  local reason = answer:match("^mktemp: (.*)")
  if reason then
    return nil, reason
  end
  local file
  file, message = io.open(answer, "r+b")
  local removed, problem = os.remove(answer)
  return removed and file, message or problem
end


local function write(self, text)
  check(self, self.file:write(text, "\n"))
end


--- Keeps a line.
---@param line string
function Spool:add(line)
  if self.file then
    return write(self, line)
  end
  self.lines[#self.lines + 1] = line
  self.size = self.size + #line + 1
  if self.size > IN_MEMORY then
    local file, message = temporary_file()
    check(self, file, message)
    self.file = file
    write(self, table.concat(self.lines, "\n"))
    self.lines = nil
  end
end


--- An iterator of the lines, after the last of them was added.
---@return fun(): string?
function Spool:each()
  if self.file then
    check(self, self.file:flush())
    self.file:seek("set", 0)
    return self.file:lines()
  end
  local number = 0
  return function()
    number = number + 1
    return self.lines[number]
  end
end


return spool
