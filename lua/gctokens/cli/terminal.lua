--- The terminal: whether a standard stream is one, its width, and colours.
--
-- Lua cannot tell a terminal from a pipe. The shell can, in about a
-- millisecond, so each stream is asked about once.

local terminal = {}


local USUAL_WIDTH = 80 -- columns

-- SGR parameters (ECMA-48)
local COLOURS = {
  bold = "1", faint = "2", red = "31", green = "32", yellow = "33",
}

local SGR = "\27[%sm%s\27[0m"


-- What os.execute returns for an exit code of 0: 0 on Lua 5.1, true later.
local function succeeds(command)
  local status = os.execute(command)
  return status == true or status == 0
end


local known = {} -- descriptor -> whether it is a terminal


--- Whether a file descriptor (0, 1 or 2) is a terminal.
---@param descriptor integer
---@return boolean
function terminal.is_terminal(descriptor)
  if known[descriptor] == nil then
    known[descriptor] = succeeds("test -t " .. descriptor)
  end
  return known[descriptor]
end


--- The width of the terminal that is standard error.
---@return integer columns
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


--- A text in colour, if the stream that it is for shows colours.
---@param text string
---@param colour string? a name in COLOURS; nil: none
---@param descriptor integer
---@return string
function terminal.coloured(text, colour, descriptor)
  if not colour or not is_coloured(descriptor) then
    return text
  end
  return SGR:format(COLOURS[colour], text)
end


--- The columns that a text takes.
---@param text string ASCII, with colours of terminal.coloured
---@return integer columns
function terminal.columns(text)
  return #text:gsub("\27%[%d*m", "")
end


--- Replaces the control characters in a text from elsewhere, which a terminal
--- may obey: those of ASCII, and U+0080 to U+009F.
---@param text string
---@return string
function terminal.plain(text)
  return (text:gsub("%c", "?"):gsub("\194[\128-\159]", "?"))
end


return terminal
