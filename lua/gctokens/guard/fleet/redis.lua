--- What the fleet asks of Redis: its scripts with their keys, over a
-- connection, and what is noted when Redis cannot be reached.

local connection = require("gctokens.guard.fleet.connection")
local core = require("gctokens.core")
local invalidation = require("gctokens.guard.invalidation")
local signature = require("gctokens.guard.fleet.signature")
local clock = require("gctokens.guard.clock")


---@class gctokens.guard.fleet.Redis
local Redis = {}

local redis_metatable = { __index = Redis }


local redis = {}


---@class gctokens.guard.fleet.RedisOptions
---@field options table of gctokens.options.fleet, completed
---@field purpose string of its connections
---@field pool_size integer
---@field state gctokens.guard.fleet.SharedState
---@field counters gctokens.guard.Counters
---@field log gctokens.NginxLog

---@param options gctokens.guard.fleet.RedisOptions
---@return gctokens.guard.fleet.Redis
function redis.new(options)
  return setmetatable({
    connection = connection.new(
      options.options, options.purpose, options.pool_size),
    prefix = ("{gctokens:%s}:"):format(options.options.name),
    state = options.state,
    counters = options.counters,
    log = options.log,
  }, redis_metatable)
end


-- Below 2^53, so that Redis' Lua can hold it.
local function random()
  return ("%.0f"):format(1 + math.floor(core.random() * (2 ^ 53 - 2)))
end


--- Runs a script.
---@param script string
---@param keys string[] without the fleet's prefix
---@param epoch string? the one that the caller knows
---@param arguments string[] those after the epoch
---@param is_reply fun(reply: string[]): boolean
---@return string[]? reply, string? err
---@return boolean? was_busy as of a connection
function Redis:run(script, keys, epoch, arguments, is_reply)
  local full, words = {}, { random(), epoch or "" }
  for i, key in ipairs(keys) do
    full[i] = self.prefix .. key
  end
  for i, word in ipairs(arguments) do
    words[i + 2] = word
  end
  return self.connection:run(script, full, words, is_reply)
end


--- The log's line when Redis is lost.
---@param err string
function Redis:log_loss(err)
  self.log:warn("fleet lost", "the fleet's Redis cannot be reached, this "
    .. "machine asks for itself: " .. tostring(err))
end


--- Notes that Redis could not be reached by a request.
---@param err string
---@param was_busy boolean? as of a connection
function Redis:note_failure(err, was_busy)
  if not was_busy and self.state:note_failure() then
    self:log_loss(err)
  end
end


local function is_mark(reply)
  return #reply == 2 and reply[1]:find("^%d+$") ~= nil
    and reply[2]:find("^%d+%-%d+$") ~= nil
end


--- Puts a mark into the fleet's log.
---@param kind string
---@param name string as it stands there
---@return true?, string? err
---@return boolean? was_busy as of a connection
function Redis:mark(kind, name)
  local epoch = self.state:place()
  local reply, err, was_busy = self:run("mark", { "log", "r:" .. name },
    epoch, { self.state:highest(), kind, name }, is_mark)
  if not reply then
    return nil, err, was_busy
  end
  self.state:set_highest(reply[2], reply[1] ~= epoch)
  self.counters:add("marks sent", clock.now())
  return true
end


--- What a mark of a kind has as its name in the log.
---@param kind string
---@param name string
---@return string
function redis.name_of(kind, name)
  return invalidation.names_token(kind) and signature.base64url(name) or name
end


return redis
