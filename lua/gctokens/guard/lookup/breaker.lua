--- A circuit breaker in shared memory. While most calls to the API fail, none
-- is made, except for one probe at a time.

local clock = require("gctokens.guard.clock")
local lease = require("gctokens.guard.dict.lease")


---@class gctokens.guard.Breaker
local Breaker = {}

local breaker_metatable = { __index = Breaker }


local breaker = {}


---@class gctokens.guard.BreakerDependencies
---@field pinned gctokens.guard.PinnedDict
---@field base_url string of the API, which all its guards have one breaker for
---@field options gctokens.guard.BreakerOptions|false all are set; false: it
---  never opens
---@field longest_probe number seconds that a probe can take

---@param dependencies gctokens.guard.BreakerDependencies
---@return gctokens.guard.Breaker
function breaker.new(dependencies)
  local pinned = dependencies.pinned
  local prefix = "b" .. dependencies.base_url .. " "
  return setmetatable({
    dict = pinned.dict,
    pinned = pinned,
    options = dependencies.options,
    longest_probe = dependencies.longest_probe,
    leases = lease.new(pinned.dict, pinned),
    until_key = prefix .. "until",
    trips_key = prefix .. "trips",
    probe_key = prefix .. "probe",
    calls_key = prefix .. "calls ",
    failures_key = prefix .. "failures ",
  }, breaker_metatable)
end


-- When the cooldown ends; nil while the breaker is closed. An entry that is no
-- time, or is further off than any cooldown, is damaged.
local function cools_until(self, now)
  local ends = self.options and self.dict:get(self.until_key)
  if type(ends) == "number" and ends - now < self.options.max_cooldown * 2 then
    return ends
  end
  return nil
end


--- How long no call should be made. Does not begin a probe.
---@param now number
---@return number? seconds nil: a call may be made
function Breaker:wait(now)
  local ends = cools_until(self, now)
  if not ends then
    return nil
  elseif now < ends then
    return ends - now
  end
  return self.leases:is_held(self.probe_key) and 1 or nil
end


--- Whether a call may be made now. When the breaker is open and has cooled
--- down, that call is the probe: no other is permitted until `record` or
--- `disregard`.
---@param now number
---@return boolean permitted
---@return boolean is_probe
function Breaker:permits(now)
  local ends = cools_until(self, now)
  if not ends then
    return true, false
  end
  local taken = now >= ends
    and self.leases:take(self.probe_key, self.longest_probe) ~= nil
  return taken, taken
end


local function open(self, now)
  local options, dict = self.options, self.dict
  local trips = self.pinned:incr(self.trips_key, 1, 0) or 1
  local cooldown =
    math.min(options.cooldown * 2 ^ (trips - 1), options.max_cooldown)
  -- Jitter, so that several machines do not probe together.
  self.pinned:set(self.until_key, now + clock.jittered(cooldown))
  dict:delete(self.probe_key)
end


local function window_of(self, now)
  return math.floor(now / self.options.window)
end


-- A probe that succeeds closes the breaker, and all counts begin at 0.
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


--- Counts how a call ended. While the breaker is open only the probe counts:
--- the others were begun before it opened.
---@param failed boolean
---@param is_probe boolean
---@param now number
---@return "opened"|"closed"|nil change
function Breaker:record(failed, is_probe, now)
  local options = self.options
  if is_probe then
    return record_probe(self, failed, now)
  elseif not options or cools_until(self, now) then
    return nil
  end
  local window = window_of(self, now)
  local lasts = options.window * 2
  local calls = self.pinned:incr(self.calls_key .. window, 1, 0, lasts) or 0
  local failures = self.pinned:incr(
    self.failures_key .. window, failed and 1 or 0, 0, lasts) or 0
  if failed and calls >= options.min_calls
     and failures / calls >= options.ratio then
    open(self, now)
    return "opened"
  end
  return nil
end


--- Ends a call that says nothing of the API. If it was the probe, the next call
--- is.
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
