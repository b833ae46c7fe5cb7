-- Starts and controls an emulator of the Tokens API, for specs, demo and
-- benchmarks. Runs on every Lua; all functions raise on failure.
--
--   local emulator = require("spec.support.emulator").start()
--   emulator:fault({ path = "/api/v2/tokens/me", status = 503 })
--   ... requests to emulator.http_url with emulator.tokens.agent ...
--   emulator:stop()

local cjson = require "cjson"
local http = require "socket.http"
local ltn12 = require "ltn12"
local mime = require "mime"

local HERE = debug.getinfo(1, "S").source:match("^@(.*)[/\\]") or "."
local SCRIPTS = HERE .. "/../emulator/"

local _M = {}
local Emulator = {}
local mt = { __index = Emulator }


local function quote(text)
  return "'" .. tostring(text):gsub("'", [['\'']]) .. "'"
end


local function read_file(path)
  local file, message = io.open(path, "rb")
  if not file then
    return nil, message
  end
  local text = file:read("*a")
  file:close()
  return text
end


-- Lua 5.1 returns the status as a number, later ones true or nil.
local function succeeds(command)
  local result = os.execute(command)
  return result == true or result == 0
end


local function make_directory()
  local pipe = assert(io.popen("mktemp -d"))
  local directory = pipe:read("*l")
  pipe:close()
  return assert(directory, "could not make a temporary directory")
end


local function remove_directory(directory)
  succeeds("rm -rf " .. quote(directory))
end


-- Starts an emulator that also stops when this process ends in any way.
-- `options`: port, tls_port; without them any that are free.
function _M.start(options)
  options = options or {}
  local directory = make_directory()
  local messages = directory .. "/messages"
  -- The shell that runs this command is a child of this process.
  local started = succeeds(
    quote(SCRIPTS .. "start") .. " --owner $PPID --temporary --port "
      .. quote(options.port or 0) .. " --tls-port "
      .. quote(options.tls_port or 0) .. " " .. quote(directory)
      .. " 2> " .. quote(messages)
  )
  if not started then
    local why = read_file(messages) or ""
    remove_directory(directory)
    error("could not start the emulator: " .. why, 2)
  end
  local facts = cjson.decode(assert(read_file(directory .. "/emulator.json")))
  return setmetatable({
    directory = directory,
    http_url = facts.http_url,
    https_url = facts.https_url,
    ca_file = facts.ca_file,
    tokens = facts.tokens, -- name -> access token
    users = facts.users, -- name -> id
    clients = facts.clients, -- name -> {id, secret}
  }, mt)
end


-- One control request; returns what it answers, decoded.
local function control(self, method, path, input)
  local body = input and cjson.encode(input) or ""
  local chunks = {}
  local ok, status = http.request({
    url = self.http_url .. "/_emulator/" .. path,
    method = method,
    headers = { ["Content-Length"] = #body },
    source = ltn12.source.string(body),
    sink = ltn12.sink.table(chunks),
  })
  local text = table.concat(chunks)
  if not ok or status ~= 200 then
    -- Level 3 is the caller of the method that called this.
    error("emulator: " .. method .. " " .. path .. ": " .. tostring(status)
      .. " " .. text, 3)
  end
  return cjson.decode(text)
end


-- Puts everything back to how it was at the start.
function Emulator:reset()
  control(self, "POST", "reset")
end


-- Queues a fault for the next `count` (1) requests of that `method` and raw
-- `path`, or any. What happens, in this order:
--   delay         seconds before anything else
--   then_process  true: the API does its work first, whatever is replied
--   reset         true: RST in place of a reply (HTTP/2: of the stream)
--   raw           bytes in place of a reply, then FIN (HTTP/1 only);
--                 raw_base64 where they are not UTF-8
--   status, body  a reply of that status (200) and body (none), or
--   code          the API's own reply for that error code, or
--   fill          a JSON object of that many bytes
--   headers       added to the reply: a string, a list, or false for none
--   cut           sends only that many bytes of the body, then closes
-- With delay, headers and cut only, the reply is what it would be anyway.
function Emulator:fault(fault)
  control(self, "POST", "faults", fault)
end


function Emulator:clear_faults()
  control(self, "DELETE", "faults")
end


-- Returns the recorded requests, oldest first, and how many there were since
-- the last clear. `raw` and `body` are the exact bytes.
function Emulator:requests()
  local answer = control(self, "GET", "requests")
  for _, request in ipairs(answer.requests) do
    for _, name in ipairs({ "raw", "body" }) do
      local encoded = request[name .. "_base64"]
      if encoded then
        request[name] = mime.unb64(encoded)
      end
    end
  end
  return answer.requests, math.floor(answer.total)
end


function Emulator:clear_requests()
  control(self, "DELETE", "requests")
end


-- Issues a token and returns it. `spec`: user, client, permissions, scopes,
-- expires_in, access_token, cloned_user, all optional.
function Emulator:issue(spec)
  return control(self, "POST", "tokens", spec or {}).access_token
end


-- Changes settings and returns all of them.
function Emulator:settings(changes)
  return control(self, "POST", "settings", changes or {})
end


-- Moves the emulator's clock forward.
function Emulator:advance(seconds)
  control(self, "POST", "clock", { advance = seconds })
end


-- Returns nginx's error log, empty when all is well.
function Emulator:log()
  return assert(read_file(self.directory .. "/error.log"))
end


-- Stops the emulator and removes its directory. May be called again.
function Emulator:stop()
  if not succeeds(quote(SCRIPTS .. "stop") .. " " .. quote(self.directory))
  then
    error("could not stop the emulator in " .. self.directory, 2)
  end
  remove_directory(self.directory)
end


return _M
