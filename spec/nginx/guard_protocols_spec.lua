-- The guard with every kind of request that nginx takes: HTTP/2, HEAD, OPTIONS,
-- upgraded and long ones, and calls of gRPC. Real gRPC clients are in
-- spec/clients.

local cjson = require("cjson")
local fixtures = require("spec.support.fixtures")
local guarded_nginx = require("spec.support.guarded_nginx")
local socket = require("socket")
local system = require("spec.support.system")

local bearer = guarded_nginx.bearer
local PATH = "/api/v2/tokens/me"
local TIMEOUT = 10 -- seconds for any single read or write

local SERVER = [[
  access_log access.log calls;

  location = /pages {
    access_by_lua_block { guard:access({ refusals = "nginx" }) }
    content_by_lua_block { ngx.print("passed") }
    error_page 401 /page;
  }
  location = /page { return 200 page; }
  location = /scoped {
    access_by_lua_block { guard:access({ scopes = "never" }) }
    content_by_lua_block { ngx.print("passed") }
  }
  location = /by_rewrite {
    rewrite_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print("passed") }
  }
  location = /by_content {
    content_by_lua_block {
      guard:access()
      ngx.print("passed")
    }
  }
  location = /missing {
    return 404;
    error_page 404 @guarded;
  }
  location @guarded {
    access_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print("passed") }
  }
  location = /judged {
    auth_request /by_content;
    content_by_lua_block { ngx.print("passed") }
  }
  # A gateway that asks another one whether a request may pass.
  location = /asked {
    auth_request /ask;
    content_by_lua_block { ngx.print("passed") }
  }
  location = /ask {
    internal;
    proxy_pass http://127.0.0.1:@PORT_1@/by_content;
  }

  # Sends back each line that it gets.
  location = /upgrade {
    access_by_lua_block { guard:access() }
    proxy_pass http://127.0.0.1:@PORT_1@/echo;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection upgrade;
  }
  location = /echo {
    content_by_lua_block {
      ngx.req.read_body()
      local connection = ngx.req.socket(true)
      connection:send("HTTP/1.1 101 Switching Protocols\r\n"
        .. "Connection: upgrade\r\nUpgrade: lines\r\n\r\n")
      while true do
        local line = connection:receive("*l")
        if not line then
          return
        end
        connection:send(line .. "\n")
      end
    }
  }
  # Sends a line, and another one when it is told to.
  location = /events {
    access_by_lua_block { guard:access() }
    proxy_pass http://127.0.0.1:@PORT_1@/source;
    proxy_http_version 1.1;
    proxy_buffering off;
  }
  location = /source {
    content_by_lua_block {
      ngx.header.content_type = "text/event-stream"
      ngx.say("data: first\n")
      ngx.flush(true)
      while not ngx.shared.events:get("second") do
        ngx.sleep(0.01)
      end
      ngx.say("data: second\n")
    }
  }
  location = /tell {
    content_by_lua_block { ngx.shared.events:set("second", true) }
  }
]]


describe("the guard #once", function()
  local emulator, gateway, token

  setup(function()
    emulator = fixtures.emulator()
    gateway = guarded_nginx.start({
      server = SERVER, tls = true,
      http = "lua_shared_dict events 64k;"
        .. "log_format calls '$request_uri $status $sent_http_grpc_status';",
    }, { error_ttl = 0.01, breaker = false })
  end)

  teardown(function()
    assert.equal("", gateway:stop())
  end)

  before_each(function()
    emulator:reset()
    token = emulator:issue()
  end)

  -- The status, headers and body of a request over HTTP/2 by curl. `options`
  -- are for the shell.
  local function curl(path, options)
    local output, code = system.run(("curl --silent --show-error --http2 "
      .. "--include --max-time 10 --cacert %s %s %s%s"):format(
      system.quote(gateway.ca_file), options or "", gateway.tls_url, path))
    assert.equal(0, code, output)
    local head, body = output:gsub("\r", ""):match("^(.-\n)\n(.*)$")
    local status = tonumber(head:match("^HTTP/2 (%d+)"))
    local headers = {}
    for name, value in head:gmatch("\n([^:\n]+): ([^\n]*)") do
      headers[name] = value
    end
    return status, headers, body
  end

  local function authorization(credentials)
    return "-H 'Authorization: " .. credentials .. "' "
  end

  -- A call of gRPC, without its messages. `content_type` and `method` are for
  -- what is no such call.
  local function call(path, credentials, content_type, method)
    return curl(path, ("-X %s -H 'Content-Type: %s' %s"):format(
      method or "POST", content_type or "application/grpc",
      credentials and authorization(credentials) or ""))
  end

  local function refuses(status, error, actual, headers, body)
    assert.equal(status, actual)
    assert.equal(error, cjson.decode(body).error)
    assert.equal("application/json", headers["content-type"])
    assert.is_nil(headers["grpc-status"])
  end

  describe("over HTTP/2", function()
    it("lets through, and refuses", function()
      assert.equal("Example Insurance miss miss",
        (select(3, curl("/who", authorization("Bearer " .. token)))))
      refuses(401, "invalid_token",
        curl("/who", authorization("Bearer invalid")))
      refuses(401, "unauthorized", curl("/who"))
      refuses(400, "invalid_request", curl("/who", authorization("Basic YQ")))
    end)

    it("refuses a request with a body, and keeps the connection", function()
      local large = gateway.directory .. "/large"
      system.write(large, ("x"):rep(300000))
      local output = system.run(("curl --silent --http2 --cacert %s "
        .. "--write-out ' %%{http_code}/%%{num_connects}' "
        .. "--data-binary @%s %s/who --next --silent --http2 --cacert %s "
        .. "--write-out ' %%{http_code}/%%{num_connects}' %s %s/who"):format(
        gateway.ca_file, large, gateway.tls_url,
        gateway.ca_file, authorization("Bearer " .. token), gateway.tls_url))
      assert.matches(" 401/1.* 200/0$", output)
    end)

    it("refuses with nginx's page", function()
      local status, headers, body = curl("/pages")
      assert.equal(401, status)
      assert.matches("^Bearer realm", headers["www-authenticate"])
      assert.equal("page", body)
    end)
  end)

  describe("with a method", function()
    for _, method in ipairs({ "HEAD", "OPTIONS", "PROPFIND" }) do
      it("of " .. method .. " wants a token as with any other", function()
        for _, case in ipairs({
          { "Bearer " .. token, 200 }, { "Bearer invalid", 401 },
          { "Basic YQ", 400 },
        }) do
          local status, headers, body = gateway:request({
            method = method, path = "/who",
            headers = { Authorization = case[1] },
          })
          assert.equal(case[2], status)
          if method == "HEAD" then
            assert.equal("", body)
            assert.equal(status ~= 200, headers["content-length"] ~= nil)
          end
        end
        assert.equal(401, (gateway:request({ method = method, path = "/who" })))
      end)
    end
  end)

  describe("with a request that lasts", function()
    local function open(lines)
      local connection = assert(socket.connect("127.0.0.1", gateway.port))
      connection:settimeout(TIMEOUT)
      connection:send(table.concat(lines, "\r\n") .. "\r\n\r\n")
      return connection
    end

    -- The token is invalid from here on, for the gateway, too.
    local function revoke()
      assert.equal("true",
        (select(3, gateway:get("/call?method=revoke&with=" .. token))))
      assert.equal(401, (gateway:get("/who", bearer(token))))
    end

    it("leaves an upgraded connection alone once it is let through", function()
      local connection = open({
        "GET /upgrade HTTP/1.1", "Host: a", "Connection: upgrade",
        "Upgrade: lines", "Authorization: Bearer " .. token,
      })
      assert.equal("HTTP/1.1 101 Switching Protocols",
        connection:receive("*l"))
      repeat
        local line = assert(connection:receive("*l"))
      until line == ""
      connection:send("first\n")
      assert.equal("first", connection:receive("*l"))
      revoke()
      connection:send("second\n")
      assert.equal("second", connection:receive("*l"))
      connection:close()
    end)

    it("refuses an upgrade as any other request", function()
      local status, headers, body = gateway:get("/upgrade", {
        Connection = "upgrade", Upgrade = "lines",
      })
      refuses(401, "unauthorized", status, headers, body)
      assert.is_nil(headers.upgrade)
    end)

    it("leaves a response alone that goes on", function()
      local connection = open({
        "GET /events HTTP/1.0", "Authorization: Bearer " .. token,
      })
      repeat
        local line = assert(connection:receive("*l"))
      until line == "data: first"
      revoke()
      gateway:get("/tell")
      assert.equal("\ndata: second\n\n", connection:receive("*a"))
      connection:close()
    end)
  end)

  describe("refuses a call of gRPC", function()
    -- HTTP says that all is well, gRPC why it is not.
    local function refuses_call(grpc_status, text, status, headers, body)
      assert.equal(200, status)
      assert.equal(tostring(grpc_status), headers["grpc-status"])
      assert.matches(text, headers["grpc-message"])
      assert.equal("application/grpc", headers["content-type"])
      assert.equal("0", headers["content-length"])
      assert.equal("no-store", headers["cache-control"])
      assert.equal("", body)
      -- The encoding that gRPC prescribes changes nothing in such a text.
      assert.is_nil(headers["grpc-message"]:find("[^ -~]"))
      assert.is_nil(headers["grpc-message"]:find("%", 1, true))
      return headers
    end

    for _, path in ipairs({ "/who", "/by_rewrite", "/by_content" }) do
      it("in the phase of " .. path, function()
        local challenge = refuses_call(16, "a bearer token is needed",
          call(path))["www-authenticate"]
        assert.equal('Bearer realm="Genesys Cloud"', challenge)
        refuses_call(16, "expired, revoked or unknown",
          call(path, "Bearer invalid"))
        refuses_call(16, "bearer token", call(path, "Basic YQ"))
        local status, headers = call(path, "Bearer " .. token)
        assert.equal(200, status)
        assert.is_nil(headers["grpc-status"])
      end)
    end

    it("at an error page, with no error of HTTP", function()
      assert.equal(404, (call("/missing", "Bearer " .. token)))
      refuses_call(16, "a bearer token is needed", call("/missing"))
    end)

    it("that the policy does not allow", function()
      local headers = refuses_call(7, "does not give access",
        call("/scoped", "Bearer " .. token))
      assert.matches('scope="never"$', headers["www-authenticate"])
    end)

    it("that cannot be judged, and says when to try again", function()
      emulator:fault({ path = PATH, status = 500, count = 1000 })
      local headers = refuses_call(14, "cannot be verified at the moment",
        call("/who", "Bearer " .. token))
      assert.equal("1", headers["retry-after"])
      assert.equal("1000", headers["grpc-retry-pushback-ms"])
      emulator:clear_faults()
      emulator:fault({
        path = PATH, status = 429, headers = { ["Retry-After"] = "7" },
        count = 1000,
      })
      headers = refuses_call(14, "too many",
        call("/who", "Bearer " .. emulator:issue()))
      assert.equal("7000", headers["grpc-retry-pushback-ms"])
      gateway:clear_log()
    end)

    it("whatever follows the content type", function()
      for _, content_type in ipairs({
        "application/grpc+proto", "application/grpc+json",
        "Application/GRPC", "application/grpc;charset=utf-8",
        "application/grpc+proto ; a=b", "application/grpc ; a=b",
      }) do
        refuses_call(16, "needed", call("/who", nil, content_type))
      end
    end)

    it("with its status in the access log", function()
      call("/who?logged")
      assert.is_true(system.wait_until(function()
        return system.read(gateway.directory .. "/access.log")
          :find("/who?logged 200 16\n", 1, true)
      end))
    end)

    it("and counts it as what it is", function()
      local series = 'gctokens_guard_requests_total{outcome="missing"}'
      local before = guarded_nginx.metric(gateway, series)
      call("/who")
      assert.equal(before + 1, guarded_nginx.metric(gateway, series))
    end)
  end)

  -- To these, a 200 could say that they may pass.
  describe("takes for no call of gRPC", function()
    it("another content type", function()
      for _, content_type in ipairs({
        "application/grpc-web", "application/grpc-web+proto",
        "application/grpc-web-text", "application/grpcx", "application/json",
        "text/plain, application/grpc", "",
      }) do
        refuses(401, "unauthorized", call("/who", nil, content_type))
      end
    end)

    it("another method", function()
      for _, method in ipairs({ "GET", "PUT", "OPTIONS" }) do
        refuses(401, "unauthorized", call("/who", nil, nil, method))
      end
    end)

    it("HTTP/1.1", function()
      refuses(401, "unauthorized", gateway:request({
        method = "POST", path = "/who", body = "hello",
        headers = { ["Content-Type"] = "application/grpc" },
      }))
    end)

    it("what a policy refuses with nginx's page", function()
      local status, headers, body = call("/pages")
      assert.equal(401, status)
      assert.is_nil(headers["grpc-status"])
      assert.equal("page", body)
    end)

    it("a subrequest, or a question of another gateway", function()
      for _, path in ipairs({ "/judged", "/asked" }) do
        for _, credentials in ipairs({ "Bearer invalid", false }) do
          local status, _, body = call(path, credentials)
          assert.equal(401, status, path)
          assert.is_nil(body:find("passed", 1, true))
        end
        local status, _, body = call(path, "Bearer " .. token)
        assert.equal(200, status)
        assert.equal("passed", body)
      end
    end)
  end)
end)
