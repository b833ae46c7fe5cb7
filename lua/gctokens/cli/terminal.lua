--- Where the output goes: whether to people, how wide, in colour.
--
-- Lua cannot tell a terminal from a pipe. The shell can, in about a
-- millisecond: nothing is asked twice.

local terminal = {}


local USUAL_WIDTH = 80 -- columns

-- SGR parameters (ECMA-48)
local COLOURS = { bold = "1", red = "31", green = "32", yellow = "33",
  faint = "2" }


-- What os.execute returns for an exit code of 0: 0 on Lua 5.1, true later.
local function succeeds(command)
  local status = os.execute(command)
  return status == true or status == 0
end


local known = {}


--- Whether a file descriptor (0, 1 or 2) is a terminal.
---@param descriptor integer
---@return boolean
function terminal.is_terminal(descriptor)
  if known[descriptor] == nil then
    known[descriptor] = succeeds("test -t " .. descriptor)
  end
  return known[descriptor]
end


--- Columns of the terminal that is standard error.
---@return integer
function terminal.width()
  local pipe = io.popen("stty size 0<&2 2>/dev/null")
  local answer = pipe and pipe:read("*l") or ""
  if pipe then
    pipe:close()
  end
  local columns = tonumber(answer:match("^%d+ (%d+)"))
  return columns and columns > 0 and columns or USUAL_WIDTH
end


-- https://no-color.org
local function is_coloured(descriptor)
  return (os.getenv("NO_COLOR") or "") == "" and os.getenv("TERM") ~= "dumb"
    and terminal.is_terminal(descriptor)
end


--- A function that colours text for a file descriptor, or leaves it as it is.
---@param descriptor integer
---@return fun(colour: string?, text: string): string
function terminal.brush(descriptor)
  local coloured = is_coloured(descriptor)
  return function(colour, text)
    if not coloured or not colour then
      return text
    end
    return ("\27[%sm%s\27[0m"):format(COLOURS[colour], text)
  end
end


--- Text from elsewhere, without what a terminal would obey: control characters,
--- those above ASCII (U+0080 to U+009F) too.
---@param text string
---@return string
function terminal.plain(text)
  return (text:gsub("%c", "?"):gsub("\194[\128-\159]", "?"))
end


return terminal
