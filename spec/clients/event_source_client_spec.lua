-- The recipe for a token in the URL: a page's EventSource in Chromium, and what
-- the logs of nginx show.

local fixtures = require("spec.support.fixtures")
local nginx = require("spec.support.nginx")
local node = require("spec.clients.support.node")
local recipes = require("spec.support.recipes")
local system = require("spec.support.system")


describe("an EventSource through the guard", function()
  local emulator, application, gateway, token

  setup(function()
    emulator = fixtures.emulator()
    application = nginx.start({ server = [[
      location / {
        default_type text/event-stream;
        content_by_lua_block {
          ngx.print("data: ", ngx.var.request_uri, "\n\n")
        }
      }
    ]] })
    gateway = recipes.start("A token in the URL", emulator, {
      ["127.0.0.1:9000"] = application.url:match("//(.*)"),
    })
    token = emulator:issue()
  end)

  teardown(function()
    assert.equal("", gateway:stop())
    assert.equal("", application:stop())
  end)

  it("gets events, with a valid token only, which no log shows", function()
    local function events(query)
      return { event_source = gateway.url .. "/events/a?" .. query }
    end
    local done = node.run("browser_calls.js", {
      page = gateway.url,
      calls = {
        events("access_token=" .. token .. "&from=7"),
        events("access%5Ftoken=" .. token),
        events("access_token=invalid"),
        events("from=7"),
      },
    })
    assert.same({
      { event = "/events/a?from=7" }, { event = "/events/a" },
      { error = "refused" }, { error = "refused" },
    }, done.results)
    local log = assert(system.read(gateway.directory .. "/access.log"))
    assert.matches('"GET /events/a HTTP/1.1" 200 ', log, 1, true)
    assert.matches('"GET /events/a HTTP/1.1" 401 ', log, 1, true)
    assert.not_matches(token, log, 1, true)
    assert.not_matches("?", log, 1, true)
  end)
end)
