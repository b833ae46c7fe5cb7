--- Files of the user's, `-` being standard input. One that cannot be read ends
-- the command: that is trouble, not wrong usage.

local exit = require("gctokens.cli.exit")

local files = {}


local BLOCK = 65536 -- bytes
local LONGEST_LINE = 65536 -- bytes


local function fail_to_read(message)
  exit.raise(exit.TROUBLE, "could not read " .. message)
end


--- Opens a file to read.
---@param name string
---@return file* file
function files.open(name)
  if name == "-" then
    return io.stdin
  end
  local file, message = io.open(name, "rb")
  if not file then
    fail_to_read(message)
  end
  -- A directory can be opened, but not read from.
  local _, problem = file:read(0)
  if problem then
    file:close()
    fail_to_read(("%s: %s"):format(name, problem))
  end
  return file
end


-- The next bytes of a file, so many at most: "" at its end.
local function read(file, name, count)
  local bytes, message = file:read(count)
  if not bytes and message then
    fail_to_read(("%s: %s"):format(name, message))
  end
  return bytes or ""
end


--- A function that returns the next bytes, "" at the end.
---@param file file*
---@param name string for the message
---@return fun(): string
function files.blocks(file, name)
  return function()
    return read(file, name, BLOCK)
  end
end


-- The line that begins at `at`, and where the next one does; nil when the text
-- does not hold all of it. A CR may have its LF in the next block.
local function line_at(text, at, is_last)
  local line, stop, after = text:match("^([^\r\n]*)([\r\n])()", at)
  if stop == "\r" and after > #text and not is_last then
    return nil
  elseif stop == "\r" and text:byte(after) == 10 then
    after = after + 1
  end
  return line, after
end


--- A function that returns the next line without its end (LF, CRLF or CR), and
--- nil, or nil and a message, at last. io.lines would cut a line at a NUL on
--- Lua 5.1 and 5.2.
---@param next_block fun(): string?, string? "" at the end, nil and a message
---@return fun(): string?, string?
function files.lines(next_block)
  local text, at, is_last = "", 1, false
  return function()
    while true do
      local line, after = line_at(text, at, is_last)
      if line then
        at = after
        return line
      end
      text, at = text:sub(at), 1
      if is_last then
        line, text = text, ""
        return line ~= "" and line or nil
      elseif #text > LONGEST_LINE then
        return nil, "a line does not end"
      end
      local block, message = next_block()
      if not block then
        return nil, message
      end
      text, is_last = text .. block, block == ""
    end
  end
end


--- A whole file.
---@param name string
---@param longest integer bytes; a longer one is refused
---@return string? text, string? message
function files.read(name, longest)
  local file = files.open(name)
  local text = read(file, name, longest + 1)
  if file ~= io.stdin then
    file:close()
  end
  if #text > longest then
    return nil, ("could not read %s: it has more than %d bytes"):format(
      name, longest)
  end
  return text
end


--- Writes a line, at once: not when there is enough of them.
---@param file file*
---@param name string for the message
---@param line string
---@return boolean? written, string? message
function files.write_line(file, name, line)
  local written, message = file:write(line, "\n")
  if written then
    written, message = file:flush()
  end
  if not written then
    return nil, ("could not write %s: %s"):format(name, message)
  end
  return true
end


return files
