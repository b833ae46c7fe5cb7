--- A rate limiter: gives each of many calls a slot, at equal distances, and
-- pauses all of them when the server asks for it.
--
-- Slots are times on a clock that stands still during pauses. So a pause moves
-- the slots that were given out already, too, and they keep their distances.

local max, min = math.max, math.min


-- Seconds' worth of missed slots that are made up for. Timers are late
-- thousands of times in a run, and the rate would fall. A minute never holds
-- more than this above the rate.
local CATCH_UP = 0.1

-- Seconds. Genesys' windows are minutes, so a longer time is not believed.
local LONGEST_RESET = 90

-- Seconds to pause after a 429 that names no time and is not tried again.
local DEFAULT_PAUSE = 1


---@class gctokens.RateLimiter
local RateLimiter = {}
RateLimiter.__index = RateLimiter


--- Takes the next free slot.
---@param now number
---@return number slot for `delay`
function RateLimiter:slot(now)
  if not self.interval then
    return -math.huge
  end
  local here = max(now, self.resumes) - self.paused
  local slot = max(self.due, here - CATCH_UP)
  self.due = slot + self.interval
  return slot
end


--- Seconds until a slot's time, which a pause may still move. 0 or less: it has
--- come.
---@param slot number
---@param now number
---@return number seconds
function RateLimiter:delay(slot, now)
  return max(slot + self.paused, self.resumes) - now
end


--- Moves all slots behind a pause of so many seconds.
---@param now number
---@param seconds number
function RateLimiter:pause(now, seconds)
  local resumes = now + seconds
  if resumes > self.resumes then
    self.paused = self.paused + resumes - max(self.resumes, now)
    self.resumes = resumes
  end
end


-- Whether the server's window is full, with the calls in flight, which may not
-- have been counted yet.
local function is_used_up(limit, in_flight)
  return limit and limit.count and limit.reset and limit.allowed
    and limit.allowed > 0 and limit.count + in_flight >= limit.allowed
end


--- Observes an attempt.
---@param attempt integer its number within its call
---@param err gctokens.Error?
---@param response gctokens.Response
---@param pause number? seconds until the next one
---@param in_flight integer number of other calls
---@param clock fun(): number seconds
function RateLimiter:observe(attempt, err, response, pause, in_flight, clock)
  if response.status == 429 then
    self:pause(clock(), err.retry_after or pause or DEFAULT_PAUSE)
  end
  if not self.interval then
    return
  end
  if attempt > 1 then -- only the first had a slot
    self.due = self.due + self.interval
  end
  local limit = response.rate_limit
  if is_used_up(limit, in_flight) then
    self:pause(clock(), min(limit.reset, LONGEST_RESET))
  end
end


local rate_limiter = {}


---@param rate_per_minute number|false false: there are no slots to wait for
---@param now number
---@return gctokens.RateLimiter
function rate_limiter.new(rate_per_minute, now)
  return setmetatable({
    interval = rate_per_minute and 60 / rate_per_minute,
    due = now,
    resumes = now, -- when the last pause ends
    paused = 0, -- seconds of all pauses, to their ends
  }, RateLimiter)
end


return rate_limiter
