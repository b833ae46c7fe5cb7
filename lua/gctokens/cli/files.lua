--- Files that options name; `-` is standard input. A file that cannot be read
-- ends the command with the exit code for trouble, not for wrong usage.

local exit = require("gctokens.cli.exit")

local files = {}


local BLOCK = 65536 -- bytes read at a time
local LONGEST_LINE = 65536 -- bytes


local function fail_to_read(message)
  exit.raise(exit.TROUBLE, "could not read " .. message)
end


--- Why the options cannot be used together: only one can read standard input.
---@param options table of gctokens.cli.parser
---@return string? message
function files.conflict(options)
  if options.from == "-" and options.token_file == "-" then
    return "--from and --token-file cannot both read standard input"
  end
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


--- Closes a file of files.open. Standard input stays open.
---@param file file*
function files.close(file)
  if file ~= io.stdin then
    file:close()
  end
end


-- At most `count` bytes, "" at the end.
local function read(file, name, count)
  local bytes, message = file:read(count)
  if not bytes and message then
    fail_to_read(("%s: %s"):format(name, message))
  end
  return bytes or ""
end


--- A function that returns the next bytes, "" at the end.
---@param file file*
---@param name string for messages
---@return fun(): string
function files.blocks(file, name)
  return function()
    return read(file, name, BLOCK)
  end
end


-- The line that begins at `at`, and where the next one begins. Nil when the
-- text does not hold the whole line; after a CR, its LF may be in the
-- next block.
local function line_at(text, at, is_last)
  local line, stop, after = text:match("^([^\r\n]*)([\r\n])()", at)
  if stop == "\r" and after > #text and not is_last then
    return nil
  elseif stop == "\r" and text:byte(after) == 10 then
    after = after + 1
  end
  return line, after
end


--- A function that returns the next line without its line end (LF, CRLF or CR).
--- After the last line it returns nil, on an error nil and a message. io.lines
--- is not used: on Lua 5.1 and 5.2 it cuts a line at a NUL.
---@param next_block fun(): string?, string? "" at the end; nil, message
---@return fun(): string?, string? next_line
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
        return nil, ("a line has more than %d bytes"):format(LONGEST_LINE)
      end
      local block, message = next_block()
      if not block then
        return nil, message
      end
      text, is_last = text .. block, block == ""
    end
  end
end


--- Reads a whole file.
---@param name string
---@param longest integer bytes; a longer file is an error
---@return string? text, string? message
function files.read(name, longest)
  local file = files.open(name)
  local text = read(file, name, longest + 1)
  files.close(file)
  if #text > longest then
    return nil, ("could not read %s: it has more than %d bytes"):format(
      name, longest)
  end
  return text
end


--- Writes a line and flushes it.
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
