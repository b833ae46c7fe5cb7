-- nginx begins a request anew when it sends it on to another location: index,
-- try_files, error_page, ngx.exec and the like. A request that was let through
-- goes on, even if the guard has hidden its credentials. No other one does.

local guarded_nginx = require("spec.support.guarded_nginx")
local nginx = require("spec.support.nginx")
local fixtures = require("spec.support.fixtures")
local socket = require("socket")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local PATH = "/api/v2/tokens/me"

-- At each location; collects garbage first, which a verdict must survive.
local GUARD = "access_by_lua_block { collectgarbage() guard:access(%s) }\n"

-- Location -> options of its policy, and what nginx does there.
local LOCATIONS = {
  -- Where all ways end: shows what the application learns of the token.
  ["= /last"] = { "", [[
    content_by_lua_block {
      local headers = ngx.req.get_headers()
      ngx.print(ngx.ctx.gctokens.client_id, " ",
        headers["X-Genesys-Client-Id"], " ",
        tostring(rawget(headers, "x_genesys_client_id")), " ",
        tostring(headers.Authorization))
    }
  ]] },
  ["@last"] = { "", "content_by_lua_block { ngx.exec('/last') }" },

  ["/static/"] = { "", "root .; index index.txt;" },
  ["/site/"] = { "", "root .; index none /last;" },
  ["/missing/"] = { "", "root .; error_page 404 = /last;" },
  ["/named/"] = { "", "root .; error_page 404 = @last;" },
  ["/try/"] = { "", "root .; try_files $uri $uri/ /last;" },
  ["/try_named/"] = { "", "root .; try_files $uri @last;" },
  ["= /exec"] = { "", "content_by_lua_block { ngx.exec('/last') }" },
  ["= /exec_named"] = { "", "content_by_lua_block { ngx.exec('@last') }" },
  ["= /twice"] = { "", "content_by_lua_block { ngx.exec('/exec_named') }" },
  ["= /bad_gateway"] = { "", [[
    proxy_pass http://127.0.0.1:1;
    error_page 502 = /last;
  ]] },
  ["= /timeout"] = { "", [[
    proxy_pass http://127.0.0.1:@PORT_1@/status?is=504;
    proxy_intercept_errors on;
    error_page 504 = /exec;
  ]] },
  ["= /forbidden"] = { "", [[
    proxy_pass http://127.0.0.1:@PORT_1@/status?is=403;
    proxy_intercept_errors on;
    error_page 403 = @last;
  ]] },
  ["= /accelerated"] = { "",
    "proxy_pass http://127.0.0.1:@PORT_1@/accelerate;" },
  ["= /rewritten"] = { "", "rewrite ^ /exec last;" },
  ["= /replaced"] = { "", [[
    content_by_lua_block {
      ngx.req.set_header("Authorization", ngx.unescape_uri(ngx.var.arg_by))
      ngx.exec("/last")
    }
  ]] },
  ["= /spoofed"] = { "", [[
    content_by_lua_block {
      ngx.req.set_header("X_Genesys_Client_Id", "spoofed")
      ngx.req.set_header("X-Genesys-Client-Id", "spoofed")
      ngx.exec("/last")
    }
  ]] },
  ["= /flushed"] = { "", [[
    content_by_lua_block { guard:flush() ngx.exec("/last") }
  ]] },
  ["= /to_strict"] = { "", "content_by_lua_block { ngx.exec('/strict') }" },
  ["= /strict"] = { "{ scopes = 'never' }", "content_by_lua_block { }" },
  ["= /to_asked"] = { "", [[
    content_by_lua_block { ngx.exec("/asked", ngx.var.args) }
  ]] },
  ["= /asked"] = { "{ allow = function(who) return who.client_id == "
    .. "ngx.var.arg_client end }", "content_by_lua_block { }" },
  ["= /to_shown"] = { "", "content_by_lua_block { ngx.exec('/shown') }" },
  ["= /shown"] = { "{ hide_credentials = false }",
    "content_by_lua_block { ngx.exec('/last') }" },
  ["= /lenient"] = { "{ fail_open = true }", [[
    content_by_lua_block {
      if ngx.var.arg_to then
        return ngx.exec(ngx.var.arg_to)
      end
      ngx.print(tostring(ngx.ctx.gctokens.unverified), " ",
        tostring(ngx.req.get_headers().Authorization))
    }
  ]] },
  ["= /slow"] = { "", [[
    content_by_lua_block {
      ngx.sleep(0.001 * math.random(20))
      ngx.exec("/last")
    }
  ]] },
  ["= /to_other"] = { "", "content_by_lua_block { ngx.exec('/other') }" },
  ["= /to_same"] = { "", "content_by_lua_block { ngx.exec('/same') }" },
}

local SERVER = [[
  keepalive_requests 100000;

  location = /open { content_by_lua_block { ngx.exec(ngx.var.arg_to) } }
  location = /other {
    access_by_lua_block { other:access() }
    content_by_lua_block { ngx.print(ngx.ctx.gctokens.client_id) }
  }
  location = /same {
    access_by_lua_block { same:access() }
    content_by_lua_block { ngx.print(ngx.ctx.gctokens.client_id) }
  }
  location = /status {
    content_by_lua_block { ngx.exit(tonumber(ngx.var.arg_is)) }
  }
  location = /accelerate {
    content_by_lua_block { ngx.header["X-Accel-Redirect"] = "/last" }
  }

  # The guard in every phase of one location.
  location = /phases {
    rewrite_by_lua_block { guard:access() }
    access_by_lua_block {
      guard:access({ clients = ngx.ctx.gctokens.client_id })
    }
    content_by_lua_block {
      guard:access()
      ngx.print(ngx.ctx.gctokens.client_id)
    }
  }
  # Sent on before the access phase has ended.
  location = /early_exec {
    access_by_lua_block {
      guard:access()
      return ngx.exec("/last")
    }
  }
  location = /earlier_exec {
    rewrite_by_lua_block {
      guard:access()
      return ngx.exec("@last")
    }
  }
  location = /early_end {
    access_by_lua_block {
      guard:access()
      return ngx.exit(404)
    }
    error_page 404 =200 /internal;
  }
  location = /internal {
    internal;
    access_by_lua_block { guard:access() }
    content_by_lua_block { ngx.exec("/last") }
  }
  location = /jump {
    rewrite_by_lua_block {
      guard:access()
      ngx.req.set_uri("/exec", true)
    }
  }
  location = /heap {
    content_by_lua_block {
      collectgarbage()
      collectgarbage()
      ngx.print(collectgarbage("count"))
    }
  }
  location = /light {
    access_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print("passed") }
  }
  # What a subrequest of a request that was let through gets.
  location = /inner {
    rewrite_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print("passed") }
  }
  location = /outer {
    access_by_lua_block { guard:access() }
    content_by_lua_block {
      ngx.print(ngx.location.capture("/inner").status)
    }
  }
]]

for place, location in pairs(LOCATIONS) do
  SERVER = SERVER .. ("location %s {\n%s%s}\n"):format(
    place, GUARD:format(location[1]), location[2])
end


describe("a request that nginx sends on #once", function()
  local emulator, gateway, token, client

  setup(function()
    emulator = fixtures.emulator()
    gateway = nginx.start(guarded_nginx.options({
      tls = true,
      server = SERVER,
      after = ("same = require('gctokens.guard').new(%s)\n"
        .. "other = require('gctokens.guard').new(%s)\n"):format(
          fixtures.literal({ base_url = emulator.http_url }),
          fixtures.literal({
            base_url = emulator.https_url, ca_file = emulator.ca_file,
          })),
    }, { hide_credentials = true, error_ttl = 0.01, breaker = false }))
    for _, name in ipairs({ "site", "static", "try" }) do
      system.run("mkdir " .. system.quote(gateway.directory .. "/" .. name))
    end
    system.write(gateway.directory .. "/static/index.txt", "a file")
  end)

  teardown(function()
    gateway:stop()
  end)

  before_each(function()
    emulator:reset()
    token = emulator:issue({ client = "desktop" })
    client = emulator.clients.desktop.id
  end)

  local function get(path, headers)
    return gateway:get(path, headers or bearer(token))
  end

  local function assert_goes_on(path)
    local status, _, body = get(path)
    assert.equal(200, status, path)
    assert.equal(client .. " " .. client .. " nil nil", body, path)
  end

  it("goes on, whatever sends it", function()
    for _, path in ipairs({
      "/last", "/site/", "/missing/none", "/named/none",
      "/try/none", "/try_named/none", "/exec", "/exec_named", "/twice",
      "/bad_gateway", "/timeout", "/forbidden", "/accelerated", "/rewritten",
      "/early_exec", "/earlier_exec", "/early_end", "/jump",
      "/to_shown", "/open?to=/last", "/open?to=/twice",
    }) do
      assert_goes_on(path)
    end
    assert.equal("a file", (select(3, get("/static/"))))
    assert.equal(1, (select(2, emulator:requests())))
    gateway:clear_log()
  end)

  it("is checked where it began, and where it is sent from unguarded places",
    function()
      for _, path in ipairs({
        "/exec", "/site/", "/open?to=/last", "/open?to=@last",
        "/open?to=/twice", "/missing/none", "/jump", "/phases",
      }) do
        assert.equal(401, (get(path, {})), path)
        assert.equal(401, (get(path, bearer("invalid"))), path)
        assert.equal(400, (get(path, { Authorization = "Basic YTpi" })), path)
      end
    end)

  it("goes on through each phase of a location", function()
    local status, _, body = get("/phases")
    assert.equal(200, status)
    assert.equal(client, body)
  end)

  it("tells nobody what another has put into its headers", function()
    assert_goes_on("/spoofed")
  end)

  it("goes on whatever the application puts in the place of its credentials",
    function()
      for _, value in ipairs({
        "Basic YTpi", "Bearer of%20another%20kind", "Bearer invalid",
        "Bearer%20" .. emulator:issue({ client = "service" }),
      }) do
        local status, _, body = get("/replaced?by=" .. value:gsub(" ", "%%20"))
        assert.equal(200, status, value)
        assert.equal(client .. " " .. client .. " nil nil", body)
      end
      assert.equal(1, (select(2, emulator:requests())))
    end)

  it("goes on when its token is revoked meanwhile, or Genesys fails", function()
    for _, fault in ipairs({
      { code = "bad.credentials" }, { status = 500 }, { reset = true },
    }) do
      token = emulator:issue({ client = "desktop" })
      assert.equal(200, (get("/last")))
      fault.path, fault.count = PATH, 1000
      emulator:fault(fault)
      assert_goes_on("/flushed")
      emulator:clear_faults()
    end
    gateway:clear_log()
  end)

  it("is checked by the policy of each location", function()
    assert.equal(403, (get("/to_strict")))
    assert.equal(200, (get("/to_asked?client=" .. client)))
    assert.equal(403, (get("/to_asked?client=another")))
    assert.equal(1, (select(2, emulator:requests())))
  end)

  it("is let through by another guard of the same API, and no other", function()
    local status, _, body = get("/to_same")
    assert.equal(200, status)
    assert.equal(client, body)
    assert.equal(401, (get("/to_other")))
  end)

  it("stays unverified, and passes where that may be", function()
    emulator:fault({ path = PATH, status = 500, count = 1000 })
    for _, path in ipairs({ "/lenient", "/lenient?to=/lenient" }) do
      local status, headers, body = get(path)
      assert.equal(200, status)
      assert.equal("1", headers["x-gctokens-unverified"])
      assert.equal("true nil", body)
    end
    assert.equal(503, (get("/lenient?to=/last")))
    assert.equal(503, (get("/lenient?to=/twice")))
    gateway:clear_log()
  end)

  it("does not let its subrequests through", function()
    assert.equal("401", (select(3, get("/outer"))))
  end)

  -- The next request, on the same connection, in the same memory.
  it("lets no other through", function()
    local paths = {
      "/last", "/exec", "/site/", "/missing/none", "/twice", "/phases",
      "/open?to=/last", "/accelerated", "/lenient",
    }
    local connection = assert(socket.connect("127.0.0.1", gateway.port))
    connection:settimeout(10) -- seconds for any single read or write
    local function send(path, credentials)
      connection:send("GET " .. path .. " HTTP/1.1\r\nHost: a\r\n"
        .. (credentials and "Authorization: Bearer " .. token .. "\r\n" or "")
        .. "\r\n")
    end
    -- Reads lines until the next response begins; what they hold does not
    -- matter.
    local function status()
      local found
      repeat
        found = assert(connection:receive("*l")):match("HTTP/1.1 (%d+)")
      until found
      return tonumber(found)
    end
    for _, first in ipairs(paths) do
      for _, second in ipairs(paths) do
        send(first, true)
        send(second, false) -- both are there before the first is begun
        assert.equal(200, status(), first)
        assert.equal(401, status(), first .. " then " .. second)
        send(second, false)
        assert.equal(401, status(), first .. " then, later, " .. second)
      end
    end
    connection:close()
    -- Nor on other connections, new ones that nginx keeps in the old's place.
    for _, path in ipairs(paths) do
      assert.equal(200, (get(path)))
      assert.equal(401, (get(path, {})))
    end
  end)

  it("is forgotten when it is over", function()
    local function heap() -- KiB
      return tonumber((select(3, get("/heap"))))
    end
    local function stream(count)
      assert.same({ [200] = count },
        guarded_nginx.stream(gateway, count, "/light", bearer(token)))
    end
    stream(10000)
    local before = heap()
    stream(30000)
    local after = heap()
    -- One that is kept takes more than 100 bytes; the rest is for traces.
    assert.is_true(after < before + 1500, after .. " after " .. before)
  end)

  -- Requests on one connection, each on its own stream: with a token, with
  -- another one, with none. curl reads them from a file.
  it("is not taken for another of the same HTTP/2 connection", function()
    local others = emulator:issue({ client = "service" })
    local config, expected = {}, {}
    for i = 1, 60 do
      local kind = ({ token, others })[i % 3 + 1]
      local output = gateway.directory .. "/response." .. i
      config[i] = ('url = "%s/slow"\noutput = "%s"\n%s'):format(
        gateway.tls_url, output,
        kind and ('header = "Authorization: Bearer %s"\n'):format(kind) or "")
      expected[i] = { output = output, kind = kind }
    end
    system.write(gateway.directory .. "/curl",
      table.concat(config, "next\nsilent\nhttp2\ncacert = \""
        .. gateway.ca_file .. "\"\n"))
    local said, code = system.run(("curl --parallel --parallel-max 60 --silent "
      .. "--http2 --cacert %s --write-out '%%{num_connects} ' -K %s"):format(
      system.quote(gateway.ca_file),
      system.quote(gateway.directory .. "/curl")))
    assert.equal(0, code, said)
    local identities = {
      [token] = client, [others] = emulator.clients.service.id,
    }
    for i, request in ipairs(expected) do
      local body = assert(system.read(request.output))
      local who = identities[request.kind]
      assert.equal(who and who .. " " .. who .. " nil nil" or "a bearer token "
        .. "is needed", body:match('description":"([^"]*)"') or body, i)
    end
  end)
end)
