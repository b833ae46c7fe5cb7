--- The question whether a token is valid: what is known, one call to Genesys if
-- the breaker permits, and what becomes of the answer.

local attempt = require("gctokens.guard.attempt")
local bearer = require("gctokens.guard.bearer")
local clock = require("gctokens.guard.clock")
local core = require("gctokens.core")
local verdict = require("gctokens.guard.verdict")


local MOST_TRIES = 2 -- of a question whose answer an invalidation overtook


---@class gctokens.guard.Lookup: gctokens.guard.Question
local Lookup = { prefix = "" }

local lookup_metatable = { __index = Lookup }


local lookup = {}


---@param settings table client, breaker, cache, counters, log, slots, what
---  verdict.ask needs, and in seconds lookup_timeout, negative_ttl, error_ttl
function lookup.new(settings)
  return setmetatable({
    settings = settings,
    breaker = settings.breaker,
    cache = settings.cache,
    counters = settings.counters,
    log = settings.log,
    slots = settings.slots,
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


-- ---- one call --------------------------------------------------------------

local function log_failure(self, key, answer, class)
  local err = answer.err
  if err then
    self.log:error(class, ("could not verify token %s: %s"):format(
      bearer.short(key), tostring(err.message)))
  end
end


-- Whether a call that timed out had the time for an answer to come: not with
-- little of the lookup timeout left, nor when most of that was a wait for one
-- of our own connections.
local function had_its_time(self, left, response)
  local queued = response and response.queued or 0
  return left - queued >= self.settings.lookup_timeout / 3
end


-- Returns the answer, its class, and whether it tells how Genesys is.
local function call(self, key, token, left)
  local has_returned, answer, class, response = attempt.make(self.log,
    "verify", key, token, verdict.ask, self.settings, token, left)
  if not has_returned then
    return verdict.not_asked("an internal error"), "other", false
  end
  if response and response.raw_headers then
    self.slots:learn(response.raw_headers)
  end
  if class == "timeout" and not had_its_time(self, left, response) then
    answer.failed = false -- coverage: at times, a moment between two workers
    return answer, "queued", false
  end
  return answer, class, true
end


local function record(self, failed, is_probe)
  local change = self.breaker:record(failed, is_probe, clock.now())
  if change then
    self.log:warn("breaker", "the circuit breaker has " .. change)
  end
end


-- `is_answer` in the verdict tells it from one of the breaker's, which is worth
-- nothing a moment later.
local function call_if_permitted(self, key, token, ends)
  local now = clock.now()
  local permitted, is_probe = self.breaker:permits(now)
  if not permitted then
    -- coverage: at times, a moment between two workers
    return self:refused(now) or { state = "unavailable", failed = true }
  end
  local answer, class, tells =
    call(self, key, token, attempt.deadline(ends))
  answer.is_answer = true
  ngx.update_time()
  self.counters:add_call(class, clock.now() - now, clock.now())
  if tells then
    record(self, answer.failed or false, is_probe)
  else
    self.breaker:disregard(is_probe)
  end
  log_failure(self, key, answer, class)
  return answer
end


local function ask(self, flight, token)
  local ends = flight.calls_end
  local has_run, answer = self.slots:run(flight.is_known, ends,
    call_if_permitted, self, flight.key, token, ends)
  if not has_run then
    self.counters:add("no_slot", clock.now())
    return verdict.not_asked("all connections are in use")
  end
  return answer
end


-- ---- its answer ------------------------------------------------------------

-- Keeps an answer. False when an invalidation has overtaken it.
local function store(self, key, answer)
  local now = clock.now()
  if answer.state == "valid" then
    return self.cache:store_valid(key, answer, now)
  end
  local settings = self.settings
  local seconds = answer.state == "invalid_token"
    and clock.jittered(settings.negative_ttl)
    or settings.error_ttl * (1 + core.random())
  self.cache:store_refusal(key, answer, seconds, now)
  return true
end


-- Trouble with Genesys is met with what was last known, within stale_if_error.
-- Not so what Genesys has answered, whatever it is: a token may be the reason.
local function or_stale(self, key, answer)
  local stale = answer.failed and self.cache:find_stale(key, clock.now())
  if stale then
    return stale, "stale"
  end
  return answer, "miss"
end


-- ---- as a question, see flights.lua ----------------------------------------

function Lookup:find(key, now)
  return self.cache:find_shared(key, now)
end


function Lookup:answer(flight, token)
  local answer
  for _ = 1, MOST_TRIES do
    answer = ask(self, flight, token)
    if not answer.is_answer or store(self, flight.key, answer) then
      break
    end
    answer =
      verdict.not_asked("the token was invalidated while it was looked up")
  end
  return or_stale(self, flight.key, answer)
end


return lookup
