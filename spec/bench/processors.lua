--- Keeps client and server on processors of their own, so that neither waits
--- for the other one's. With one processor, or without taskset, nothing is
--- pinned.

local system = require("spec.support.system")

local processors = {}


local SERVER, CLIENT = 0, 1

local count


local function can_pin()
  if not count then
    local output, code = system.run("taskset -c 0 nproc && nproc")
    count = code == 0 and tonumber(output:match("(%d+)%s*$")) or 1
  end
  return count > 1
end


-- Where this process, and what it starts from now on, may run.
local function stay_on(list)
  local output, code = system.run(("taskset -cp %s $PPID"):format(list))
  assert(code == 0, output)
end


--- Starts a server by calling `start`, and returns what that returns.
function processors.start_server(start)
  if not can_pin() then
    return start()
  end
  stay_on(SERVER)
  local server = start()
  stay_on("0-" .. count - 1)
  return server
end


--- What is put before the command of a client.
function processors.client()
  return can_pin() and ("taskset -c %d "):format(CLIENT) or ""
end


return processors
