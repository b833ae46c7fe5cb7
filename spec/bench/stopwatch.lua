--- Runs in nginx: for how long a worker does nothing else, because it is in a
--- method of an engine.

local ffi = require("ffi")

local core = require("gctokens.core")

ffi.cdef([[
  struct gctokens_bench_time { long seconds, nanoseconds; };
  int clock_gettime(int clock, struct gctokens_bench_time *time);
]])


local THREAD_CPU_TIME = 3 -- CLOCK_THREAD_CPUTIME_ID of Linux

local time = ffi.new("struct gctokens_bench_time")

local longest = { seconds = 0, used = 0 }


local function processor_time()
  assert(ffi.C.clock_gettime(THREAD_CPU_TIME, time) == 0)
  return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
end


local function finish(started, used, ...)
  used = processor_time() - used
  longest.seconds = math.max(longest.seconds, core.now() - started)
  longest.used = math.max(longest.used, used)
  return ...
end


local stopwatch = {}


--- Watches all engines from now on.
function stopwatch.install()
  local engine = core.new({ base_url = "https://gctokens.test" })
  local methods = getmetatable(engine).__index
  for name, method in pairs(methods) do
    methods[name] = function(...)
      local started, used = core.now(), processor_time()
      return finish(started, used, method(...))
    end
  end
  engine:close()
  stopwatch.reset()
end


function stopwatch.reset()
  longest.seconds, longest.used = 0, 0
end


--- Of the longest stay in a method: seconds, and of that, or of another one,
--- the processor time.
function stopwatch.longest()
  return longest.seconds, longest.used
end


return stopwatch
