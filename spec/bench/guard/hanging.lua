--- What other requests of a worker feel of calls that hang.

local api = require("spec.bench.guard.api")
local figures = require("spec.bench.figures")
local nginx = require("spec.support.nginx")
local load = require("spec.bench.load")
local system = require("spec.support.system")

local HANGING = 100
local HOUR = 3600 -- seconds

local LOAD = { path = "/other", connections = 8, pause = 10 }

local HTTP = [[
  keepalive_requests 1000000;
  init_by_lua_block {
    client = require("gctokens").new({
      base_url = "@URL", access_token = "@TOKEN", env = false,
      max_connections = 1000, retry = false,
    })
    function hang()
      client:get_tokens_me({ timeout = @HOUR, deadline = @HOUR })
    end
  }
]]

local SERVER = [[
  location = /other {
    content_by_lua_block { ngx.print("not for the API") }
  }
  location = /hang {
    content_by_lua_block {
      for _ = 1, ngx.var.arg_count do
        ngx.timer.at(0, hang)
      end
    }
  }
  location = /in_flight {
    content_by_lua_block { ngx.print(client:stats().in_flight) }
  }
]]


local function start(upstream, count)
  local gateway = nginx.start({
    http = HTTP:gsub("@(%u+)", {
      URL = upstream.url .. "/" .. HOUR * 1000, TOKEN = api.token, HOUR = HOUR,
    }),
    server = SERVER,
  })
  gateway:get("/hang?count=" .. count)
  assert(system.wait_until(function()
    return tonumber((select(3, gateway:get("/in_flight")))) == count
  end))
  return gateway
end


local function side(gateway, plan)
  return {
    gateway = gateway, path = LOAD.path, connections = LOAD.connections,
    pause = LOAD.pause, seconds = plan.seconds,
  }
end


return function(report, plan)
  report:work({
    title = "calls that hang",
    note = ("%d of them, and a location that makes none, over %d connections; "
      .. "latency: median and p99, requests a second, share of a processor")
      :format(HANGING, LOAD.connections),
    to = "no calls",
  })
  local upstream = api.start()
  local idle, busy = start(upstream, 0), start(upstream, HANGING)
  local lists = load.in_turns(
    plan.guard_rounds, { side(idle, plan), side(busy, plan) })
  local without, with = lists[1], lists[2]
  local first = { name = "no calls", list = without }
  local second = { name = HANGING .. " calls that hang", list = with }
  load.report(report, "p50", "ms", first, second)
  load.report(report, "p99", "ms", first, second)
  load.report(report, "rate", "/s", first, second)
  load.report(report, "busy", "", first, second)
  report:goal("hanging_p99", figures.median(figures.column(with, "p99"))
    - figures.median(figures.column(without, "p99")))
  idle:stop()
  busy:stop()
  upstream:stop()
end
