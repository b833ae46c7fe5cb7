--- What a call costs in a worker: every request makes one to an API that takes
--- a while, through gctokens and through a plain client on cosockets.

local api = require("spec.bench.guard.api")
local figures = require("spec.bench.figures")
local gateways = require("spec.support.gateway")
local load = require("spec.bench.load")
local system = require("spec.support.system")

local DELAY = 50 -- milliseconds
local MANY = 256

local HTTP = [[
  keepalive_requests 1000000;
  lua_socket_log_errors off;
  init_by_lua_block {
    client = require("gctokens").new({
      base_url = "@BASE_URL", access_token = "@TOKEN", env = false,
      max_connections = 1000, retry = false,
    })
    plain = dofile("@TREE/spec/bench/cosocket.lua").client(
      "127.0.0.1", @PORT, "/@DELAY", "@TOKEN")
    function answer(info, err)
      if not info then
        ngx.log(ngx.ERR, tostring(err))
        return ngx.exit(500)
      end
      ngx.print(info.organization.name)
    end
  }
]]

local SERVER = [[
  location = /gctokens {
    content_by_lua_block { answer(client:get_tokens_me()) }
  }
  location = /cosocket {
    content_by_lua_block { answer(plain()) }
  }
]]


local function start(upstream)
  local words = {
    BASE_URL = upstream.url .. "/" .. DELAY,
    TOKEN = api.token,
    TREE = system.run("pwd -P"):match("^[^\n]+"),
    PORT = upstream.port,
    DELAY = DELAY,
  }
  return gateways.start({
    http = HTTP:gsub("@([%u_]+)", words), server = SERVER,
  })
end


local function compare(gateway, connections, seconds, rounds)
  local function side(path)
    return {
      gateway = gateway, path = path, connections = connections,
      seconds = seconds,
    }
  end
  return load.in_turns(rounds, side("/cosocket"), side("/gctokens"))
end


local function print_latency(plain, ours, connections)
  local a50, b50 = figures.compare(plain, ours, "p50")
  local a99, b99 = figures.compare(plain, ours, "p99")
  local rate, our_rate = figures.compare(plain, ours, "rate")
  figures.row(("  p50 / p99 over %d connections"):format(connections),
    ("%.1f/%.1f ms"):format(b50, b99),
    ("cosocket: %.1f/%.1f ms"):format(a50, a99))
  figures.row("  calls per second", ("%.0f"):format(our_rate),
    ("cosocket: %.0f"):format(rate))
end


local function print_cost(plain, ours, connections)
  local cpu, our_cpu = figures.compare(plain, ours, "cpu")
  figures.row(("  worker's processor time per call, %d"):format(connections),
    ("%.1f us"):format(our_cpu), ("cosocket: %.1f us"):format(cpu))
end


return function(plan)
  figures.title(("uncached calls: one worker, an API that takes %d ms")
    :format(DELAY))
  local upstream = api.start()
  local gateway = start(upstream)
  compare(gateway, MANY, 1, 1) -- compiled traces, kept connections
  local plain, ours = compare(gateway, MANY, plan.seconds, plan.rounds)
  local _, _, rate = figures.compare(plain, ours, "rate")
  local _, _, cpu = figures.compare(plain, ours, "cpu")
  figures.aim(MANY .. " connections: throughput, to cosocket's", rate, ">=",
    0.95, "%.3f")
  figures.aim("  worker's processor time, to cosocket's", cpu, "<=", 1.6,
    "%.2f")
  print_cost(plain, ours, MANY)
  print_latency(plain, ours, MANY)
  for _, connections in ipairs({ 64, 1 }) do
    plain, ours = compare(gateway, connections, plan.seconds, 1)
    print_cost(plain, ours, connections)
    print_latency(plain, ours, connections)
  end
  gateway:stop()
  upstream:stop()
end
