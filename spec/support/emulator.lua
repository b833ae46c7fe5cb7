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
local system = require "spec.support.system"

local HERE = debug.getinfo(1, "S").source:match("^@(.*)[/\\]") or "."
local START = HERE .. "/../emulator/start"
local STOP = HERE .. "/nginx/stop"

local _M = {}
local Emulator = {}
local mt = { __index = Emulator }


-- Starts it in its directory and takes over what it then tells about itself.
local function start(self, port, tls_port)
  local output, code = system.run(
    system.quote(START) .. " --owner $PPID --temporary --port "
      .. system.quote(port) .. " --tls-port " .. system.quote(tls_port) .. " "
      .. system.quote(self.directory)
  )
  if code ~= 0 then
    return nil, output
  end
  local facts = cjson.decode(
    assert(system.read(self.directory .. "/emulator.json"))
  )
  for _, name in ipairs({
    "http_url", "https_url", "ca_file",
    -- With the certificate of the emulator's CA that has expired, that is for
    -- wrong-host.test, and with one of another CA, that of the last name.
    "expired_url", "wrong_host_url", "foreign_url", "foreign_ca_file",
    "tokens", -- name -> access token
    "users", -- name -> id
    "clients", -- name -> {id, secret}
  }) do
    self[name] = facts[name]
  end
  return self
end


-- Starts an emulator that also stops when this process ends in any way.
-- `options`: port, tls_port; without them any that are free.
function _M.start(options)
  options = options or {}
  local self = setmetatable({ directory = system.make_directory() }, mt)
  local started, why = start(self, options.port or 0, options.tls_port or 0)
  if not started then
    system.remove_directory(self.directory)
    error("could not start the emulator: " .. why, 2)
  end
  return self
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
--   reset         true: RST in place of a response (HTTP/2: of the stream)
--   raw           bytes in place of a response, then FIN (HTTP/1 only);
--                 raw_base64 where they are not UTF-8
--   status, body  a response of that status (200) and body (none), or
--   code          the API's own response for that error code, or
--   fill          a JSON object of that many bytes
--   headers       added to the response: a string, a list, or false for none
--   cut           sends only that many bytes of the body, then closes
--   drip          seconds between any two bytes of the body or of raw, but
--                 not of fill
-- With delay, headers, cut and drip only, the response is what it would be
-- anyway.
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
  return assert(system.read(self.directory .. "/error.log"))
end


-- Nothing listens on its ports until it comes up again.
function Emulator:down()
  local output, code = system.run(
    system.quote(STOP) .. " " .. system.quote(self.directory)
  )
  if code ~= 0 then
    error("could not stop the emulator: " .. output, 2)
  end
end


-- Starts it again after `down`, on the same HTTP and HTTPS ports, with the same
-- certificates and the tokens that it has at any start.
function Emulator:up()
  local started, why = start(
    self, self.http_url:match("%d+$"), self.https_url:match("%d+$")
  )
  if not started then
    error("could not start the emulator again: " .. why, 2)
  end
end


-- Stops the emulator and removes its directory. May be called again.
function Emulator:stop()
  self:down()
  system.remove_directory(self.directory)
end


return _M
