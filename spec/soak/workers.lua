--- The soak's nginx: some requests are with its worker at any time, each of
--- which makes calls for a while.

local nginx = require("spec.support.nginx")
local socket = require("socket")
local system = require("spec.support.system")

local workers = {}
local Workers = {}
local workers_metatable = { __index = Workers }


local NAMES = { "threads-nginx-1", "threads-nginx-2", "revocation-nginx" }

local HTTP = [[
  init_by_lua_block {
    package.path = "@TREE/?.lua;" .. package.path
  }
]]

local SERVER = [[
  location = /live {
    content_by_lua_block {
      require("spec.soak.caller").live(
        ngx.var.arg_directory, ngx.var.arg_name, ngx.var.arg_seed + 0)
      ngx.print("ok")
    }
  }
]]


local function send(self, i)
  self.pending[i] = self.gateway:send(
    ("/live?directory=%s&name=%s&seed=%d"):format(
      self.directory, NAMES[i], self.seed + i))
end


function workers.start(directory, seed)
  local tree = system.run("pwd -P"):match("^[^\n]+")
  local self = setmetatable({
    directory = directory, seed = seed, pending = {}, wrong = {},
    gateway = nginx.start({
      http = HTTP:gsub("@TREE", tree), server = SERVER,
    }),
  }, workers_metatable)
  for i in ipairs(NAMES) do
    send(self, i)
  end
  return self
end


--- The process id of the one worker.
function Workers:pid()
  return self.gateway:workers()[1]
end


local function receive(self, i)
  local ok, status, _, body = pcall(self.pending[i].receive, self.pending[i])
  if not ok or body ~= "ok" then
    table.insert(self.wrong, ("%s has ended with %s"):format(
      NAMES[i], tostring(status)))
  end
end


--- Sends a new request for each that is answered, for that many seconds.
function Workers:keep_busy(seconds)
  local over = socket.gettime() + seconds
  repeat
    local connections = {}
    for i, pending in ipairs(self.pending) do
      connections[i] = pending.connection
    end
    local ready = socket.select(
      connections, nil, math.max(0, over - socket.gettime()))
    for i, connection in ipairs(connections) do
      if ready[connection] then
        receive(self, i)
        send(self, i)
      end
    end
  until socket.gettime() >= over
end


--- Waits for what is still to be answered. Returns what went wrong, as a text,
--- or nil.
function Workers:finish()
  for i in ipairs(NAMES) do
    receive(self, i)
  end
  table.insert(self.wrong, self.gateway:stop())
  local text = table.concat(self.wrong, "\n")
  return text ~= "" and text or nil
end


return workers
