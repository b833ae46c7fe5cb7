-- Requests that announce their body with "Expect: 100-continue" (RFC 9110
-- section 10.1.1), and bodies of requests that are turned away: the guard does
-- as nginx itself with "deny".

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")
local socket = require("socket")
local system = require("spec.support.system")

local TIMEOUT = 10 -- seconds for any single read or write

local SERVER = [[
  client_max_body_size 10m;

  location = /denied { deny all; }

  location = /read {
    access_by_lua_block { guard:access() }
    content_by_lua_block {
      ngx.req.read_body()
      ngx.print(ngx.req.get_body_data())
    }
  }
  location = /rewrite {
    rewrite_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print("passed") }
  }
  location = /content {
    content_by_lua_block { guard:access() }
  }
  location = /scopes {
    access_by_lua_block { guard:access({ scopes = "never" }) }
    content_by_lua_block { ngx.print("passed") }
  }
  location = /checked {
    access_by_lua_block {
      local who, err = guard:check("invalid")
      if not who then
        return ngx.exit(err.status)
      end
    }
    content_by_lua_block { ngx.print("passed") }
  }

  # Refused by the guard with nginx's page, and by nginx itself.
  location @page { content_by_lua_block { ngx.print("the page") } }
  location = /page { content_by_lua_block { ngx.print("the page") } }
  location = /file.txt { root .; }
  location @proxied {
    rewrite ^ /echo break;
    proxy_pass http://127.0.0.1:@PORT_1@;
  }
  location = /echo {
    content_by_lua_block {
      ngx.req.read_body()
      ngx.print(ngx.req.get_body_data())
    }
  }
]]

-- Location -> its error page.
local PAGES = {
  ["/plain_page"] = "",
  ["/named"] = "error_page 401 403 @page;",
  ["/internal"] = "error_page 401 403 /page;",
  ["/file"] = "error_page 401 403 /file.txt;",
  ["/proxied"] = "error_page 401 403 @proxied;",
}

for path, page in pairs(PAGES) do
  SERVER = SERVER .. ([[
    location = %s {
      access_by_lua_block { guard:access({ refusals = "nginx" }) }
      %s
    }
    location = /denied%s { deny all; %s }
  ]]):format(path, page, path, page)
end


describe("a request that expects 100 Continue #once", function()
  local emulator, gateway, token

  setup(function()
    emulator = fixtures.emulator()
    gateway = guarded_nginx.start({ server = SERVER, tls = true },
      { error_ttl = 60 })
    system.write(gateway.directory .. "/file.txt", "the file")
  end)

  teardown(function()
    gateway:stop()
  end)

  before_each(function()
    emulator:reset()
    token = emulator:issue()
  end)

  local function connect()
    local connection = assert(socket.connect("127.0.0.1", gateway.port))
    connection:settimeout(TIMEOUT)
    return connection
  end

  -- The head of a request, with further header lines.
  local function head(path, lines, version)
    return ("POST %s HTTP/%s\r\nHost: a\r\n%s\r\n\r\n"):format(
      path, version or "1.1", table.concat(lines, "\r\n"))
  end

  -- The status of the next response, or nil when the connection is closed.
  local function receive(connection)
    local line, message = connection:receive("*l")
    if not line then
      assert.equal("closed", message)
      return nil
    end
    local length = 0
    repeat
      local field = assert(connection:receive("*l"))
      local given = field:lower():match("^content%-length: (%d+)")
      length = tonumber(given) or length
    until field == ""
    return tonumber(line:match("^HTTP/1.1 (%d+)")),
      length > 0 and connection:receive(length) or ""
  end

  local EXPECT = "Expect: 100-continue"

  it("is refused without having been asked for its body", function()
    local good = "Authorization: Bearer " .. token
    emulator:fault({ path = "/api/v2/tokens/me", status = 500 })
    for _, case in ipairs({
      { 403, "/denied", good },
      { 503, "/read", "Authorization: Bearer unknown" },
      { 401, "/read", "X-None: none" },
      { 400, "/read", "Authorization: Basic YTpi" },
      { 401, "/read", "Authorization: Bearer invalid" },
      { 403, "/scopes", good },
      { 401, "/rewrite", "Authorization: Bearer invalid" },
      { 401, "/content", "Authorization: Bearer invalid" },
      { 401, "/checked", good },
    }) do
      for _, body in ipairs({
        "Content-Length: 5", "Transfer-Encoding: chunked",
        "Content-Length: 5000000",
      }) do
        local connection = connect()
        connection:send(head(case[2], { EXPECT, case[3], body }))
        assert.equal(case[1], (receive(connection)), case[2] .. " " .. body)
        connection:close()
      end
    end
    gateway:clear_log()
  end)

  it("is told to go on when it is let through", function()
    for _, body in ipairs({
      { "Content-Length: 5", "hello" },
      { "Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n" },
    }) do
      local connection = connect()
      connection:send(head("/read",
        { EXPECT, "Authorization: Bearer " .. token, body[1],
          "Connection: close" }))
      assert.equal("HTTP/1.1 100 Continue", connection:receive("*l"))
      assert.equal("", connection:receive("*l"))
      connection:send(body[2])
      assert.equal(200, (receive(connection)))
      assert.matches("hello", connection:receive("*a"))
      connection:close()
    end
  end)

  it("of HTTP/1.0 is refused at once, and let through at once", function()
    local connection = connect()
    connection:send(head("/read", { EXPECT, "Content-Length: 5" }, "1.0"))
    assert.equal(401, (receive(connection)))
    connection:close()
    connection = connect()
    connection:send(head("/read", { EXPECT, "Content-Length: 5",
      "Authorization: Bearer " .. token }, "1.0") .. "hello")
    assert.equal(200, (receive(connection)))
    connection:close()
  end)

  -- What looks like a request within a body is not taken for one.
  it("leaves its connection in order, whatever its body", function()
    local inner = "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n"
    local large = ("x"):rep(300000)
    for _, path in ipairs({ "/denied", "/read" }) do
      for _, expect in ipairs({ EXPECT, "X-None: none" }) do
        for _, body in ipairs({ inner, large, inner .. large }) do
          for _, framed in ipairs({
            { "Content-Length: " .. #body, body },
            { "Transfer-Encoding: chunked",
              ("%x\r\n%s\r\n0\r\n\r\n"):format(#body, body) },
          }) do
            local connection = connect()
            connection:send(head(path, { expect, framed[1] }))
            local status = receive(connection)
            assert.equal(path == "/denied" and 403 or 401, status)
            connection:send(framed[2])
            connection:send(head("/who", {
              "Content-Length: 0", "Authorization: Bearer " .. token,
            }))
            -- The response to the request behind the body, or a closed
            -- connection.
            local following = receive(connection)
            assert.is_true(following == 200 or following == nil, following)
            connection:close()
          end
        end
      end
    end
  end)

  -- The statuses that come back to a request with a body, and to the next one
  -- on its connection. A request that expects 100 gets the first before its
  -- body is sent.
  local function exchange(path, expects, framing, body)
    local connection = assert(socket.connect("127.0.0.1", gateway.port))
    connection:settimeout(TIMEOUT)
    connection:send(("POST %s HTTP/1.1\r\nHost: a\r\n%s%s\r\n\r\n"):format(
      path, expects and "Expect: 100-continue\r\n" or "", framing))
    local first = expects and assert(connection:receive("*l")) or ""
    connection:send(body .. "GET /plain HTTP/1.1\r\nHost: a\r\n"
      .. "Connection: close\r\n\r\n")
    local statuses = {}
    for status in (first .. connection:receive("*a")):gmatch(
      "HTTP/1.1 (%d+)") do
      statuses[#statuses + 1] = status
    end
    connection:close()
    return (table.concat(statuses, " "):gsub("403", "401"))
  end

  it("is refused with nginx's page as by nginx", function()
    local large = ("x"):rep(300000)
    for path in pairs(PAGES) do
      -- nginx asks nobody for the body of a request that it refuses, but waits
      -- for it where the page is proxied.
      for expects = path == "/proxied" and 0 or 1, 0, -1 do
        for _, body in ipairs({ "hello", large }) do
          for framing, sent in pairs({
            ["Content-Length: " .. #body] = body,
            ["Transfer-Encoding: chunked"] =
              ("%x\r\n%s\r\n0\r\n\r\n"):format(#body, body),
          }) do
            local statuses = exchange(path, expects == 1, framing, sent)
            assert.equal("401 200", statuses, path .. " " .. framing)
            assert.equal(statuses,
              exchange("/denied" .. path, expects == 1, framing, sent))
          end
        end
      end
    end
    gateway:clear_log()
  end)

  it("is refused over HTTP/2, too, and let through", function()
    local function curl(header)
      return (system.run(("curl --silent --show-error --http2 --max-time 10 "
        .. "--cacert %s -H %s -H 'Expect: 100-continue' --data hello "
        .. "--write-out ' %%{http_version} %%{http_code}' %s/read"):format(
        system.quote(gateway.ca_file), system.quote(header),
        gateway.tls_url)))
    end
    assert.matches(" 2 401$", curl("Authorization: Bearer invalid"))
    assert.equal("hello 2 200", curl("Authorization: Bearer " .. token))
  end)
end)
