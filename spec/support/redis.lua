--- A real Redis on a free port of loopback, for specs. It ends with this
--- process, however that ends. It keeps nothing on disk unless it is told to.
--
--   local server = require("spec.support.redis").start()
--   server:command("SET", "a", "b")
--   server:signal("STOP")
--   server:stop()
--
-- All functions raise on failure. An error reply raises its text, too. The
-- environment may name another program: REDIS_SERVER=valkey-server.

local socket = require "socket"
local system = require "spec.support.system"

local unpack = table.unpack or unpack -- luacheck: ignore 113 143 (Lua 5.1)

local HERE = debug.getinfo(1, "S").source:match("^@(.*)[/\\]") or "."
local PROGRAM = os.getenv("REDIS_SERVER") or "redis-server"
local LONGEST_REPLY = 5 -- seconds that a reply may take

local Redis = {}
local mt = { __index = Redis }

local redis = {}


-- ---- its protocol ----------------------------------------------------------

local function read_reply(connection)
  local line = assert(connection:receive("*l"))
  local kind, rest = line:sub(1, 1), line:sub(2)
  if kind == "+" then
    return rest
  elseif kind == ":" then
    return tonumber(rest)
  elseif kind == "-" then
    error(rest, 0)
  elseif tonumber(rest) < 0 then
    return nil
  elseif kind == "$" then
    local text = assert(connection:receive(tonumber(rest) + 2))
    return text:sub(1, -3)
  end
  local list = {}
  for i = 1, tonumber(rest) do
    list[i] = read_reply(connection)
  end
  return list
end


local function send_command(connection, ...)
  local parts = { ("*%d\r\n"):format(select("#", ...)) }
  for i = 1, select("#", ...) do
    local word = tostring((select(i, ...)))
    parts[#parts + 1] = ("$%d\r\n%s\r\n"):format(#word, word)
  end
  assert(connection:send(table.concat(parts)))
end


local function connect(self)
  local connection = assert(socket.connect("127.0.0.1", self.port))
  connection:settimeout(LONGEST_REPLY)
  connection:setoption("tcp-nodelay", true)
  return connection
end


--- Sends a command and returns its reply.
function Redis:command(...)
  self.connection = self.connection or connect(self)
  send_command(self.connection, ...)
  return read_reply(self.connection)
end


--- As `command`, of a list of its words.
function Redis:call(words)
  return self:command(unpack(words))
end


-- ---- its process -----------------------------------------------------------

local function free_port()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local port = select(2, listener:getsockname())
  listener:close()
  return tonumber(port)
end


local function write_configuration(self, options)
  local lines = {
    "bind 127.0.0.1", "port " .. self.port, "unixsocket " .. self.socket,
    "unixsocketperm 777", "dir " .. self.directory, 'save ""',
    "appendonly no", "daemonize no", "loglevel warning",
    "repl-diskless-sync-delay 0",
    "logfile " .. self.directory .. "/redis.log",
  }
  if options.tls then
    self.tls_port = self.tls_port or free_port()
    for _, line in ipairs({
      "tls-port " .. self.tls_port, "tls-auth-clients no",
      "tls-cert-file " .. options.tls .. ".pem",
      "tls-key-file " .. options.tls:match("^.*/") .. "server.key",
      "tls-ca-cert-file " .. options.tls:match("^.*/") .. "ca.pem",
    }) do
      lines[#lines + 1] = line
    end
  end
  for _, line in ipairs(options.lines or {}) do
    lines[#lines + 1] = line
  end
  system.write(self.directory .. "/redis.conf", table.concat(lines, "\n"))
end


local function is_up(self)
  local connection = socket.connect("127.0.0.1", self.port)
  if not connection then
    return false
  end
  connection:settimeout(1)
  connection:send("PING\r\n")
  local line = connection:receive("*l")
  connection:close()
  return line ~= nil
end


--- Starts it again after `kill` or `stop_process`, on the same port.
function Redis:run()
  -- The shell's input ends when this process does. Ctrl-C, which all of them
  -- get, does not end it before it has ended Redis.
  self.pipe = assert(io.popen(("cd %s && { trap '' INT TERM HUP;"
    .. " " .. PROGRAM .. " redis.conf > output 2>&1 < /dev/null &"
    .. " echo $! > redis.pid; read -r _;"
    .. " kill -9 $! 2> /dev/null; wait; }"):format(
    system.quote(self.directory)), "w"))
  if not system.wait_until(function()
       return is_up(self)
     end) then
    error("could not start " .. PROGRAM .. ": "
      .. (system.read(self.directory .. "/output") or "")
      .. (system.read(self.directory .. "/redis.log") or ""), 2)
  end
  self.pid = tonumber(system.read(self.directory .. "/redis.pid"))
end


--- Starts one. Options:
---   tls     the path of a certificate without ".pem", beside server.key and
---           ca.pem: it serves TLS, too, on tls_port
---   lines   more lines of its configuration
function redis.start(options)
  local self = setmetatable({
    directory = system.make_directory(), port = free_port(),
  }, mt)
  system.run("chmod 755 " .. self.directory)
  self.socket = self.directory .. "/redis.sock"
  write_configuration(self, options or {})
  self:run()
  return self
end


--- A directory with the certificates of spec/support/nginx/certificates.
function redis.certificates()
  local directory = system.make_directory()
  local output, code = system.run(system.quote(HERE .. "/nginx/certificates")
    .. " " .. directory)
  assert(code == 0, output)
  return directory
end


--- STOP, CONT, KILL ...
function Redis:signal(name)
  local output, code = system.run(("kill -%s %d"):format(name, self.pid))
  assert(code == 0, output)
end


--- The next command goes over a new connection, of the default user.
function Redis:reconnect()
  if self.connection then
    self.connection:close()
    self.connection = nil
  end
end


--- Ends the process at once; `run` starts it again, empty.
function Redis:kill()
  self:reconnect()
  if self.pipe then
    self.pipe:close()
    self.pipe = nil
  end
end


function Redis:stop()
  self:kill()
  system.remove_directory(self.directory)
end


--- Records all commands from now on; `finish` returns them as text.
function Redis:monitor()
  local connection = connect(self)
  send_command(connection, "MONITOR")
  read_reply(connection)
  return {
    finish = function()
      -- What was sent before this is shown before this.
      self:command("ECHO", "the end of the record")
      local lines = {}
      repeat
        local line = assert(connection:receive("*l"))
        lines[#lines + 1] = line
      until line:find("the end of the record", 1, true)
      connection:close()
      return table.concat(lines, "\n")
    end,
  }
end


return redis
