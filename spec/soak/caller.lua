--- One caller of the soak's server, in a process or in an nginx worker. It runs
--- until DIRECTORY/port is gone, and writes DIRECTORY/NAME.log. The first word
--- of NAME is its kind.

local callers = require("spec.soak.callers")
local records = require("spec.soak.records")
local system = require("spec.support.system")

local caller = {}


local kinds = {
  alone = callers.alone,
  threads = callers.threads,
  revocation = callers.revocation,
  luv = callers.event_loop("luv"),
  cqueues = callers.event_loop("cqueues"),
  steps = require("spec.soak.steps"),
}

local contexts = {} -- by name


local function port_of(directory)
  return system.read(directory .. "/port")
end


local function context_of(directory, name, seed)
  local port = port_of(directory)
  local context = contexts[name]
  if not context and port then
    context = {
      name = name, count = 0,
      record = records.open(directory .. "/" .. name .. ".log"),
      base_url = "http://127.0.0.1:" .. port,
      may_go_on = function()
        return port_of(directory) ~= nil
      end,
    }
    contexts[name] = context
    math.randomseed(seed)
  end
  return context
end


--- Makes calls with one client or engine, for a while.
function caller.live(directory, name, seed)
  local context = context_of(directory, name, seed)
  if context then
    kinds[name:match("^%a+")](context)
  end
  return context
end


-- Without a pipe to the command, which would count or not as it happens.
local function descriptors(directory, name)
  local path = directory .. "/" .. name .. ".descriptors"
  os.execute("ls /proc/$PPID/fd | wc -l > " .. system.quote(path))
  return tonumber(system.read(path))
end


--- What a process does, until it is over. Also writes down "descriptors": how
--- many there were before and are afterwards.
function caller.process(directory, name, seed)
  require("spec.loops.event_loops") -- which have descriptors of their own
  local before = descriptors(directory, name)
  local context
  repeat
    context = caller.live(directory, name, seed)
  until not port_of(directory)
  collectgarbage()
  context.record:write("descriptors", name, before,
    descriptors(directory, name) - 1) -- the record
end


return caller
