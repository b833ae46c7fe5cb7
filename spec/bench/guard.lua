--- Measures the guard, and calls, in nginx.
--
--   make bench-guard            15 rounds
--   make bench-guard QUICK=1    three short rounds
--   make bench-guard ONLY=hits  one part
--
-- Machines are noisy, so the sides take turns and what counts is the median
-- of the ratios of neighbours. Beside what came out stands what the workers'
-- processor time says, which others on the machine disturb less.

local system = require("spec.support.system")

local QUICK = os.getenv("QUICK") == "1"
local ONLY = os.getenv("ONLY") or ""

local PLAN = {
  rounds = QUICK and 3 or 15,
  seconds = 1, -- of load, a round and side
}

local PARTS = { "hits", "uncached", "stampede", "hanging", "stall" }


local function first(command)
  return (system.run("PATH=$PATH:/usr/sbin; " .. command)
    :match("^%s*([^\n]*)"))
end


local function describe_machine()
  print(first("nproc") .. " processors: "
    .. first("sed -n 's/^model name.*: //p' /proc/cpuinfo"))
  local gateway = require("spec.support.gateway").start({
    server = [[
      location / {
        content_by_lua_block {
          local lua = ngx.config.ngx_lua_version
          ngx.print("nginx ", ngx.var.nginx_version, ", ngx_lua 0.",
            math.floor(lua / 1000), ".", lua % 1000, ", ", jit.version)
        }
      }
    ]],
  })
  print((select(3, gateway:get("/"))) .. ", libcurl "
    .. first("pkg-config --modversion libcurl"))
  gateway:stop()
end


describe_machine()
for _, name in ipairs(PARTS) do
  if ONLY == "" or ONLY == name then
    require("spec.bench.guard." .. name)(PLAN)
  end
end
