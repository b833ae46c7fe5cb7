--- What the guard costs when it knows the token: requests to a guarded location
--- against requests to the same location with an empty access block.

local api = require("spec.bench.guard.api")
local nginx = require("spec.support.nginx")
local load = require("spec.bench.load")
local fixtures = require("spec.support.fixtures")

local CONNECTIONS = 32

local HTTP = [[
  lua_shared_dict gctokens 10m;
  keepalive_requests 1000000;
  upstream application {
    server @APPLICATION;
    keepalive 64;
    keepalive_requests 1000000;
  }
  init_by_lua_block {
    guard = require("gctokens.guard").new(@OPTIONS)
  }
]]

local APPLICATION = [[
  default_type text/plain;
  location / { return 200 "what the application has to say"; }
]]

local LOCATIONS = [[
  location = /proxied/@NAME {
    access_by_lua_block { @ACCESS }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_pass http://application/;
  }
  location = /memory/@NAME {
    access_by_lua_block { @ACCESS }
    default_type text/plain;
    content_by_lua_block { ngx.print("what the application has to say") }
  }
]]


local function fill(text, words)
  return (text:gsub("@(%u+)", words))
end


local function start(upstream, application)
  return nginx.start({
    http = fill(HTTP, {
      APPLICATION = application.url:match("//(.*)"),
      OPTIONS = fixtures.literal({
        base_url = upstream.url .. "/0",
        organizations = { api.organization },
        scopes = { "organization:readonly" },
      }),
    }),
    server = fill(LOCATIONS, { NAME = "open", ACCESS = "" })
      .. fill(LOCATIONS, { NAME = "guarded", ACCESS = "guard:access()" }),
  })
end


local function compare(report, plan, gateway, name)
  local function side(path)
    return {
      gateway = gateway, path = path, connections = CONNECTIONS,
      seconds = plan.seconds,
      headers = { Authorization = "Bearer " .. api.token },
    }
  end
  local path = "/" .. name .. "/"
  load.measure(gateway, { -- compiled traces, kept connections
    path = path .. "guarded", connections = CONNECTIONS, seconds = 1,
    headers = { Authorization = "Bearer " .. api.token },
  })
  local open, guarded = load.in_turns(
    plan.guard_rounds, side(path .. "open"), side(path .. "guarded"))
  open = { name = name .. ", empty access phase", list = open }
  guarded = { name = name .. ", guarded", list = guarded }
  report:goal("hit_" .. name,
    load.report(report, "rate", "/s", open, guarded))
  load.report(report, "cpu", "us", open, guarded)
end


return function(report, plan)
  report:work({
    title = "guard hit",
    note = ("one worker, %d connections, token in L1, rules for organizations "
      .. "and scopes; requests a second, worker's processor time a request")
      :format(CONNECTIONS),
    to = "an empty access phase",
  })
  local upstream = api.start()
  local application = nginx.start({
    http = "keepalive_requests 1000000;", server = APPLICATION,
  })
  local gateway = start(upstream, application)
  compare(report, plan, gateway, "proxied")
  compare(report, plan, gateway, "memory")
  gateway:stop()
  application:stop()
  upstream:stop()
end
