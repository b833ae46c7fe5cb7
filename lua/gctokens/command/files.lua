--- Files of the user's, `-` being standard input.

local files = {}


local BLOCK = 65536 -- bytes
local LONGEST_LINE = 65536 -- bytes


--- Opens a file to read.
---@param name string
---@return file*? file, string? message
function files.open(name)
  if name == "-" then
    return io.stdin
  end
  local file, message = io.open(name, "rb")
  if not file then
    return nil, "could not read " .. message
  end
  -- A directory can be opened, but not read from.
  local _, problem = file:read(0)
  if problem then
    file:close()
    return nil, ("could not read %s: %s"):format(name, problem)
  end
  return file
end


--- The next bytes of a file: "" at its end.
---@param file file*
---@param name string for the message
---@param count integer? at most
---@return string? bytes, string? message
function files.block(file, name, count)
  local bytes, message = file:read(count or BLOCK)
  if not bytes and message then
    return nil, ("could not read %s: %s"):format(name, message)
  end
  return bytes or ""
end


--- A function that returns the next line without its end, and nil, or nil and
--- a message, at last. io.lines would cut a line at a NUL on Lua 5.1 and 5.2.
---@param file file*
---@param name string for the message
---@return fun(): string?, string?
function files.lines(file, name)
  local text, at, ended = "", 1, false
  return function()
    while true do
      local line, after = text:match("^([^\n]*)\n()", at)
      if line then
        at = after
        return line
      end
      text, at = text:sub(at), 1
      if ended then
        line, text = text, ""
        return line ~= "" and line or nil
      elseif #text > LONGEST_LINE then
        return nil, "a line does not end"
      end
      local block, message = files.block(file, name)
      if not block then
        return nil, message
      end
      text, ended = text .. block, block == ""
    end
  end
end


--- A whole file.
---@param name string
---@param longest integer bytes; a longer one is refused
---@return string? text, string? message
function files.read(name, longest)
  local file, message = files.open(name)
  if not file then
    return nil, message
  end
  local text
  text, message = files.block(file, name, longest + 1)
  if file ~= io.stdin then
    file:close()
  end
  if text and #text > longest then
    return nil, ("could not read %s: it has more than %d bytes"):format(
      name, longest)
  end
  return text, message
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
