--- Keeps a machine up to date with the fleet's marks: tells Redis those that it
-- could not be told before, asks it for new ones and applies them.
--
-- Each worker has a timer. The first one that is due does the work, so a worker
-- that ends, however it does, is missed by nobody. Applying a mark twice does
-- no harm.

local clock = require("gctokens.guard.clock")
local invalidation = require("gctokens.guard.invalidation")
local lease = require("gctokens.guard.dict.lease")
local signature = require("gctokens.guard.fleet.signature")

local ngx = ngx


local BATCH = 1000 -- marks at a time
local MOST_BATCHES = 20 -- of a poll; the log has 10 000 marks
local KEY_BYTES = 32
local SEEN_MILLISECONDS = "15000" -- for which a machine counts as one of them
local SHARE_OF_INTERVAL = 0.9 -- by which timers may be early
local LEASE_GRACE = 1 -- seconds
local LOOK_INTERVAL = 0.005 -- seconds between looks for another's poll


---@class gctokens.guard.fleet.Poller
local Poller = {}

local poller_metatable = { __index = Poller }


local poller = {}


---@class gctokens.guard.fleet.PollerOptions
---@field state gctokens.guard.fleet.SharedState
---@field redis gctokens.guard.fleet.Redis
---@field cache gctokens.guard.Cache
---@field counters gctokens.guard.Counters
---@field log gctokens.NginxLog
---@field interval number seconds
---@field seconds number the time limit of a script

---@param options gctokens.guard.fleet.PollerOptions
---@return gctokens.guard.fleet.Poller
function poller.new(options)
  local self = setmetatable(options, poller_metatable)
  self.lease = lease.new(options.state.dict)
  self.lease_key = "f" .. options.state.id .. "poll"
  return self
end


-- ---- applying --------------------------------------------------------------

-- Another history: nothing that was found out under the one before counts.
-- Another worker may have been first.
local function reset(self, known, epoch, id)
  if known ~= epoch and self.state:place() == epoch then
    return true
  end
  local ok, err = self.cache:flush()
  if ok then
    ok, err = self.state:set_place(epoch, id)
  end
  if not ok then
    return nil, "the shared dict refused: " .. tostring(err)
  end
  self.state:set_highest(id, true)
  return true
end


-- False: there was no room for a mark.
local function apply_all(self, reply)
  local now = clock.now()
  for i = 5, #reply, 3 do
    local kind, name = reply[i + 1], reply[i + 2]
    if invalidation.names_token(kind) then
      name = signature.from_base64url(name) or ""
    end
    local is_damaged = invalidation.names_token(kind) and #name ~= KEY_BYTES
    if not is_damaged and not invalidation.apply(self.cache, kind, name) then
      return false
    end
    self.counters:add("marks received", now)
  end
  return true
end


local function is_beat(reply)
  local kind, id = reply[1], reply[3]
  return (kind == "reset" and #reply == 4
      or kind == "marks" and (#reply - 4) % 3 == 0)
    and reply[2]:find("^%d+$") ~= nil and id:find("^%d+%-%d+$") ~= nil
    and tonumber(reply[4]) ~= nil
end


-- Asks for marks once. Returns whether there may be more.
local function beat(self)
  local state = self.state
  local epoch, seen = state:place()
  local reply, err = self.redis:run("beat", { "log", "m" }, epoch, {
    seen, state:highest(), tostring(BATCH), state:machine(), SEEN_MILLISECONDS,
  }, is_beat)
  if not reply then
    return nil, err
  end
  local id = reply[3]
  if reply[1] == "reset" or not apply_all(self, reply) then
    local ok
    ok, err = reset(self, epoch, reply[2], id)
    state:set_received(clock.now(), tonumber(reply[4]))
    return ok and "done", err
  end
  local last = reply[#reply - 2]
  if #reply > 4 then
    local ok
    ok, err = state:set_place(epoch, last)
    if not ok then
      return nil, "the shared dict refused: " .. tostring(err)
    end
  end
  state:set_highest(id, false)
  state:set_received(clock.now(), tonumber(reply[4]))
  return (#reply - 4) / 3 == BATCH and "more" or "done"
end


-- Tells Redis the marks that were kept.
local function send_kept(self)
  if not self.state:has_kept() then
    return true
  end
  local kept, last = self.state:kept()
  for _, mark in ipairs(kept) do
    local ok, err = self.redis:mark(mark[1], mark[2])
    if not ok then
      return nil, err
    end
  end
  self.state:set_told(last)
  return true
end


local function work(self)
  local ok, err = send_kept(self)
  for _ = 1, MOST_BATCHES do
    if ok then
      ok, err = beat(self)
    end
    if ok ~= "more" then
      break
    end
  end
  if not ok then
    return nil, err
  end
  if self.state:set_reachable() then
    self.log:warn("fleet found", "the fleet's Redis can be reached again")
  end
  return true
end


-- With the lease in hand.
local function poll(self, owner)
  self.state:set_polled(clock.now())
  local ok, problem, err = pcall(work, self)
  self.lease:release(self.lease_key, owner)
  if not ok then
    self.log:error("internal", problem)
    return nil, problem
  elseif not problem then
    if self.state:set_unreachable() then
      self.redis:log_loss(err)
    end
    return nil, err
  end
  return true
end


-- ---- when ------------------------------------------------------------------

local function take_lease(self)
  return self.lease:take(self.lease_key, self.seconds + LEASE_GRACE)
end


local function tick(is_ending, self)
  local now = clock.now()
  if is_ending or not self.state:may_try(now)
     or not self.state:is_due(now, self.interval * SHARE_OF_INTERVAL) then
    return
  end
  local owner = take_lease(self)
  if owner then
    poll(self, owner)
  end
end


--- Starts this worker's timer.
---
--- Phases: init_worker and all that can yield.
---@return boolean started
function Poller:start()
  ngx.timer.at(0, tick, self)
  return ngx.timer.every(self.interval, tick, self) and true or false
end


-- Polls now, or waits for the worker that does, until `is_done(state, what)`.
local function catch_up(self, is_done, what)
  local deadline = clock.now() + self.seconds
  repeat
    if is_done(self.state, what) then
      return true
    end
    local owner = take_lease(self)
    if owner then
      return poll(self, owner) and is_done(self.state, what) or false
    end
    ngx.sleep(LOOK_INTERVAL)
  until clock.now() >= deadline
  return false
end


local function has_other_epoch(state, epoch)
  return state:place() ~= epoch
end


--- Polls at once where an epoch is not, or no more, that of the fleet.
---
--- Phases: all that can yield.
---@param epoch string? the one that is known
---@return boolean has_changed the place tells another epoch by now
function Poller:catch_up_with_epoch(epoch)
  return catch_up(self, has_other_epoch, epoch)
end


local function has_polled_since(state, time)
  return state:age(clock.now()) <= clock.now() - time
end


--- Polls at once.
---
--- Phases: all that can yield.
---@return boolean ok
function Poller:catch_up_with_marks()
  return catch_up(self, has_polled_since, clock.now())
end


return poller
