--- Many gateways, one memory: what one guard finds out, every guard of the
-- fleet knows, and what one is told to forget, all forget. The engine is Redis.
--
-- Where Redis cannot be reached, a machine does what it would do alone.

local clock = require("gctokens.guard.clock")
local core = require("gctokens.core")
local errors = require("gctokens.errors")
local loop = require("gctokens.loop.nginx")
local poller = require("gctokens.guard.fleet.poller")
local record = require("gctokens.guard.fleet.record")
local redis = require("gctokens.guard.fleet.redis")
local shared_state = require("gctokens.guard.fleet.shared_state")
local signature = require("gctokens.guard.fleet.signature")

local ngx = ngx


local IN_PHASE = loop.can_wait

-- dict's name -> the fleet of the guards that share it
local fleet_of_dict = {}


---@class gctokens.guard.Fleet
local Fleet = {}

local fleet_metatable = { __index = Fleet }


local fleet = {}


---@class gctokens.guard.FleetSettings
---@field options table of gctokens.options.fleet, completed
---@field dict_name string
---@field pinned gctokens.guard.PinnedDict
---@field cache gctokens.guard.Cache
---@field counters gctokens.guard.Counters
---@field log gctokens.NginxLog
---@field ttl number seconds, as those that follow
---@field refresh_ahead number
---@field lookup_timeout number

---@param settings gctokens.guard.FleetSettings
---@return gctokens.guard.Fleet
function fleet.new(settings)
  local options = settings.options
  local state = shared_state.new(settings.pinned, options)
  local other = fleet_of_dict[settings.dict_name]
  if other and other ~= state.id then
    errors.raise("gctokens.guard.new: another guard with the same option "
      .. "\"dict\" belongs to another fleet; give this one a dict of its own")
  end
  fleet_of_dict[settings.dict_name] = state.id
  local function connect(purpose, pool_size)
    return redis.new({
      options = options, purpose = purpose, pool_size = pool_size,
      state = state, counters = settings.counters, log = settings.log,
    })
  end
  return setmetatable({
    state = state,
    redis = connect("questions", options.pool_size),
    signer = signature.new(options.secret),
    scope = options.name .. "\n",
    cache = settings.cache,
    counters = settings.counters,
    lease_milliseconds =
      ("%d"):format(math.ceil(settings.lookup_timeout * 500)),
    limit_milliseconds = ("%d"):format(clock.longest(settings.ttl) * 1000),
    ahead_milliseconds = ("%d"):format(settings.refresh_ahead * 1000),
    poller = poller.new({
      -- Its own connection: questions in the queue must not hold marks up.
      state = state, redis = connect("polls", 1), cache = settings.cache,
      counters = settings.counters, log = settings.log,
      interval = options.poll_interval,
      seconds = options.connect_timeout + options.read_timeout,
    }),
  }, fleet_metatable)
end


--- Starts to follow the fleet in this worker, once. Where marks may have been
--- missed, as after a reload, it asks for them before it returns.
---
--- Phases: init_worker and all that can yield.
function Fleet:start()
  self.is_started = self.poller:start()
  local now = clock.now()
  if IN_PHASE[ngx.get_phase()] and self.state:may_try(now)
     and self.state:age(now) > 2 * self.poller.interval then
    self.poller:catch_up_with_marks()
  end
end


-- ---- questions -------------------------------------------------------------

--- Whether Redis could be reached when it was last tried.
---@return boolean
function Fleet:is_reachable()
  return self.state:is_reachable()
end


--- Whether Redis may be asked. It is not while marks wait that it was not told:
--- it would tell what they make us forget.
---@return boolean
function Fleet:is_usable()
  return self:is_reachable() and not self.state:has_kept()
end


-- kind of the reply of LOOK -> how many words it has
local WORDS_OF_LOOK = { reset = 1, record = 4, limited = 1, lead = 3, wait = 3 }


local function is_look(reply)
  if #reply ~= WORDS_OF_LOOK[reply[1]] then
    return false
  elseif reply[1] == "record" then
    return tonumber(reply[3]) ~= nil
  end
  return not reply[2] or reply[2]:find("^%d+%-%d+$") ~= nil
    and reply[3]:find("^%d+$") ~= nil
end


local function run_look(self, name, epoch, question)
  local reply, err, was_busy = self.redis:run("look",
    { "log", "r:" .. name, "l:" .. name }, epoch, {
      question.owner, self.lease_milliseconds,
      question.distrusts and "0" or self.limit_milliseconds,
      question.is_ahead and self.ahead_milliseconds or "0", name,
    }, is_look)
  if not reply then
    self.redis:note_failure(err, was_busy)
  end
  return reply
end


--- A question about a token, in the machine's name.
---@class gctokens.guard.fleet.Question
---@field owner string of the lease
---@field is_ahead boolean a record that ends soon is not wanted
---@field distrusts boolean? the fleet's record is not wanted
---@field asked table? epoch, id and time before Genesys is asked

---@param is_ahead boolean
---@return gctokens.guard.fleet.Question
function fleet.question(is_ahead)
  return {
    owner = ("%.0f-%.0f-%.0f"):format(
      core.random() * 2 ^ 53, core.random() * 2 ^ 53, core.random() * 2 ^ 53),
    is_ahead = is_ahead,
  }
end


--- Looks a token up in the fleet. The time before a script is sent is exact, as
--- that of marks: what was forgotten before it, the script has taken into
--- account, and what is forgotten after it makes the record void.
---
--- Phases: all that can yield.
---@param key string
---@param question gctokens.guard.fleet.Question
---@return "record"|"limited"|"lead"|"wait"|"alone" answer
---@return gctokens.guard.Verdict? verdict of a record
function Fleet:look(key, question)
  local change, sent_at = self.cache:latest_change(clock.now()), core.now()
  if not self:is_usable() then
    return "alone"
  end
  local name = signature.base64url(key)
  local epoch = self.state:place()
  local reply = epoch and run_look(self, name, epoch, question) or { "reset" }
  if reply and reply[1] == "reset"
     and self.poller:catch_up_with_epoch(epoch) then
    change, sent_at = self.cache:latest_change(clock.now()), core.now()
    epoch = self.state:place()
    reply = epoch and run_look(self, name, epoch, question)
  end
  local answer = reply and reply[1] or "failed"
  self.counters:add("look " .. answer, sent_at)
  if answer == "record" then
    local verdict = record.unpack(self.signer, self.scope .. name, reply[4],
      tonumber(reply[3]) / 1000, sent_at)
    if verdict then
      verdict.change = change
    end
    if verdict or question.distrusts then
      return verdict and "record" or "alone", verdict
    end
    question.distrusts = true
    return self:look(key, question)
  elseif answer == "lead" or answer == "wait" then
    question.asked = {
      epoch = epoch, id = reply[2], number = reply[2]:match("^%d+"),
      time = reply[3],
    }
    return answer
  end
  return answer == "limited" and "limited" or "alone"
end


local function is_store(reply)
  return #reply == 1
end


-- state of a verdict -> what STORE is told
local WHAT = {
  valid = "valid", invalid_token = "invalid", rate_limited = "limited",
}


--- Tells the fleet what came of a question.
---
--- Phases: all that can yield.
---@param key string
---@param question gctokens.guard.fleet.Question with `asked`
---@param verdict gctokens.guard.Verdict? nil: nothing came of it
---@return string? answer of the script; nil: Redis could not be reached
function Fleet:store(key, question, verdict)
  local name, asked = signature.base64url(key), question.asked
  local what = verdict and WHAT[verdict.state] or "failed"
  local packed, soft, names = "", 0, {}
  if what == "valid" then
    packed, soft = record.pack(self.signer, self.scope .. name, verdict, asked)
    names = { name, verdict.identity.organization_id,
      verdict.identity.home_organization_id }
  end
  local arguments = { question.owner, asked.id, asked.time,
    ("%d"):format(soft), what, packed }
  for _, other in ipairs(names) do
    arguments[#arguments + 1] = other
  end
  local reply, err, was_busy = self.redis:run("store",
    { "log", "r:" .. name, "l:" .. name }, asked.epoch, arguments, is_store)
  if not reply then
    self.redis:note_failure(err, was_busy)
    return nil
  end
  return reply[1]
end


-- ---- marks -----------------------------------------------------------------

--- Tells all machines to forget. Where the phase cannot wait, or Redis cannot
--- be reached, the mark is kept, and sent later.
---
--- Phases: any with a request, and timers.
---@param kind string of invalidation.lua
---@param name string
---@return true? told nil: the mark is kept, and why
---@return string? err
function Fleet:tell(kind, name)
  local text = redis.name_of(kind, name)
  local can_wait = IN_PHASE[ngx.get_phase()]
  local why = "its Redis cannot be reached"
  if can_wait and self.state:is_reachable() then
    local ok, problem, was_busy = self.redis:mark(kind, text)
    if ok then
      return true
    end
    why = problem
    self.redis:note_failure(problem, was_busy)
  end
  local kept, err = self.state:keep(kind, text)
  self.counters:add("marks kept", clock.now())
  if not kept then
    return nil, ("%s; the mark could not be kept: %s"):format(why, err)
  end
  return not can_wait or nil, why
end


--- Values for the metrics.
---@return table<string, number>
function Fleet:gauges()
  return {
    fleet_reachable = self.state:is_reachable() and 1 or 0,
    fleet_machines = self.state:machines(),
    fleet_poll_age = self.state:age(clock.now()),
  }
end


return fleet
