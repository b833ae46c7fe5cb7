--- Many requests at the same moment, with one token that nobody knows yet.
--
-- The load comes from light threads with cosockets in an nginx of its own: wrk
-- has no way to let a thousand connections send one request each. The same
-- load without a guard, where each request just sleeps that long, tells what
-- the machine can do.

local api = require("spec.bench.guard.api")
local cjson = require("cjson")
local figures = require("spec.bench.figures")
local nginx = require("spec.support.nginx")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local DELAY = 200 -- milliseconds
local REQUESTS = 1000
local WORKERS = 4

local SERVER = [[
  location = /asleep {
    access_by_lua_block { ngx.sleep(@DELAY) }
    default_type text/plain;
    content_by_lua_block { ngx.print(ngx.worker.id()) }
  }
  location = /guarded {
    access_by_lua_block { guard:access() }
    default_type text/plain;
    content_by_lua_block { ngx.print(ngx.worker.id()) }
  }
]]

local GENERATOR = [[
  location = /burst {
    content_by_lua_block {
      local burst = dofile("@TREE/spec/bench/burst.lua")(
        tonumber(ngx.var.arg_port),
        "GET /" .. ngx.var.arg_location .. " HTTP/1.1\r\n"
          .. "Host: gateway\r\nConnection: close\r\n"
          .. "Authorization: Bearer " .. ngx.var.arg_token .. "\r\n\r\n",
        tonumber(ngx.var.arg_count))
      ngx.print(require("cjson").encode({
        seconds = burst.seconds, bodies = burst.bodies,
        failures = burst.failures,
      }))
    }
  }
]]


local function start_gateway(upstream)
  local options = fixtures.literal({ base_url = upstream.url .. "/" .. DELAY })
  return nginx.start({
    workers = WORKERS,
    http = "lua_shared_dict gctokens 10m; init_by_lua_block { guard = "
      .. "require('gctokens.guard').new(" .. options .. ") }",
    server = SERVER:gsub("@DELAY", DELAY / 1000),
  })
end


local function start_generator()
  local tree = system.run("pwd -P"):match("^[^\n]+")
  return nginx.start({
    http = "lua_socket_log_errors off;",
    server = GENERATOR:gsub("@TREE", tree),
  })
end


local function burst(generator, gateway, location, round)
  local _, _, body = generator:get(
    ("/burst?port=%d&count=%d&location=%s&token=%s%d"):format(
      gateway.port, REQUESTS, location, api.token, round))
  local result = cjson.decode(body)
  if #result.failures > 0 then
    error(("%d requests failed: %s %s"):format(
      #result.failures, result.failures[1], gateway:log()))
  end
  return result
end


local function percentile(result, share)
  return result.seconds[math.ceil(#result.seconds * share)] * 1000
end


local function shares(result)
  local counts = {}
  for _, count in pairs(result.bodies) do
    counts[#counts + 1] = math.floor(count)
  end
  return table.concat(counts, " + ")
end


return function(report, plan)
  report:work({
    title = "stampede",
    note = ("%d requests at the same moment, one cold token, %d workers, an "
      .. "API that takes %d ms"):format(REQUESTS, WORKERS, DELAY),
  })
  local upstream = api.start()
  local gateway, generator = start_gateway(upstream), start_generator()
  local calls, p50, p99, longest, asleep, last = {}, {}, {}, {}, {}, nil
  for round = 1, plan.guard_rounds do
    asleep[round] = percentile(burst(generator, gateway, "asleep", 0), 0.99)
    last = burst(generator, gateway, "guarded", round)
    calls[round] = api.calls(upstream)
    p50[round], p99[round] = percentile(last, 0.5), percentile(last, 0.99)
    longest[round] = percentile(last, 1)
  end
  report:row({ name = "calls of the API", values = calls })
  report:row({
    name = "p50", values = p50, unit = "ms",
    note = "requests by worker: " .. shares(last),
  })
  report:row({ name = "p99", values = p99, unit = "ms" })
  report:row({ name = "longest", values = longest, unit = "ms" })
  report:row({
    name = "p99 of requests that just sleep", values = asleep, unit = "ms",
  })
  report:goal("stampede_calls", figures.summary(calls).most)
  report:goal("stampede_p99", figures.median(p99))
  generator:stop()
  gateway:stop()
  upstream:stop()
end
