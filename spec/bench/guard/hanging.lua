--- What other requests of a worker feel of calls that hang.

local api = require("spec.bench.guard.api")
local figures = require("spec.bench.figures")
local gateways = require("spec.support.gateway")
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
  local gateway = gateways.start({
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


return function(plan)
  figures.title(("hanging: %d calls in flight, and a location that makes none, "
    .. "over %d connections"):format(HANGING, LOAD.connections))
  local upstream = api.start()
  local idle, busy = start(upstream, 0), start(upstream, HANGING)
  local without, with = load.in_turns(
    plan.rounds, side(idle, plan), side(busy, plan))
  local p99, p99_with = figures.compare(without, with, "p99")
  local p50, p50_with = figures.compare(without, with, "p50")
  local share, share_with = figures.compare(without, with, "busy")
  local rate = figures.compare(without, with, "rate")
  figures.aim("p99, more than without", p99_with - p99, "<=", 5, "%.2f ms")
  figures.row("  p50 / p99 with", ("%.2f/%.2f ms"):format(p50_with, p99_with),
    ("without: %.2f/%.2f ms; %.0f requests per second"):format(
      p50, p99, rate))
  figures.row("  the worker's share of a processor",
    ("%.1f %%"):format(share_with * 100),
    ("without: %.1f %%"):format(share * 100))
  idle:stop()
  busy:stop()
  upstream:stop()
end
