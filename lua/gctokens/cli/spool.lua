--- A spool: lines that are written first and read afterwards. A small spool is
-- in memory, a large one in a temporary file without a name.

local exit = require("gctokens.cli.exit")

local spool = {}


local LARGEST_IN_MEMORY = 1048576 -- bytes

-- io.tmpfile ignores TMPDIR. A file of mktemp is readable by its owner only.
local MAKE_FILE = [[LC_ALL=C mktemp -- "${TMPDIR:-/tmp}/gctokens.XXXXXXXXXX"]]
  .. " 2>&1"


local Spool = {}
Spool.__index = Spool


--- Makes an empty spool.
---@param name string what its lines are, for messages
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


-- Its name is removed at once, so that the system deletes the file when the
-- command ends, however it ends.
local function temporary_file()
  local pipe, message = io.popen(MAKE_FILE)
  if not pipe then
    return nil, message -- coverage: a process can be made
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


--- Appends a line.
---@param line string
function Spool:add(line)
  if self.file then
    return write(self, line)
  end
  self.lines[#self.lines + 1] = line
  self.size = self.size + #line + 1
  if self.size > LARGEST_IN_MEMORY then
    local file, message = temporary_file()
    check(self, file, message)
    self.file = file
    write(self, table.concat(self.lines, "\n"))
    self.lines = nil
  end
end


--- An iterator over the lines. No line may be added after it.
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
