--- The guard's clock: seconds that only go forward, the same in all workers.
--
-- It is nginx's cached time, which nginx reads once per turn of its event loop.
-- So it costs next to nothing. It may be behind by a turn of the loop.

local core = require("gctokens.core")


local clock = {}


--- CLOCK_MONOTONIC, to the millisecond.
---@return number seconds
clock.now = require("resty.core.time").monotonic_time


--- That time, give or take a tenth, so that what began together does not end
--- together. Not by math.random: workers are forked, and would all draw the
--- same numbers.
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
