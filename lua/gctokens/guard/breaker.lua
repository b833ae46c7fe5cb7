--- A circuit breaker in shared memory: while most calls to the API fail, no
-- call is made, but for one probe at a time.

local clock = require("gctokens.guard.clock")
local lease = require("gctokens.guard.lease")


local Breaker = {}

local breaker_metatable = { __index = Breaker }


local breaker = {}


---@param settings table dict, room in it, name (of the API), breaker (policy,
---  or false), longest: seconds a probe can take
function breaker.new(settings)
  local prefix = "b" .. settings.name .. " "
  return setmetatable({
    dict = settings.dict,
    room = settings.room,
    policy = settings.breaker,
    longest = settings.longest,
    leases = lease.new(settings.dict, settings.room),
    until_key = prefix .. "until",
    trips_key = prefix .. "trips",
    probe_key = prefix .. "probe",
    calls_key = prefix .. "calls ",
    failures_key = prefix .. "failures ",
  }, breaker_metatable)
end


-- When the cooldown ends, or nil while the breaker is closed. What is no time,
-- or further off than any cooldown, is damage.
local function cools_until(self, now)
  local ends = self.policy and self.dict:get(self.until_key)
  if type(ends) == "number" and ends - now < self.policy.max_cooldown * 2 then
    return ends
  end
  return nil
end


--- Seconds for which no call should be made, or nil. Takes no probe.
---@param now number
---@return number?
function Breaker:wait(now)
  local ends = cools_until(self, now)
  if not ends then
    return nil
  elseif now < ends then
    return ends - now
  end
  return self.leases:is_held(self.probe_key) and 1 or nil
end


--- Whether a call may be made now. Where the breaker is open but has cooled
--- down, it is the probe, and nobody else may call until `record`.
---@param now number
---@return boolean permitted
---@return boolean is_probe
function Breaker:permits(now)
  local ends = cools_until(self, now)
  if not ends then
    return true, false
  end
  local taken = now >= ends
    and self.leases:take(self.probe_key, self.longest) ~= nil
  return taken, taken
end


local function open(self, now)
  local policy, dict = self.policy, self.dict
  local trips = self.room:incr(self.trips_key, 1, 0) or 1
  local cooldown =
    math.min(policy.cooldown * 2 ^ (trips - 1), policy.max_cooldown)
  -- Jitter, so that several machines do not probe together.
  self.room:set(self.until_key, now + clock.jittered(cooldown))
  dict:delete(self.probe_key)
end


local function window_of(self, now)
  return math.floor(now / self.policy.window)
end


-- What was counted before it opened does not count any more.
local function record_probe(self, failed, now)
  if failed then
    open(self, now)
    return nil
  end
  local dict = self.dict
  local window = window_of(self, now)
  for _, key in ipairs({ self.calls_key, self.failures_key }) do
    dict:delete(key .. window)
    dict:delete(key .. window - 1)
  end
  dict:delete(self.until_key)
  dict:delete(self.trips_key)
  dict:delete(self.probe_key)
  return "closed"
end


--- Takes in how a call ended. Of those that were under way when the breaker
--- opened, it has heard enough.
---@param failed boolean
---@param is_probe boolean
---@param now number
---@return "opened"|"closed"|nil change
function Breaker:record(failed, is_probe, now)
  local policy = self.policy
  if is_probe then
    return record_probe(self, failed, now)
  elseif not policy or cools_until(self, now) then
    return nil
  end
  local window = window_of(self, now)
  local lasts = policy.window * 2
  local calls = self.room:incr(self.calls_key .. window, 1, 0, lasts) or 0
  local failures = self.room:incr(
    self.failures_key .. window, failed and 1 or 0, 0, lasts) or 0
  if failed and calls >= policy.min_calls
     and failures / calls >= policy.ratio then
    open(self, now)
    return "opened"
  end
  return nil
end


--- Takes in that a call told nothing of the API: if it was the probe, another
--- may be.
---@param is_probe boolean
function Breaker:disregard(is_probe)
  if is_probe then
    self.dict:delete(self.probe_key)
  end
end


---@param now number
---@return 0|1
function Breaker:is_open(now)
  return self:wait(now) and 1 or 0
end


return breaker
