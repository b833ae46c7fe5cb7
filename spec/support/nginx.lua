--- Starts an nginx whose Lua uses gctokens from the built tree, on a free port
--- of loopback, and calls it. It also ends when this process ends in any way.
--
--   local gateway = require("spec.support.nginx").start({
--     http = "lua_shared_dict gctokens 1m;",
--     server = "location / { return 200 hello; }",
--   })
--   local status, headers, body = gateway:get("/", { Authorization = "x" })
--   assert.equal("", gateway:stop())
--
-- All functions raise on failure, except `try`.

local raw_http = require "spec.support.raw_http"
local system = require "spec.support.system"

local HERE = debug.getinfo(1, "S").source:match("^@(.*)[/\\]") or "."
local NGINX = HERE .. "/nginx/"

local nginx = {}
local Nginx = {}
local mt = { __index = Nginx }


-- nginx runs LuaJIT, whatever runs the specs.
local function build(tree)
  local output, code = system.run(
    "unset MAKEFLAGS MAKELEVEL MFLAGS; make --silent -C " .. system.quote(tree)
      .. " all LUA=luajit BUILD=build/luajit")
  assert(code == 0, output)
end


-- The names of environment variables that nginx passes on, as directives.
local function env_directives(env)
  local lines = {}
  for name in pairs(env) do
    lines[#lines + 1] = "env " .. name .. ";"
  end
  return table.concat(lines, "\n")
end


local function env_assignments(env)
  local words = {}
  for name, value in pairs(env) do
    words[#words + 1] = name .. "=" .. system.quote(value)
  end
  return table.concat(words, " ")
end


local function write_template(directory, tree, options)
  local words = {
    TREE = tree,
    WORKERS = options.workers or 1,
    CONNECTIONS = options.connections,
    MAIN = (options.main or "") .. "\n" .. env_directives(options.env or {}),
    HTTP = options.http or "",
    INIT_WORKER = options.init_worker or "",
    SERVER = options.server or "",
    TLS = options.tls and "listen 127.0.0.1:@PORT_2@ ssl@LISTEN_HTTP2@"
      .. " backlog=4096; @HTTP2@ ssl_certificate server.pem;"
      .. " ssl_certificate_key server.key;" or "",
  }
  local text = options.template
    or assert(system.read(NGINX .. "gateway.conf.template"))
  -- What `words` does not have is left for the script that starts nginx.
  system.write(directory .. "/template", (text:gsub("@([%u_]+)@", words)))
end


--- Starts one; nil and what nginx said when it does not start. Options:
---   workers      their number (1)
---   main, http, server   texts for these levels of the configuration
---   init_worker  Lua text for init_worker_by_lua_block, which is taken
---   env          name -> value of environment variables
---   template     a configuration to take in place of gateway.conf.template
---   connections  per worker, instead of as many as the limit of files allows
---   tls          true: HTTPS and HTTP/2, too, as tls_url with ca_file
function nginx.try(options)
  local tree = system.run("cd " .. system.quote(HERE .. "/../..")
    .. " && pwd -P"):match("^[^\n]+")
  build(tree)
  local directory = system.make_directory()
  local quoted = system.quote(directory)
  if options.tls then
    assert(select(2, system.run(NGINX .. "certificates " .. quoted)) == 0)
  end
  write_template(directory, tree, options)
  local output, code = system.run(
    env_assignments(options.env or {}) .. " " .. system.quote(NGINX .. "start")
      .. " --owner $PPID --temporary " .. quoted .. "/template " .. quoted
      .. (options.tls and " 0 0" or " 0"))
  if code ~= 0 then
    system.remove_directory(directory)
    return nil, output
  end
  local port, tls_port = output:match("^(%d+) ?(%d*)\n")
  local self = setmetatable({
    directory = directory,
    pid = tonumber(system.read(directory .. "/nginx.pid")),
    port = tonumber(port),
    url = "http://127.0.0.1:" .. port,
    tls_url = options.tls and "https://127.0.0.1:" .. tls_port,
    ca_file = options.tls and directory .. "/ca.pem",
    expected = options.workers or 1,
  }, mt)
  if not self:wait_for_workers({}) then
    return nil, "no workers: " .. self:stop()
  end
  return self
end


--- The same, but raises.
function nginx.start(options)
  local self, message = nginx.try(options)
  return self or error("could not start nginx: " .. message, 2)
end


--- Sends a request, which is a path with headers or a table; see
--- spec.support.raw_http for the latter and for what else can be done with what
--- is pending. `pending:receive()` returns what `request` does.
function Nginx:send(request, headers)
  if type(request) == "string" then
    request = { path = request, headers = headers }
  end
  return raw_http.send(self.port, request)
end


--- Status, headers with lower-case names, and body of the response; nil and
--- "closed" when the connection is closed instead.
function Nginx:request(request, headers)
  return self:send(request, headers):receive()
end


Nginx.get = Nginx.request


--- Sends `count` requests before it reads the first response. `headers` may be
--- a function that makes them of the request's number. Returns a list of
--- {status, headers, body}, in which a closed connection is an empty table.
function Nginx:burst(burst)
  local pending, responses = {}, {}
  for i = 1, burst.count do
    local headers = burst.headers
    if type(headers) == "function" then
      headers = headers(i)
    end
    pending[i] = self:send({
      method = burst.method, path = burst.path, headers = headers,
    })
  end
  for i = 1, burst.count do
    local status, headers, body = pending[i]:receive()
    responses[i] = status
      and { status = status, headers = headers, body = body }
      or {}
  end
  return responses
end


--- The pids of the workers that serve, and of those that finish what they had
--- begun before a reload.
function Nginx:workers()
  local serving, leaving = {}, {}
  local children = system.read(
    ("/proc/%d/task/%d/children"):format(self.pid, self.pid)) or ""
  for pid in children:gmatch("%d+") do
    local title = system.read("/proc/" .. pid .. "/cmdline") or ""
    if title:find("shutting down", 1, true) then
      leaving[#leaving + 1] = tonumber(pid)
    elseif title:find("worker process", 1, true) then
      serving[#serving + 1] = tonumber(pid)
    end
  end
  return serving, leaving
end


--- Waits until all workers serve and none of those named does.
function Nginx:wait_for_workers(old)
  local is_old = {}
  for _, pid in ipairs(old) do
    is_old[pid] = true
  end
  return system.wait_until(function()
    local serving = self:workers()
    for _, pid in ipairs(serving) do
      if is_old[pid] then
        return false
      end
    end
    return #serving == self.expected
  end)
end


local function signal(self, name)
  local output, code = system.run("kill -" .. name .. " " .. self.pid)
  assert(code == 0, output)
end


--- Reloads, and returns when only new workers serve.
function Nginx:reload()
  local old = self:workers()
  signal(self, "HUP")
  if not self:wait_for_workers(old) then
    error("the old workers still serve: " .. self:log(), 2)
  end
end


--- Tells it to end when it has answered what is in flight.
function Nginx:quit()
  signal(self, "QUIT")
end


--- Waits until it has ended.
function Nginx:wait_for_end()
  local ended = system.wait_until(function()
    return not system.is_running(self.pid)
  end)
  if not ended then
    error("nginx does not end: " .. self:log(), 2)
  end
end


--- The error log, with warnings and worse; empty when all is well.
function Nginx:log()
  return assert(system.read(self.directory .. "/error.log"))
end


function Nginx:clear_log()
  system.write(self.directory .. "/error.log", "")
end


--- The resident memory of each worker, in KiB.
function Nginx:rss()
  local sizes = {}
  for i, pid in ipairs((self:workers())) do
    local status = assert(system.read("/proc/" .. pid .. "/status"))
    sizes[i] = tonumber(status:match("VmRSS:%s*(%d+) kB"))
  end
  return sizes
end


--- The number of open files of each worker.
function Nginx:descriptors()
  local counts = {}
  for i, pid in ipairs((self:workers())) do
    counts[i] = tonumber((system.run("ls /proc/" .. pid .. "/fd | wc -l")))
  end
  return counts
end


--- Stops it at once, removes its directory and returns its error log. May be
--- called again.
function Nginx:stop()
  local output, code = system.run(system.quote(NGINX .. "stop") .. " "
    .. system.quote(self.directory))
  if code ~= 0 then
    error("could not stop nginx in " .. self.directory .. ": " .. output, 2)
  end
  local log = system.read(self.directory .. "/error.log") or ""
  system.remove_directory(self.directory)
  return log
end


return nginx
