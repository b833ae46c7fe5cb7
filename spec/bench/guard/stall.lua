--- For how long a new TLS connection keeps a worker from everything else: the
--- longest stay in one method of the engine.
--
-- The API closes each connection after one response. The figure is the worker's
-- processor time, which is not longer because others run.

local api = require("spec.bench.guard.api")
local figures = require("spec.bench.figures")
local nginx = require("spec.support.nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local BUNDLES = {
  "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
}
local CALLS = 20

local HTTP = [[
  lua_shared_dict gctokens 10m;
  init_by_lua_block {
    stopwatch = dofile("@TREE/spec/bench/stopwatch.lua")
    guard = require("gctokens.guard").new(@OPTIONS)
    function call(client)
      stopwatch.reset()
      local before = client:stats().connections_opened
      local _, err = client:get_tokens_me({ access_token = "@TOKEN" })
      local seconds, used = stopwatch.longest()
      ngx.print(("%.6f %.6f %d %s"):format(seconds, used,
        client:stats().connections_opened - before, tostring(err)))
    end
  }
]]

local SERVER = [[
  location = /cold {
    content_by_lua_block {
      local client = require("gctokens").new(@OPTIONS)
      call(client)
      client:close()
    }
  }
  location = /warm {
    content_by_lua_block { call(guard.client) }
  }
  location = /done {
    content_by_lua_block {
      local stats = guard.client:stats()
      ngx.print(stats.calls - stats.in_flight)
    }
  }
]]


-- The system's certificates and the API's, or nil without the former.
local function write_bundle(upstream)
  for _, path in ipairs(BUNDLES) do
    local text = system.read(path)
    if text then
      local name = upstream.directory .. "/bundle.pem"
      system.write(name, text .. assert(system.read(upstream.ca_file)))
      local _, count = text:gsub("BEGIN CERTIFICATE", "")
      return name, count
    end
  end
end


local function start(upstream, ca_file)
  local words = {
    TREE = system.run("pwd -P"):match("^[^\n]+"),
    TOKEN = api.token,
    OPTIONS = fixtures.literal({
      base_url = upstream.tls_url .. "/0", ca_file = ca_file,
    }),
  }
  local gateway = nginx.start({
    http = HTTP:gsub("@(%u+)", words),
    init_worker = "stopwatch.install() guard:warm_up()",
    server = SERVER:gsub("@(%u+)", words),
  })
  local done = system.wait_until(function()
    return select(3, gateway:get("/done")) == "1"
  end)
  if not done then
    error("not warmed up: " .. gateway:stop():sub(1, 2000))
  end
  return gateway
end


-- Milliseconds of the longest stay in each of some calls: as time, and as
-- processor time.
local function longest_stays(gateway, path)
  local seconds, used = {}, {}
  for i = 1, CALLS do
    local _, _, body = gateway:get(path)
    local a, b = body:match("^(%S+) (%S+) 1 nil$")
    assert(a, body)
    seconds[i], used[i] = tonumber(a) * 1000, tonumber(b) * 1000
  end
  return seconds, used
end


-- Returns the longest stay.
local function show(report, name, gateway, path)
  local seconds, used = longest_stays(gateway, path)
  local elapsed = figures.summary(seconds)
  report:row({
    name = name, values = used, unit = "ms",
    note = ("elapsed: median %.2f ms, longest %.2f ms"):format(
      elapsed.median, elapsed.most),
  })
  return figures.summary(used).most
end


local function measure(report, upstream, name, ca_file)
  local gateway = start(upstream, ca_file)
  show(report, name .. ": a client's first", gateway, "/cold")
  local longest = show(report, name .. ": new, after warm_up", gateway,
    "/warm")
  gateway:stop()
  return longest
end


return function(report)
  report:work({
    title = "stall",
    note = ("%d new TLS connections, whole handshakes; the longest stay in one "
      .. "step, as processor time"):format(CALLS),
  })
  local upstream = api.start({
    tls = true, closes = true, http = "ssl_session_tickets off;",
  })
  local longest = measure(report, upstream, "1 certificate", upstream.ca_file)
  local bundle, count = write_bundle(upstream)
  if bundle then
    longest = math.max(longest,
      measure(report, upstream, count .. " certificates", bundle))
  end
  report:goal("stall", longest)
  upstream:stop()
end
