--- Runs the soak: the server, processes that call it, and an nginx worker that
--- does; then compares what they have written down.

local callers = require("spec.soak.callers")
local reconcile = require("spec.soak.reconcile")
local socket = require("socket")
local system = require("spec.support.system")
local usage = require("spec.soak.usage")
local workers = require("spec.soak.workers")

local quote = system.quote
local soak = {}


-- Seconds that a call may take longer than its deadline. The library needs
-- none to speak of; a busy machine lets processes wait.
local SLACK = 1

-- Seconds of a run after which everything has grown to its usual size.
local LONG = 30

local PROCESSES = {
  "alone", "threads", "revocation", "luv", "cqueues", "steps",
}


-- ---- who takes part --------------------------------------------------------

-- A Lua 5.4 process as a pipe to its standard input. Its id is in
-- DIRECTORY/NAME.pid.
local function start_process(directory, name, arguments)
  return assert(io.popen(("echo $$ > %s; LUA_PATH=%s LUA_CPATH=%s "
    .. "exec lua5.4 %s"):format(quote(directory .. "/" .. name .. ".pid"),
      quote(package.path), quote(package.cpath), arguments), "w"))
end


local function start_server(directory, seed)
  local server = start_process(directory, "server",
    ("spec/soak/server.lua %s %d"):format(quote(directory), seed))
  assert(system.wait_until(function()
    return system.read(directory .. "/port")
  end), "the server does not start")
  return server
end


local function start_caller(directory, name, seed)
  return start_process(directory, name, "-e " .. quote(
    ("require(\"spec.soak.caller\").process(%q, %q, %d)"):format(
      directory, name, seed)))
end


local function pids_of(directory, nginx)
  local pids = { nginx = nginx:pid() }
  for _, name in ipairs(PROCESSES) do
    local path = directory .. "/" .. name .. ".pid"
    assert(system.wait_until(function()
      pids[name] = tonumber(system.read(path) or "")
      return pids[name]
    end), name .. " does not start")
  end
  return pids
end


-- ---- the run ---------------------------------------------------------------

local function watch(watched, nginx, duration)
  local every = math.max(0.1, duration / 60)
  local now = socket.gettime()
  local over, due = now + duration, now + every
  while now < over do
    nginx:keep_busy(due - now)
    now = socket.gettime()
    if now >= due then
      watched:sample()
      due = now + every
    end
  end
end


-- Waits until a process has ended. Returns what went wrong, or nil.
local function end_process(name, pid, process)
  local ended = system.wait_until(function()
    return not system.is_running(pid)
  end)
  if not ended then
    system.run("kill -KILL " .. pid)
    return name .. " does not end"
  elseif not process:close() then
    return name .. " has failed"
  end
end


-- Tells all callers that it is over, and waits until they are. Returns a list
-- of what went wrong.
local function end_callers(directory, pids, processes, nginx)
  os.remove(directory .. "/port")
  local wrong = {}
  for i, name in ipairs(PROCESSES) do
    wrong[#wrong + 1] = end_process(name, pids[name], processes[i])
  end
  wrong[#wrong + 1] = nginx:finish()
  return wrong
end


local function compare(directory)
  local paths = {}
  for path in system.run("ls " .. quote(directory) .. "/*.log")
    :gmatch("[^\n]+") do
    paths[#paths + 1] = path
  end
  return reconcile(paths, callers.limits.deadline, SLACK)
end


--- Runs it for some seconds. Returns what reconcile does; `first`, `last` and
--- `grown` of usage:compare, which for a long run counts as wrong; and, when
--- something is wrong, the `directory` that has the records.
function soak.run(duration, seed)
  local directory = system.make_directory()
  local server = start_server(directory, seed)
  local nginx = workers.start(directory, seed)
  local processes = {}
  for i, name in ipairs(PROCESSES) do
    processes[i] = start_caller(directory, name, seed + i)
  end
  local pids = pids_of(directory, nginx)
  local watched = usage.watch(pids)
  local ok, raised = pcall(watch, watched, nginx, duration)
  local wrong = end_callers(directory, pids, processes, nginx)
  server:close()
  wrong[#wrong + 1] = not ok and tostring(raised) or nil
  local report = compare(directory)
  for i, what in ipairs(wrong) do
    table.insert(report.wrong, i, what)
  end
  report.first, report.last, report.grown = watched:compare()
  for _, what in ipairs(duration >= LONG and report.grown or {}) do
    table.insert(report.wrong, what)
  end
  if #report.wrong == 0 then
    system.remove_directory(directory)
  else
    report.directory = directory
  end
  return report
end


return soak
