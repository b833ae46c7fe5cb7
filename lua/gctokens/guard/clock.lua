--- The guard's clock: seconds that only go forward, the same in all workers.
--
-- It is nginx's own cached time, read once per turn of the event loop, so that
-- reading it costs nothing. Being behind rather than ahead by a turn of the
-- loop, it never makes an answer look younger than it is.

local ffi = require("ffi")

local core = require("gctokens.core")

-- nginx keeps milliseconds of CLOCK_MONOTONIC there. Another module may have
-- declared it already.
pcall(ffi.cdef, "extern volatile uintptr_t ngx_current_msec;")

local C = ffi.C
local tonumber = tonumber


local clock = {}


---@return number seconds
function clock.now()
  return tonumber(C.ngx_current_msec) / 1000
end


--- That time, give or take a tenth: what began together shall not end
--- together. By chance of the system's: workers are forked, and math.random
--- would tell all of them the same.
---@param seconds number
---@return number
function clock.jittered(seconds)
  return seconds * (0.9 + 0.2 * core.random())
end


return clock
