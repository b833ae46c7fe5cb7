-- Ends nginx when the process it was started for is gone, so that a test run
-- which was killed leaves nothing behind. Runs in a worker.

local ffi = require "ffi"
local process = require "ngx.process"

local SIGTERM = 15
local EVERY = 1 -- second

local _M = {}

ffi.cdef [[
int kill(int pid, int signal);
]]


-- The time at which a living process was started, or nil. Together with the
-- pid it tells a process from a later one with the same pid.
local function start_time(pid)
  local file = io.open("/proc/" .. pid .. "/stat")
  if not file then
    return nil
  end
  local text = file:read("*a") or ""
  file:close()
  -- The command, in parentheses, may hold anything; after it come the state
  -- (third field) and, 19 fields on, the start time.
  local state, rest = text:match("^.*%) (%a) (.*)$")
  if not state or state == "Z" or state == "X" then
    return nil
  end
  local fields = {}
  for field in rest:gmatch("%S+") do
    fields[#fields + 1] = field
  end
  return fields[19]
end


local function remove_directory()
  local quoted = ngx.config.prefix():gsub("'", [['\'']])
  os.execute("rm -rf -- '" .. quoted .. "'")
end


local function check(_, pid, started, is_temporary)
  if started and start_time(pid) == started then
    return
  end
  if is_temporary then
    remove_directory()
  end
  ffi.C.kill(process.get_master_pid(), SIGTERM)
end


-- `pid` 0 is no owner. With `is_temporary` nginx's directory goes, too.
function _M.watch(pid, is_temporary)
  if pid ~= 0 then
    local started = start_time(pid)
    assert(ngx.timer.every(EVERY, check, pid, started, is_temporary))
  end
end


return _M
