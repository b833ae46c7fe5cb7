--- When each of many calls may be made: in slots of equal distance, and not
-- while the server wants to be left alone.
--
-- Slots are times on a clock that stands still during pauses, so a pause moves
-- all slots that were given out already, and they stay apart.

local max, min = math.max, math.min


-- Seconds' worth of slots that may be made up for when nobody was there to
-- take them, as a timer that rings late makes it happen thousands of times in
-- a run. A minute never holds more than this above the rate.
local CATCH_UP = 0.1

-- Seconds; windows are minutes, so a longer one is a mistake of somebody's.
local LONGEST_RESET = 90

-- Seconds to wait after a 429 that names none, and is not tried again.
local USUAL_PAUSE = 1


local Pace = {}
Pace.__index = Pace


--- The next free slot, for `left`.
---@param now number
---@return number slot
function Pace:slot(now)
  if not self.interval then
    return -math.huge
  end
  local here = max(now, self.resumes) - self.paused
  local slot = max(self.due, here - CATCH_UP)
  self.due = slot + self.interval
  return slot
end


--- Seconds until a slot's time, which a pause may yet move; 0 or less: it has
--- come.
---@param slot number
---@param now number
---@return number seconds
function Pace:left(slot, now)
  return max(slot + self.paused, self.resumes) - now
end


--- Nobody's slot comes in that many seconds.
---@param now number
---@param seconds number
function Pace:pause(now, seconds)
  local resumes = now + seconds
  if resumes > self.resumes then
    self.paused = self.paused + resumes - max(self.resumes, now)
    self.resumes = resumes
  end
end


-- Calls in flight may not have been counted yet.
local function is_used_up(limit, in_flight)
  return limit and limit.count and limit.reset and limit.allowed
    and limit.allowed > 0 and limit.count + in_flight >= limit.allowed
end


--- Takes notice of how an attempt went.
---@param attempt integer which one of its call it was
---@param err gctokens.Error?
---@param response gctokens.Response
---@param pause number? seconds until the next one
---@param in_flight integer how many calls there are besides
---@param clock fun(): number seconds
function Pace:notice(attempt, err, response, pause, in_flight, clock)
  if response.status == 429 then
    self:pause(clock(), err.retry_after or pause or USUAL_PAUSE)
  end
  if not self.interval then
    return
  end
  if attempt > 1 then -- it had no slot
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
---@return table
function rate_limiter.new(rate_per_minute, now)
  return setmetatable({
    interval = rate_per_minute and 60 / rate_per_minute,
    due = now,
    resumes = now, -- when the last pause ends
    paused = 0, -- seconds of all pauses, to their ends
  }, Pace)
end


return rate_limiter
