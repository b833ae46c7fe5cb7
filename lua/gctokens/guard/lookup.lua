--- One call to Genesys on behalf of the guard: if the breaker permits, counted,
-- and logged when it fails.

local bearer = require("gctokens.guard.bearer")
local clock = require("gctokens.guard.clock")
local core = require("gctokens.core")
local errors = require("gctokens.errors")
local verdict = require("gctokens.guard.verdict")


local Lookup = {}

local lookup_metatable = { __index = Lookup }


local lookup = {}


---@param settings table client, breaker, counters, log, and what verdict.ask
---  needs
function lookup.new(settings)
  return setmetatable({
    settings = settings,
    breaker = settings.breaker,
    counters = settings.counters,
    log = settings.log,
  }, lookup_metatable)
end


--- What a request gets while the breaker is open, or nil.
---@param now number
---@return gctokens.guard.Verdict?
function Lookup:refused(now)
  local wait = self.breaker:wait(now)
  return wait
    and { state = "unavailable", retry_after = wait, failed = true } or nil
end


local function log_failure(self, key, answer, class)
  local err = answer.err
  if err then
    self.log:error(class, ("could not verify token %s: %s"):format(
      bearer.short(key), tostring(err.message)))
  end
end


-- A transport of the user's may raise. What it says may hold the token.
local function ask(self, key, token, left)
  local fine, answer, class = pcall(verdict.ask, self.settings, token, left)
  if not fine then
    self.log:error("internal", ("could not verify token %s: %s"):format(
      bearer.short(key), core.redact(errors.describe(answer), { token })))
    return { state = "unavailable" }, "other"
  end
  -- With hardly any time the answer could not come: that says nothing.
  if class == "timeout" and left < self.settings.budget / 2 then
    answer.failed = false
  end
  return answer, class
end


--- Asks Genesys. `is_answer` in the verdict tells it from one of the breaker's,
--- which is worth nothing a moment later.
---@param key string
---@param token string
---@param left number seconds for all of it
---@return gctokens.guard.Verdict
function Lookup:ask(key, token, left)
  local now = clock.now()
  if left <= 0 then
    return { state = "unavailable" }
  end
  local permitted, is_probe = self.breaker:permits(now)
  if not permitted then
    return self:refused(now) or { state = "unavailable", failed = true }
  end
  local answer, class = ask(self, key, token, left)
  answer.is_answer = true
  ngx.update_time()
  self.counters:add_call(class, clock.now() - now, clock.now())
  local change = self.breaker:record(answer.failed or false, is_probe,
    clock.now())
  if change then
    self.log:warn("breaker", "the circuit breaker has " .. change)
  end
  log_failure(self, key, answer, class)
  return answer
end


return lookup
