--- A fleet of gateways for specs: each has a dict of its own, and a relay
--- between itself and Redis that can stall, cut and split.
--
--   local gateways = fleet.start(3, { redis = server })
--   gateways[1].relay:stall()
--   fleet.stop(gateways)

local fault_proxy = require("spec.support.fault_proxy")
local guarded_nginx = require("spec.support.guarded_nginx")
local system = require("spec.support.system")

local fleet = {
  SECRET = "a secret of the specs, of 32 bytes or more",
}


-- The folder of lua-resty-redis: Debian's, or that which RESTY_REDIS names.
local function resty_redis()
  if os.getenv("RESTY_REDIS") then
    return os.getenv("RESTY_REDIS")
  end
  local output, code = system.run("spec/support/resty-redis")
  assert(code == 0, output)
  return output:match("^[^\n]+")
end


--- A line of Lua for nginx that lets it find lua-resty-redis.
function fleet.package_path()
  return ('package.path = "%s/?.lua;" .. package.path\n'):format(resty_redis())
end


local SERVER = [[
  location = /state {
    content_by_lua_block {
      local fleet = guard.fleet
      ngx.print(tostring(fleet.state:is_reachable()), " ",
        tostring(fleet.state:has_kept()), " ",
        tostring((fleet.state:place())))
    }
  }
]]


--- The options of one gateway. `options` and `guard_options` are of
--- guarded_nginx; `fields` of the guard's option fleet.
function fleet.options(options, guard_options, fields)
  return guarded_nginx.options(guarded_nginx.merged(options or {}, {
    http = [[
      lua_socket_log_errors off;
    ]] .. (options and options.http or ""),
    init = fleet.package_path() .. (options and options.init or ""),
    -- As guard:warm_up does, without its request to Genesys.
    init_worker = "guard.fleet:start() "
      .. (options and options.init_worker or ""),
    server = SERVER .. (options and options.server or ""),
  }), guarded_nginx.merged({ ttl = 60 }, guarded_nginx.merged(
    guard_options or {}, {
      fleet = guarded_nginx.merged(
        { host = not (fields and fields.socket) and "127.0.0.1" or nil,
          secret = fleet.SECRET,
          -- for machines that are busy
          connect_timeout = 1, read_timeout = 1 }, fields or {}),
    })))
end


--- Whether a gateway follows the fleet by now.
function fleet.follows(gateway)
  local _, _, body = gateway:get("/state")
  return tostring(body):find("^true false %d+") ~= nil
end


--- Starts gateways that follow the fleet when this returns. Options:
---   redis   of spec.support.redis
---   relay   false: none between
---   nginx, guard, fields   as of `options`
function fleet.start(count, options)
  local gateways = {}
  for i = 1, count do
    local relay = options.relay ~= false
      and fault_proxy.in_front_of(options.redis.port) or nil
    local fields = guarded_nginx.merged(
      { port = relay and relay.port or options.redis.port },
      options.fields or {})
    local gateway = require("spec.support.nginx").start(
      fleet.options(options.nginx, options.guard, fields))
    gateway.relay = relay
    gateways[i] = gateway
  end
  for _, gateway in ipairs(gateways) do
    assert(system.wait_until(function()
      return fleet.follows(gateway)
    end), gateway:log())
  end
  return gateways
end


--- Stops them; returns what they have logged.
function fleet.stop(gateways)
  local logs = {}
  for i, gateway in ipairs(gateways) do
    logs[i] = gateway:stop()
    if gateway.relay then
      gateway.relay:stop()
    end
  end
  return table.concat(logs)
end


return fleet
