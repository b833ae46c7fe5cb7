--- What a call costs in a worker: every request makes one to an API that takes
--- a while, through gctokens and through a plain client on cosockets.

local api = require("spec.bench.guard.api")
local nginx = require("spec.support.nginx")
local load = require("spec.bench.load")
local system = require("spec.support.system")

local DELAY = 50 -- milliseconds

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
  return nginx.start({
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
  local lists =
    load.in_turns(rounds, { side("/cosocket"), side("/gctokens") })
  return { name = connections .. " clients, cosockets", list = lists[1] },
    { name = connections .. " clients, gctokens", list = lists[2] }
end


return function(report, plan)
  report:work({
    title = "guard miss",
    note = ("one worker, an API that takes %d ms; calls a second, worker's "
      .. "processor time a call, latency: median and p99"):format(DELAY),
    to = "cosockets",
  })
  local upstream = api.start()
  local gateway = start(upstream)
  local most = plan.loads[1]
  compare(gateway, most, 1, 1) -- compiled traces, kept connections
  for _, connections in ipairs(plan.loads) do
    local is_goal = connections == most
    local plain, ours = compare(gateway, connections, plan.seconds,
      is_goal and plan.guard_rounds or 1)
    local rate = load.report(report, "rate", "/s", plain, ours)
    local cpu = load.report(report, "cpu", "us", plain, ours)
    load.report(report, "p50", "ms", plain, ours)
    load.report(report, "p99", "ms", plain, ours)
    if is_goal then
      report:goal("miss_throughput", rate)
      report:goal("miss_cpu", cpu)
    end
  end
  gateway:stop()
  upstream:stop()
end
