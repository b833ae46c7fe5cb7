--- What specs do outside of Lua: run commands, read files, wait.

local socket = require "socket"

local WITHIN = 10 -- seconds for something that happens on its own
local EVERY = 0.01 -- second

local system = {}


--- Quotes a text for the shell.
function system.quote(text)
  return "'" .. tostring(text):gsub("'", [['\'']]) .. "'"
end


--- Runs a command: what it printed (both streams), its exit code. The shell
--- that runs it is a child of this process, which so is its $PPID.
function system.run(command)
  local pipe = assert(io.popen(
    "{ " .. command .. "; } 2>&1; echo \"exit:$?\""))
  local text = pipe:read("*a")
  pipe:close()
  local output, code = text:match("^(.*)exit:(%d+)%s*$")
  return output, tonumber(code)
end


--- A file's whole text, or nil and a message.
function system.read(path)
  local file, message = io.open(path, "rb")
  if not file then
    return nil, message
  end
  local text = file:read("*a")
  file:close()
  return text
end


function system.write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end


--- Makes a temporary directory.
function system.make_directory()
  local output, code = system.run("mktemp -d")
  assert(code == 0, output)
  return output:match("^[^\n]+")
end


function system.remove_directory(directory)
  system.run("rm -rf -- " .. system.quote(directory))
end


--- Whether a process runs. One that has ended, but nobody has waited for yet,
--- has no command line.
function system.is_running(pid)
  return (system.read("/proc/" .. pid .. "/cmdline") or "") ~= ""
end


--- Waits for a condition: true, or false when it does not come about within so
--- many seconds.
function system.wait_until(condition, within)
  local deadline = socket.gettime() + (within or WITHIN)
  repeat
    if condition() then
      return true
    end
    socket.sleep(EVERY)
  until socket.gettime() > deadline
  return false
end


return system
