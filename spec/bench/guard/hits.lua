--- What the guard costs when it knows the tokens: requests to a guarded
--- location against requests to the same location with an empty access block,
--- and with nginx's own auth_request and proxy_cache, which is what one would
--- take without Lua.

local api = require("spec.bench.guard.api")
local figures = require("spec.bench.figures")
local fixtures = require("spec.support.fixtures")
local load = require("spec.bench.load")
local nginx = require("spec.support.nginx")
local system = require("spec.support.system")

local CONNECTIONS = 32
local STEM = api.token:sub(1, 80) -- of a token; its number follows

-- Of the dict, for each token, with room to spare.
local BYTES = 1024
local LEAST_BYTES = 10 * 1024 * 1024

-- proxy_cache has a file for each token.
local MOST_FILES = 100000

local MANY_REQUESTS = 1e6

local FILLS_A_SECOND = 15000 -- requests that miss, at least
local MOST_FILLS = 20

local HTTP = [[
  lua_shared_dict gctokens @BYTES;
  keepalive_requests 100000000;
  upstream application {
    server @APPLICATION;
    keepalive 64;
    keepalive_requests 100000000;
  }
  upstream api {
    server @API;
    keepalive 64;
    keepalive_requests 100000000;
  }
  proxy_cache_path cache keys_zone=verdicts:100m levels=1:2 inactive=1h;
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
    @ACCESS
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_pass http://application/;
  }
  location = /memory/@NAME {
    @ACCESS
    default_type text/plain;
    content_by_lua_block { ngx.print("what the application has to say") }
  }
]]

local VERDICT = [[
  location = /verdict {
    internal;
    proxy_pass http://api/0/api/v2/tokens/me;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_cache verdicts;
    proxy_cache_key $http_authorization;
    proxy_cache_valid 200 1h;
    proxy_ignore_headers Cache-Control Expires;
  }
  location = /collected {
    content_by_lua_block {
      collectgarbage()
      ngx.print(collectgarbage("count"))
    }
  }
]]

local SIDES = {
  { name = "empty", path = "empty",
    access = "access_by_lua_block { }" },
  { name = "guarded", path = "guarded",
    access = "access_by_lua_block { guard:access() }" },
  { name = "auth_request", path = "auth_request",
    access = "auth_request /verdict;" },
}


local function fill(text, words)
  return (text:gsub("@(%u+)", words))
end


local function start(upstream, application, tokens)
  local server = VERDICT
  for _, side in ipairs(SIDES) do
    server = server
      .. fill(LOCATIONS, { NAME = side.path, ACCESS = side.access })
  end
  return nginx.start({
    http = fill(HTTP, {
      BYTES = math.max(LEAST_BYTES, tokens * BYTES),
      APPLICATION = application.url:match("//(.*)"),
      API = upstream.url:match("//(.*)"),
      OPTIONS = fixtures.literal({
        base_url = upstream.url .. "/0",
        organizations = { api.organization },
        scopes = { "organization:readonly" },
        ttl = 3600,
      }),
    }),
    server = server,
  })
end


local function options_of(gateway, path, tokens, seconds)
  return {
    gateway = gateway, path = path, connections = CONNECTIONS,
    seconds = seconds, tokens = tokens, stem = STEM,
  }
end


-- Until every token is known there, and no call is made any more.
local function warm_up(gateway, upstream, path, tokens)
  local options =
    options_of(gateway, path, tokens, 1 + math.ceil(tokens / FILLS_A_SECOND))
  for _ = 1, MOST_FILLS do
    load.measure(gateway, options)
    if api.calls(upstream) == 0 then
      return
    end
  end
  error("the API is still called: " .. path)
end


local function report_sides(report, prefix, sides, lists, field, unit)
  local reference = figures.column(lists[1], field)
  for i, list in ipairs(lists) do
    local values = figures.column(list, field)
    report:row({
      name = prefix .. sides[i].name, values = values, unit = unit,
      ratios = i > 1 and figures.ratios(values, reference) or nil,
    })
  end
end


local function ratio(lists, side, reference)
  return figures.summary(figures.ratios(
    figures.column(lists[side], "rate"), figures.column(lists[reference],
      "rate")))
end


local function compare(report, plan, gateway, upstream, tokens, place)
  local sides = { SIDES[1], SIDES[2] }
  if tokens <= MOST_FILES then
    sides[3] = SIDES[3]
  end
  local loads = {}
  for i, side in ipairs(sides) do
    local path = ("/%s/%s"):format(place, side.path)
    warm_up(gateway, upstream, path, tokens)
    loads[i] = options_of(gateway, path, tokens, plan.seconds)
  end
  local lists = load.in_turns(plan.guard_rounds, loads)
  local prefix = ("%d token%s, %s, "):format(
    tokens, tokens == 1 and "" or "s", place)
  report_sides(report, prefix, sides, lists, "rate", "/s")
  report_sides(report, prefix, sides, lists, "cpu", "us")
  report:goal(("hit_%s_%d"):format(place, tokens), ratio(lists, 2, 1))
  if sides[3] then
    report:goal(("auth_request_%s_%d"):format(place, tokens),
      ratio(lists, 2, 3))
  end
end


-- The worker's resident memory in MiB, the dict included.
local function resident(gateway)
  local status = system.read("/proc/" .. gateway:workers()[1] .. "/status")
  return tonumber(status:match("VmRSS:%s*(%d+)")) / 1024
end


-- What the worker has in memory when it knows the tokens, and what a million
-- requests later.
local function report_memory(report, gateway, tokens, seconds)
  local options = options_of(gateway, "/memory/guarded", tokens, seconds)
  local before, requests = resident(gateway), 0
  repeat
    requests = requests + load.measure(gateway, options).rate * seconds
  until requests >= MANY_REQUESTS
  local after = resident(gateway)
  local _, _, kilobytes = gateway:get("/collected")
  report:row({
    name = ("%d tokens, resident"):format(tokens),
    values = { before }, unit = "MiB",
    note = ("dict included; %.1f MiB after %.0f requests more; LuaJIT has "
      .. "%.1f MiB"):format(after, requests, kilobytes / 1024),
  })
end


return function(report, plan)
  report:work({
    title = "guard hit",
    note = ("one worker, %d connections, requests go through the tokens in a "
      .. "cycle; policy of organizations and scopes; requests a second, "
      .. "worker's processor time a request"):format(CONNECTIONS),
    to = "an empty access phase",
  })
  local upstream = api.start()
  local application = nginx.start({
    http = "keepalive_requests 100000000;", server = APPLICATION,
  })
  for _, tokens in ipairs(plan.tokens) do
    local gateway = start(upstream, application, tokens)
    if tokens == 1 then
      compare(report, plan, gateway, upstream, tokens, "proxied")
    end
    compare(report, plan, gateway, upstream, tokens, "memory")
    report_memory(report, gateway, tokens, plan.seconds)
    gateway:stop()
  end
  application:stop()
  upstream:stop()
end
