--- Files of the user's, `-` being standard input.

local files = {}


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
---@param count integer
---@return string? bytes, string? message
function files.block(file, name, count)
  local bytes, message = file:read(count)
  if not bytes and message then
    return nil, ("could not read %s: %s"):format(name, message)
  end
  return bytes or ""
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
