-- The guard over HTTP/3, where nginx and curl have it: on Debian 13, for one,
-- with `make test-on SUITE=trixie`.

local cjson = require("cjson")
local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local system = require("spec.support.system")

local SERVER = [[
  listen 127.0.0.1:@PORT_2@ quic;

  location = /hidden {
    access_by_lua_block {
      guard:access({ hide_credentials = true })
      ngx.exec("/hidden_again")
    }
  }
  location = /hidden_again {
    access_by_lua_block { guard:access({ hide_credentials = true }) }
    content_by_lua_block {
      ngx.print(ngx.ctx.gctokens.client_id, " ",
        tostring(ngx.var.http_authorization))
    }
  }
  location = /pages {
    access_by_lua_block { guard:access({ refusals = "nginx" }) }
    error_page 401 /page;
  }
  location = /page { return 200 page; }
]]

local HAS_HTTP3 =
  system.run("PATH=$PATH:/usr/sbin nginx -V"):find("http_v3", 1, true)
  and system.run("curl --version"):find("HTTP3", 1, true)


describe("the guard over HTTP/3 #once", function()
  local with_http3 = HAS_HTTP3 and it or pending
  local emulator, gateway, token

  setup(function()
    if HAS_HTTP3 then
      emulator = fixtures.emulator()
      gateway = guarded_nginx.start({ server = SERVER, tls = true })
    end
  end)

  teardown(function()
    if gateway then
      assert.equal("", gateway:stop())
    end
  end)

  before_each(function()
    token = emulator:issue({ client = "desktop" })
  end)

  -- Bodies and statuses of the requests, over one connection. A request is a
  -- path with options for the shell.
  local function curl(...)
    local requests = {}
    for i, request in ipairs({ ... }) do
      requests[i] = ("--silent --show-error --http3-only --max-time 10 "
        .. "--cacert %s --write-out ' %%{http_version} %%{http_code}\\n' "
        .. "%s%s"):format(gateway.ca_file, gateway.tls_url, request)
    end
    local output, code =
      system.run("curl " .. table.concat(requests, " --next "))
    assert.equal(0, code, output)
    return output
  end

  local function with(credentials)
    return " -H 'Authorization: " .. credentials .. "'"
  end

  with_http3("lets through, and refuses", function()
    assert.equal("Example Insurance miss miss 3 200\n",
      curl("/who" .. with("Bearer " .. token)))
    for credentials, refusal in pairs({
      ["Bearer invalid"] = "invalid_token 401", Basic = "invalid_request 400",
      [""] = "unauthorized 401",
    }) do
      local body, status =
        curl("/who" .. with(credentials)):match("^(.*) 3 (%d+)\n$")
      assert.equal(refusal, cjson.decode(body).error .. " " .. status)
    end
    assert.equal("page 3 401\n", curl("/pages"))
  end)

  with_http3("refuses with any method, and with a body", function()
    assert.equal(" 3 401\n", curl("/who --head --output /dev/null"))
    assert.matches("unauthorized.* 3 401\n$", curl("/who -X OPTIONS"))
    assert.matches("unauthorized.* 3 401\n.*miss 3 200\n$",
      curl("/who --data hello", "/who" .. with("Bearer " .. token)))
  end)

  with_http3("takes no request for another of its connection", function()
    local hidden = "/hidden" .. with("Bearer " .. token)
    local shown = emulator.clients.desktop.id .. " nil 3 200\n"
    local output = curl(hidden, "/hidden_again", hidden, "/hidden_again")
    local first, second = output:match("^(.-200\n).-unauthorized.- 3 401\n"
      .. "(.-200\n).-unauthorized.- 3 401\n$")
    assert.equal(shown, first)
    assert.equal(shown, second)
  end)
end)
