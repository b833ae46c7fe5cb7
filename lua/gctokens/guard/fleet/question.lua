--- The lease among the machines of a fleet, see tasks.lua: before Genesys is
-- asked about a token, the fleet is. One machine asks, and tells the others.

local clock = require("gctokens.guard.clock")
local fleet = require("gctokens.guard.fleet")
local nginx_loop = require("gctokens.loop.nginx")

local ngx = ngx


-- Seconds between two looks for another machine's verdict: the first, doubled
-- from look to look up to the last.
local FIRST_PAUSE = 0.005
local LAST_PAUSE = 0.04

local RETRY_AFTER_LIMITED = 2 -- seconds for which Redis notes it

-- The owner where nothing is to be told to the fleet.
local NOBODY = {}


---@class gctokens.guard.fleet.MachinesLease: gctokens.guard.SharedLease
local MachinesLease = {}

local lease_metatable = { __index = MachinesLease }


local question = {}


---@class gctokens.guard.fleet.MachinesLeaseFields
---@field fleet gctokens.guard.Fleet
---@field cache gctokens.guard.Cache
---@field counters gctokens.guard.Counters
---@field ttl_alone number seconds
---@field patience number seconds for which another machine is waited for

---@param fields gctokens.guard.fleet.MachinesLeaseFields this table becomes it
---@return gctokens.guard.fleet.MachinesLease
function question.lease(fields)
  return setmetatable(fields, lease_metatable)
end


-- What the fleet answers, as the owner, or a verdict and its layer, or nothing:
-- another machine asks. A record that a mark of this machine has overtaken is
-- looked up once more, and not used then.
local function ask_fleet(self, task, context, asked)
  local key = context.key
  local answer, found = self.fleet:look(key, asked)
  if answer == "record" and not task:store(key, found) then
    asked.distrusts = true
    answer, found = self.fleet:look(key, asked)
    if answer == "record" then
      answer = "alone"
    end
  end
  if answer == "record" then
    return nil, found, "fleet"
  elseif answer == "limited" then
    found = { state = "rate_limited", retry_after = RETRY_AFTER_LIMITED }
    task:store(key, found)
    return nil, found, "fleet"
  elseif answer == "alone" then
    context.ttl = not self.fleet:is_reachable() and self.ttl_alone or nil
    return NOBODY
  end
  return answer == "lead" and asked or nil
end


function MachinesLease:take(_, _, task, context)
  if not task.is_of_fleet then
    return NOBODY
  end
  context.question = fleet.question(not context.flight.is_awaited)
  return ask_fleet(self, task, context, context.question)
end


-- Waits for what the other machine finds out. It may have ended: then its lease
-- does, too. A request that has waited for half of its time asks for itself.
function MachinesLease:wait(_, _, task, context)
  local asked = context.question
  local deadline = clock.now() + self.patience
  local pause = FIRST_PAUSE
  self.counters:add("fleet_waits", clock.now())
  while clock.now() < deadline do
    nginx_loop.sleep(pause)
    pause = math.min(2 * pause, LAST_PAUSE)
    local owner, found, layer = ask_fleet(self, task, context, asked)
    if owner or found then
      return owner, found, layer
    end
  end
  return context.flight.is_awaited and asked or nil
end


local function store_in_thread(self, key, asked, response)
  if self.fleet:store(key, asked, response) == "overtaken" then
    self.cache:invalidate(key)
  end
end


-- In a light thread: those who wait for the verdict need not wait for this. A
-- refresh that failed keeps its lease, so that the other machines do not all
-- try at once.
function MachinesLease:release(_, asked, context)
  local response = context.response
  local has_failed = not response or response.state == "unavailable"
  if asked == NOBODY or has_failed and not context.flight.is_awaited then
    return
  end
  ngx.thread.spawn(store_in_thread, self, context.key, asked, response)
end


return question
