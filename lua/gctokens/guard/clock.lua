--- The guard's clock: seconds that only go forward, the same in all workers.
--
-- It is nginx's own cached time, read once per turn of the event loop, so that
-- reading it costs next to nothing. Being behind rather than ahead by a turn of
-- the loop, it never makes an answer look younger than it is.

local core = require("gctokens.core")


local clock = {}


--- Milliseconds of CLOCK_MONOTONIC, in seconds.
---@return number seconds
clock.now = require("resty.core.time").monotonic_time


--- That time, give or take a tenth: what began together shall not end
--- together. By chance of the system's: workers are forked, and math.random
--- would tell all of them the same.
---@param seconds number
---@return number
function clock.jittered(seconds)
  return seconds * (0.9 + 0.2 * core.random())
end


--- The most that `jittered` makes of a time.
---@param seconds number
---@return number
function clock.longest(seconds)
  return seconds * 1.1
end


return clock
