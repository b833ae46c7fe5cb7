-- Calls an emulator with LuaSocket and with curl: for the emulator's own
-- specs, which must not rely on the client that the emulator is there to test.

local assert = require "luassert"
local cjson = require "cjson"
local emulators = require "spec.support.emulator"
local http = require "socket.http"
local ltn12 = require "ltn12"

local _M = {
  uuid = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-a%x%x%x%-"
    .. "%x%x%x%x%x%x%x%x%x%x%x%x$",
}
local Caller = {}
local mt = { __index = Caller }


function _M.new(emulator)
  return setmetatable({ emulator = emulator }, mt)
end


-- Stops an emulator, and wants its error log to be empty.
function _M.stop(emulator)
  local log = emulator:log()
  emulator:stop()
  assert.equal("", log)
end


-- For a block of specs: an emulator that runs while these do, as after its
-- start for each; what calls it; and its method `call` as a function. They are
-- of use within the specs. busted gives its functions to spec files only, which
-- hand them on.
function _M.beside_specs(setup, teardown, before_each)
  local forwarded = {}
  local emulator = setmetatable({}, forwarded)
  local caller = _M.new(emulator)
  setup(function()
    local started = emulators.start()
    forwarded.__index, forwarded.__newindex = started, started
  end)
  teardown(function()
    _M.stop(emulator)
  end)
  before_each(function()
    emulator:reset()
  end)
  return emulator, caller, function(...)
    return caller:call(...)
  end
end


-- Returns status, headers and body; status is a message when no response came.
-- `token`: the name of a seeded token, or any token; or nil for none.
function Caller:call(method, path, token, body, headers)
  local chunks = {}
  local all = { ["Content-Length"] = #(body or "") }
  if token then
    all.Authorization = "Bearer " .. (self.emulator.tokens[token] or token)
  end
  for name, value in pairs(headers or {}) do
    all[name] = value
  end
  local _, status, response_headers = http.request({
    url = self.emulator.http_url .. path,
    method = method,
    headers = all,
    source = ltn12.source.string(body or ""),
    sink = ltn12.sink.table(chunks),
    redirect = false,
  })
  return status, response_headers, table.concat(chunks)
end


-- The same for a PUT of the idle-token timeout.
function Caller:put_timeout(token, body)
  return self:call("PUT", "/api/v2/tokens/timeout", token, body, {
    ["Content-Type"] = "application/json",
  })
end


-- Returns the output of curl, stderr included, and its exit status.
-- `arguments` are for the shell. Trusts the emulator's certificate.
function Caller:curl(arguments)
  local pipe = assert(io.popen(
    "curl -sS --noproxy '*' --cacert '" .. self.emulator.ca_file .. "' "
      .. arguments .. " 2>&1; echo \" $?\""
  ))
  local output, status = pipe:read("*a"):match("^(.*) (%d+)\n$")
  pipe:close()
  return output, tonumber(status)
end


-- The same for a request to /tokens/me with a seeded token.
function Caller:curl_me(base_url, options)
  local authorization = "Authorization: Bearer " .. self.emulator.tokens.client
  return self:curl(
    "-H '" .. authorization .. "' " .. (options or "") .. " " .. base_url
      .. "/api/v2/tokens/me"
  )
end


-- Asserts that status, headers and body are the API's response of that status
-- and error code. Returns the body, decoded.
function _M.assert_error(status, code, response_status, headers, body)
  assert.equal(status, response_status)
  local decoded = cjson.decode(body)
  assert.equal(code, decoded.code)
  assert.equal(status, decoded.status)
  assert.equal(headers["inin-correlation-id"], decoded.contextId)
  assert.truthy(decoded.contextId:match(_M.uuid))
  assert.truthy(#decoded.message > 0)
  -- Every placeholder is filled in.
  assert.falsy(decoded.message:find("{%a"))
  assert.truthy(body:find('"details":[]', 1, true))
  assert.truthy(body:find('"errors":[]', 1, true))
  return decoded
end


return _M
