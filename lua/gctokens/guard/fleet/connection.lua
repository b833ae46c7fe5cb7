--- Connections of a worker to Redis: runs a script within a time limit.
--
-- A connection that saw a failed read or write, an error or a reply of another
-- shape than expected is closed. What is kept for the next script has had whole
-- answers only.

local core = require("gctokens.core")
local scripts = require("gctokens.guard.fleet.scripts")
local semaphore = require("ngx.semaphore")

-- The same module: OpenResty's name for it, and Debian's.
local found, redis = pcall(require, "resty.redis")
if not found then
  found, redis = pcall(require, "nginx.redis")
end
if not found then
  error("the guard's option \"fleet\" needs resty.redis (lua-resty-redis) or "
    .. "Debian's nginx.redis (package lua-nginx-redis)")
end

local ngx = ngx


local IDLE_MILLISECONDS = 60000 -- for which a connection is kept
local WAITING = 256 -- scripts that may wait for a connection

-- name -> { text, and its SHA-1 as EVALSHA wants it }
local LOADED = {}
for name, text in pairs(scripts) do
  LOADED[name] = {
    text = text,
    sha1 = (ngx.sha1_bin(text):gsub(".", function(byte)
      return ("%02x"):format(byte:byte())
    end)),
  }
end


---@class gctokens.guard.fleet.Connection
local Connection = {}

local connection_metatable = { __index = Connection }


local connection = {}


-- Connections of a pool have the same server, verified by the same name, and
-- the same user and database. The password is part of it, hashed with the rest.
local function pool_name(options, purpose)
  local parts = {}
  for i, name in ipairs({
    "host", "port", "socket", "tls", "server_name", "username", "password",
    "database",
  }) do
    parts[i] = tostring(options[name])
  end
  return ("gctokens %s %s"):format(purpose,
    ngx.encode_base64(ngx.sha1_bin(table.concat(parts, "\0"))))
end


---@param options table of gctokens.options.fleet, completed
---@param purpose string connections of different purposes wait for each other
---  in no queue
---@param pool_size integer
---@return gctokens.guard.fleet.Connection
function connection.new(options, purpose, pool_size)
  return setmetatable({
    options = options,
    pool = {
      pool = pool_name(options, purpose), pool_size = pool_size,
      backlog = WAITING,
    },
    seconds = options.connect_timeout + options.read_timeout,
    running = 0, -- scripts of this worker, in timers
  }, connection_metatable)
end


-- ---- one connection, in a light thread -------------------------------------

-- What a reply that is an error, or a failure, says; without the password, as
-- a server that does not know a command may repeat it.
local function reason_of(self, attempt, err)
  local password = self.options.password
  local text = core.redact(tostring(err), password and { password } or {})
  return ("could not %s: %s"):format(attempt, text)
end


local function log_in(self, client)
  local options = self.options
  local ok, err = true, nil
  if options.username then
    ok, err = client:auth(options.username, options.password)
  elseif options.password then
    ok, err = client:auth(options.password)
  end
  if ok and options.database > 0 then
    ok, err = client:select(options.database)
  end
  return ok, err
end


-- The session is nil, not false: with false, lua-resty-core before 0.1.34 takes
-- a handshake for verified that ends at once, and was not (its issue 499). With
-- nil it raises then.
local function verify(self, socket)
  local ran, session, err =
    pcall(socket.sslhandshake, socket, nil, self.options.server_name, true)
  if not ran then
    return nil, "its certificate was refused"
  end
  return session, err
end


-- A new connection to Redis, or one that was kept. lua-resty-redis 0.27 has
-- neither set_timeouts nor TLS, so both are set at its socket.
local function open(self, client)
  local options = self.options
  local socket = client._sock
  local connect_milliseconds = options.connect_timeout * 1000
  local read_milliseconds = options.read_timeout * 1000
  socket:settimeouts(
    connect_milliseconds, read_milliseconds, read_milliseconds)
  local ok, err
  if options.socket then
    ok, err = client:connect("unix:" .. options.socket, self.pool)
  else
    ok, err = client:connect(options.host, options.port, self.pool)
  end
  if not ok then
    return nil, reason_of(self, "connect to Redis", err)
  elseif client:get_reused_times() > 0 then
    return true
  end
  if options.tls then
    ok, err = verify(self, socket)
    if not ok then
      return nil, reason_of(self, "verify Redis by TLS", err)
    end
  end
  ok, err = log_in(self, client)
  if not ok then
    return nil, reason_of(self, "log in to Redis", err)
  end
  return true
end


-- The reply, which is a list of texts in which the first says what it is.
local function run_script(self, client, name, words)
  local script = LOADED[name]
  words[1] = script.sha1
  local reply, err = client:evalsha(unpack(words))
  if reply == false and tostring(err):find("^NOSCRIPT") then
    words[1] = script.text
    reply, err = client:eval(unpack(words))
  end
  if type(reply) == "table" and type(reply[1]) == "string" then
    return reply
  elseif err then
    return nil, reason_of(self, "run a script in Redis", err)
  end
  return nil, "could not run a script in Redis: the reply is no list"
end


-- A reply that is no RESP makes lua-resty-redis raise.
local function exchange(self, client, name, words, is_reply)
  local ok, err = open(self, client)
  if not ok then
    return nil, err
  end
  local reply
  reply, err = run_script(self, client, name, words)
  if reply and not is_reply(reply) then
    return nil, "could not run a script in Redis: the reply is another's"
  end
  return reply, err
end


local function keep(client)
  local ok, kept = pcall(client.set_keepalive, client, IDLE_MILLISECONDS)
  return ok and kept
end


local function exchange_in_thread(outcome, self, client, ...)
  local ok, reply, err = pcall(exchange, self, client, ...)
  if not ok then
    reply, err = nil, reason_of(self, "read the reply of Redis", reply)
  end
  outcome.reply, outcome.err = reply, err
  outcome.is_over = true
  if not reply or not keep(client) then
    pcall(client.close, client)
  end
  outcome.event:post(1)
end


-- ---- within a time limit ---------------------------------------------------

local function run_within(self, ...)
  local client, err = redis:new()
  local outcome = { event = semaphore.new() }
  if not client or not outcome.event then
    return nil, "could not connect to Redis: " .. tostring(err)
  end
  local thread =
    ngx.thread.spawn(exchange_in_thread, outcome, self, client, ...)
  if not outcome.is_over then
    outcome.event:wait(self.seconds)
  end
  if outcome.is_over then
    return outcome.reply, outcome.err
  end
  ngx.thread.kill(thread)
  pcall(client.close, client)
  return nil, ("could not run a script in Redis within %g s"):format(
    self.seconds)
end


--- Runs a script. The time limit is that of all of it, finding the address and
--- logging in included: nginx's own limit of a look-up of a name is 30 s.
---
--- Phases: all that can yield.
---@param name string of the script
---@param keys string[] that it touches
---@param arguments string[]
---@param is_reply fun(reply: string[]): boolean whether it is one of the
---  script's; no closure of a request
---@return string[]? reply, string? err
---@return boolean? was_busy all connections were in use when it began: that it
---  failed says nothing of Redis
function Connection:run(name, keys, arguments, is_reply)
  local words = { "", tostring(#keys) }
  for _, list in ipairs({ keys, arguments }) do
    for _, word in ipairs(list) do
      words[#words + 1] = word
    end
  end
  local was_busy = self.running >= self.pool.pool_size
  -- A request that is aborted would never be taken off the count.
  local counts = ngx.get_phase() == "timer" and 1 or 0
  self.running = self.running + counts
  local reply, err = run_within(self, name, words, is_reply)
  self.running = self.running - counts
  return reply, err, was_busy
end


return connection
