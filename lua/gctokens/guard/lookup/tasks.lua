--- One call to Genesys per token and task, however many requests wait for its
-- verdict: a single flight in this worker, and leases that keep other workers,
-- and the other machines of a fleet, from the same call.

local clock = require("gctokens.guard.clock")
local lease = require("gctokens.guard.dict.lease")
local nginx_loop = require("gctokens.loop.nginx")
local single_flight = require("gctokens.single_flight")
local verdict = require("gctokens.guard.lookup.verdict")


-- Seconds.
local POLL_INTERVAL = 0.005 -- between two looks for another worker's verdict
local LEASE_GRACE = 1 -- by which a lease outlives the time of its leader

-- Share of its time for which a request is trusted to lead, see
-- gctokens.single_flight: the others must have time left when it was aborted.
local TRUSTED_SHARE = 0.5

-- The guard's clock costs next to nothing.
local LOOP = setmetatable({ now = clock.now }, { __index = nginx_loop })


--- What Genesys is called for: lookup.lua, revocation.lua.
---@class gctokens.guard.Task
---@field prefix string that tells its flights and leases from others
---@field is_of_fleet boolean? its verdict serves all machines of a fleet
---@field store fun(self, key: string, found: gctokens.guard.Verdict): boolean
---  of a task of the fleet: keeps what another machine has found out
---@field find fun(self, key: string, now: number): gctokens.guard.Verdict?,
---  string? what all workers know of a token, and the layer
---@field run fun(self, context: gctokens.guard.TaskContext, token: string):
---  gctokens.guard.Verdict, string calls Genesys, with the leases in hand; the
---  calls are over at context.calls_end

---@class gctokens.guard.TaskContext
---@field key string of the token
---@field is_known boolean whether the token was valid before
---@field flight gctokens.Flight? of which this is the work; it may become
---  awaited while it runs ahead of time
---@field calls_end number? seconds of the clock
---@field ttl number? for which a valid token is used, in place of the task's
---@field response gctokens.guard.Verdict? what Genesys said, once it was asked

--- Who may ask, among those that share this lease: the workers of this machine,
--- the machines of a fleet.
---@class gctokens.guard.SharedLease
---@field take fun(self, name: string, seconds: number,
---  task: gctokens.guard.Task, context: gctokens.guard.TaskContext): any?,
---  gctokens.guard.Verdict?, string? the owner; or nil: somebody else asks, or
---  has found out this, in that layer
---@field wait fun(self, name: string, seconds: number,
---  task: gctokens.guard.Task, context: gctokens.guard.TaskContext,
---  deadline: number): any?, gctokens.guard.Verdict?, string? as `take`, when
---  somebody else asks
---@field release fun(self, name: string, owner: any,
---  context: gctokens.guard.TaskContext)


---@class gctokens.guard.Tasks
local Tasks = {}

local tasks_metatable = { __index = Tasks }


-- ---- the lease among workers -----------------------------------------------

local WorkersLease = {}

local workers_lease_metatable = { __index = WorkersLease }


function WorkersLease:take(name, seconds)
  return self.lease:take("l" .. name, seconds)
end


-- Waits for the lease, or for what its holder finds out.
function WorkersLease:wait(name, seconds, task, context, deadline)
  if not context.flight.is_awaited then
    return nil
  end
  self.counters:add("lease_waits", clock.now())
  while clock.now() < deadline do
    LOOP.sleep(POLL_INTERVAL)
    local found, layer = task:find(context.key, clock.now())
    if found then
      return nil, found, layer
    end
    local owner = self:take(name, seconds)
    if owner then
      return owner
    end
  end
  -- coverage: at times, a moment between two workers
  return nil, verdict.not_asked("another worker did not find out in time"),
    "miss"
end


function WorkersLease:release(name, owner)
  self.lease:release("l" .. name, owner)
end


-- ---- leading ---------------------------------------------------------------

-- Takes the leases in their order, but for those that the flight has from a
-- leader that is gone. True when it has them; otherwise false, a verdict and
-- its layer. Without anybody who waits, there is no verdict where another
-- worker asks.
local function take_leases(self, flight, deadline, task, context)
  local seconds = self.lease_seconds
  for number, shared in ipairs(self.leases) do
    local owner, found, layer = flight.owners[number], nil, nil
    if not owner then
      owner, found, layer = shared:take(flight.key, seconds, task, context)
    end
    if not owner and not found then
      owner, found, layer =
        shared:wait(flight.key, seconds, task, context, deadline)
    end
    if not owner then
      return false, found, layer
    end
    flight.owners[number] = owner
  end
  return true
end


local function release_leases(self, flight, context)
  for number = #self.leases, 1, -1 do
    local owner = flight.owners[number]
    if owner then
      flight.owners[number] = nil
      self.leases[number]:release(flight.key, owner, context)
    end
  end
end


-- With the leases in hand.
local function run(self, flight, deadline, task, context, token)
  if not flight.is_awaited then
    self.counters:add("refreshes", clock.now())
  else
    -- Somebody may have found out between our look and our lease.
    local known, layer = task:find(context.key, clock.now())
    if known then
      return known, layer
    end
  end
  context.calls_end = deadline - self.margin
  return task:run(context, token)
end


local function find_out(self, flight, deadline, task, context, token)
  local has_leases, found, layer =
    take_leases(self, flight, deadline, task, context)
  if has_leases then
    return run(self, flight, deadline, task, context, token)
  end
  return found, layer
end


-- The work of a flight; its outcome is a table of verdict and layer.
local function work(flight, deadline, self, task, context, token)
  flight.owners = flight.owners or {}
  context.flight = flight
  local ok, found, layer =
    pcall(find_out, self, flight, deadline, task, context, token)
  release_leases(self, flight, context)
  if not ok then
    -- coverage: only a mistake of our own does that
    self.log:error("internal", found)
    -- coverage: only a mistake of our own does that
    found, layer = verdict.not_asked("an internal error"), "miss"
  end
  return found and { verdict = found, layer = layer }
end


-- ---- taking part -----------------------------------------------------------

-- Whether one more token may be asked for now.
local function has_room(self, is_known, now)
  local most = is_known and self.max_concurrent_known
    or self.max_concurrent_lookups
  return self.flights.count < most or self.flights:sweep(now) < most
end


local function caller_of(self, deadline)
  return {
    loop = LOOP,
    deadline = deadline,
    detached_seconds = self.lookup_timeout,
    trusted_seconds = self.lookup_timeout * TRUSTED_SHARE,
  }
end


local PROBLEMS = {
  deadline = "no verdict came in time",
  recursion = "the transport has asked the guard itself",
}


--- Runs a task, or waits for the same task that is under way.
---@param task gctokens.guard.Task
---@param key string of the token
---@param token string
---@param is_known boolean whether the token was valid before
---@param deadline number when the verdict must be there; seconds of the clock
---@return gctokens.guard.Verdict verdict
---@return string layer
function Tasks:join(task, key, token, is_known, deadline)
  local now = clock.now()
  local name = task.prefix .. key
  if self.flights:is_under_way(name, now) then
    self.counters:add("joins", now)
  elseif not has_room(self, is_known, now) then
    self.counters:add("overload", now)
    return verdict.not_asked("too many tokens are asked for at once"), "miss"
  end
  local outcome, problem = self.flights:join(name, caller_of(self, deadline),
    self, task, { key = key, is_known = is_known }, token)
  if outcome then
    return outcome.verdict, outcome.layer
  end
  return verdict.not_asked(PROBLEMS[problem]), "miss"
end


--- Runs a task ahead of time, in the background, for a token that is valid.
---@param task gctokens.guard.Task
---@param key string
---@param token string
---@param now number
function Tasks:refresh(task, key, token, now)
  if has_room(self, true, now) then
    self.flights:start(task.prefix .. key, caller_of(self, now),
      self, task, { key = key, is_known = true }, token)
  end
end


local tasks = {}


---@class gctokens.guard.TasksOptions
---@field dict table of ngx.shared, for the leases
---@field counters gctokens.guard.Counters
---@field log gctokens.NginxLog
---@field max_concurrent_lookups integer flights in this worker
---@field max_concurrent_known integer the same, for tokens that were valid
---@field lookup_timeout number seconds
---@field fleet_lease gctokens.guard.SharedLease? among the machines of a fleet

---@param options gctokens.guard.TasksOptions
---@return gctokens.guard.Tasks
function tasks.new(options)
  local leases = lease.new(options.dict)
  return setmetatable({
    counters = options.counters,
    log = options.log,
    lookup_timeout = options.lookup_timeout,
    max_concurrent_lookups = options.max_concurrent_lookups,
    max_concurrent_known = options.max_concurrent_known,
    leases = {
      setmetatable({ lease = leases, counters = options.counters },
        workers_lease_metatable),
      options.fleet_lease,
    },
    lease_seconds = options.lookup_timeout + LEASE_GRACE,
    -- Seconds by which the leader's call ends before its time.
    margin = math.max(0.1, options.lookup_timeout / 10),
    flights = single_flight.new(work),
  }, tasks_metatable)
end


return tasks
