-- Prints ports of loopback: ports.lua PORT...   Those named if they are free,
-- for each 0 another one that is.

local socket = require "socket"

-- All are bound before any is released, so that they differ.
local bound, ports = {}, {}
for i, wanted in ipairs(arg) do
  local listener, message = socket.bind("127.0.0.1", wanted)
  if not listener then
    io.stderr:write("nginx: port ", wanted, ": ", message, "\n")
    os.exit(1)
  end
  bound[i] = listener
  ports[i] = select(2, listener:getsockname())
end
for i = 1, #bound do
  bound[i]:close()
end
print(table.concat(ports, " "))
