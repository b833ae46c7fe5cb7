--- A tour of the guard: an nginx gateway in front of a small application, and
-- curl on the other side, against the emulator.
--
--   make demo

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local show = require("spec.demo.show")

-- The emulator, and the two nginx below, end with this process.
local emulator = fixtures.emulator()

local POLICY = '{ scopes = { "authorization" } }'

local application = require("spec.support.nginx").start({
  server = [[
    location / {
      content_by_lua_block {
        ngx.say("the application was asked by organization ",
          ngx.var.http_x_genesys_organization_id)
      }
    }
  ]],
})

local gateway = guarded_nginx.start({
  server = ([[
    location /api/ {
      access_by_lua_block { guard:access() }
      proxy_pass %s;
    }
    location /admin/ {
      access_by_lua_block { guard:access(%s) }
      proxy_pass %s;
    }
  ]]):format(application.url, POLICY, application.url),
}, { negative_ttl = 0.1, error_ttl = 0.1, lookup_timeout = 0.5 })

-- Shows a variable such as $AGENT in place of the token.
local function curl(path, token_name, token)
  local header = token and (' -H "Authorization: Bearer %s"') or ""
  show.code("curl -i" .. header:format("$" .. tostring(token_name))
    .. " " .. gateway.url .. path)
  show.response((fixtures.run(
    "curl -si" .. header:format(tostring(token)) .. " "
    .. fixtures.quote(gateway.url .. path))))
end


show.heading("The guard: nginx lets only valid tokens through")
show.code("location /api/   { access_by_lua_block { guard:access() } ... }")
show.code("location /admin/ { access_by_lua_block { guard:access("
  .. POLICY .. ") } ... }")

show.heading("A valid token")
curl("/api/", "AGENT", emulator.tokens.agent)

show.heading("No token, and one that Genesys does not know")
curl("/api/")
curl("/api/", "UNKNOWN", "unknown-token")

show.heading("A valid token without the scope that the location requires")
curl("/admin/", "AGENT", emulator.tokens.agent)
curl("/admin/", "ADMIN", emulator.tokens.admin)

show.heading("Genesys cannot be reached: a cached response is still used")
emulator:down()
curl("/api/", "AGENT", emulator.tokens.agent)
curl("/api/", "SUPERVISOR", emulator.tokens.supervisor)

gateway:stop()
application:stop()
emulator:stop()
