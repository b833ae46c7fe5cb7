--- The calls that a loop drives: who waits for which call of which engine.
--
-- Shared by the loops in which something else goes on while a call waits. Each
-- waits with an event of its own, whose field `finished` becomes what the call
-- has ended with. When to step is up to the loop.

local core = require("gctokens.core")
local errors = require("gctokens.errors")


-- Seconds for which an engine may raise at every step, as when memory runs out,
-- before the calls in it are given up; and until the next try.
local LONGEST_FAILING = 1
local FAILING_PAUSE = 0.01

-- Seconds from one step to the next where an engine has no descriptor.
local POLL_INTERVAL = 0.01


---@class gctokens.InFlight
---@field engines table<gctokens.Engine, table<integer, gctokens.Event>> the
---  events by the ids of the calls that they are for; of engines with calls
---@field failing table<gctokens.Engine, number> since when every step raises
---@field on_error fun(reason: string)? told of each step that raises
local InFlight = {}

local in_flight_metatable = { __index = InFlight }


local function finish(events, id, finished)
  local event = events[id]
  if event then
    events[id] = nil
    event.finished = finished
    event:set()
  end
end


local function finish_all(self, engine, new_error)
  local events = self.engines[engine] or {}
  self.engines[engine], self.failing[engine] = nil, nil
  for id in pairs(events) do
    finish(events, id, { err = new_error() })
  end
end


local function give_up(self, engine, reason)
  for id in pairs(self.engines[engine] or {}) do
    pcall(engine.cancel, engine, id)
  end
  finish_all(self, engine, function()
    return {
      kind = "transport",
      reason = reason,
      message = "could not finish the call: " .. reason,
      attempts = 1,
      retryable = true,
    }
  end)
end


-- A step has raised. The next one reports the calls that this one has not.
local function survive(self, engine, raised)
  local now = core.now()
  local reason = "the engine cannot go on: " .. errors.describe(raised)
  if self.on_error then
    self.on_error(reason)
  end
  self.failing[engine] = self.failing[engine] or now
  if now - self.failing[engine] >= LONGEST_FAILING then
    give_up(self, engine, reason)
  end
end


--- An event is set when this call has ended.
---@param engine gctokens.Engine
---@param id integer
---@param event gctokens.Event
function InFlight:add(engine, id, event)
  local events = self.engines[engine]
  if not events then
    events = {}
    self.engines[engine] = events
  end
  events[id] = event
end


--- Does what can be done at once, and sets the events of calls that have ended.
---@param engine gctokens.Engine
---@param limit integer? about how many sockets are served
function InFlight:step(engine, limit)
  local events = self.engines[engine] or {}
  local ok, list, in_flight = pcall(engine.step, engine, 0, limit)
  if not ok then
    return survive(self, engine, list)
  end
  self.failing[engine] = nil
  for i = 1, #list do
    finish(events, list[i].id, list[i])
  end
  if in_flight == 0 then
    finish_all(self, engine, errors.closed_in_flight)
  end
end


--- What a loop waits for until the next step.
---@param engine gctokens.Engine
---@return number? seconds at most so long; nil: nothing is in flight
---@return integer? fd until this descriptor is readable; nil: there is none
function InFlight:next_step(engine)
  local ok, seconds = pcall(engine.timeout, engine)
  if not ok or self.failing[engine] then
    return self.engines[engine] and FAILING_PAUSE
  end
  local fd = seconds and engine:fd()
  if seconds and not fd then
    seconds = math.min(seconds, POLL_INTERVAL)
  end
  return seconds, fd
end


--- To be called before an engine is closed: ends its calls.
---@param engine gctokens.Engine
function InFlight:close(engine)
  finish_all(self, engine, errors.closed_in_flight)
end


--- Cancels the calls that these coroutines wait for. Their events have the
--- coroutine in the field `caller`, and are not set.
---@param engine gctokens.Engine
---@param callers table<thread, true>
function InFlight:cancel(engine, callers)
  local events = self.engines[engine] or {}
  for id, event in pairs(events) do
    if callers[event.caller] then
      events[id] = nil
      engine:cancel(id)
    end
  end
  if not next(events) then
    self.engines[engine] = nil
  end
end


local in_flight = {}


--- No calls yet.
---@param on_error fun(reason: string)? told of each step that raises
---@return gctokens.InFlight
function in_flight.new(on_error)
  return setmetatable({
    engines = {}, failing = {}, on_error = on_error,
  }, in_flight_metatable)
end


return in_flight
