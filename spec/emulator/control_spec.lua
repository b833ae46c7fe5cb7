-- The emulator's control API, and how it is started and stopped: what other
-- specs rely on when they make things go wrong.

local http_clients = require "spec.support.http_client"
local cjson = require "cjson"
local emulators = require "spec.support.emulator"
local mime = require "mime"
local socket = require "socket"
local system = require "spec.support.system"

local ME = "/api/v2/tokens/me"


-- Returns the first line a shell command prints.
local function sh(command)
  local pipe = assert(io.popen(command))
  local line = pipe:read("*l")
  pipe:close()
  return line
end


local function exists(path)
  return sh("test -e '" .. path .. "' && echo yes") == "yes"
end


describe("the emulator's control API", function()
  local emulator, caller, call =
    http_clients.beside_specs(setup, teardown, before_each)

  it("tells where it is and what it is seeded with", function()
    local status, _, body = call("GET", "/_emulator/")
    local facts = cjson.decode(body)
    assert.equal(200, status)
    assert.equal(emulator.http_url, facts.http_url)
    assert.same(emulator.tokens, facts.tokens)
    assert.same(emulator.users, facts.users)
    assert.same(emulator.clients, facts.clients)
    assert.is_true(facts.settings.record)
    for _, token in pairs(facts.tokens) do
      assert.equal(86, #token)
    end
  end)

  it("resets everything", function()
    call("DELETE", ME, "agent")
    call("PUT", "/api/v2/tokens/timeout", "admin",
      '{"enableIdleTokenTimeout":false}',
      { ["Content-Type"] = "application/json" })
    emulator:settings({ rate_per_minute = 1, hipaa = true })
    emulator:fault({ status = 500 })
    emulator:advance(100000)
    emulator:reset()
    local facts = cjson.decode((select(3, call("GET", "/_emulator/"))))
    assert.equal(0, facts.settings.rate_per_minute)
    assert.is_false(facts.settings.hipaa)
    assert.is_true(facts.timeout.enableIdleTokenTimeout)
    assert.truthy(math.abs(facts.now - os.time()) < 1000)
    assert.same({}, (emulator:requests()))
    assert.equal(200, (call("GET", ME, "agent")))
  end)

  it("refuses input that makes no sense", function()
    for _, case in ipairs({
      { "faults", "{" },
      { "faults", "[]" },
      { "faults", "{}" },
      { "faults", '{"count":2}' },
      { "faults", '{"stauts":500}' },
      { "faults", '{"status":"500"}' },
      { "faults", '{"status":99}' },
      { "faults", '{"fill":1}' },
      { "faults", '{"drip":0}' },
      { "faults", '{"raw_base64":"*"}' },
      { "faults", '{"reset":true,"path":"me"}' },
      { "settings", '{"rate_per_minute":-1}' },
      { "tokens", '{"user":"nobody"}' },
      { "tokens", '{"client":"nothing"}' },
      { "clock", '{"advance":-1}' },
    }) do
      local status, _, body = call(
        "POST", "/_emulator/" .. case[1], nil, case[2]
      )
      assert.equal(400, status)
      assert.truthy(#cjson.decode(body).error > 0)
    end
    assert.equal(404, (call("GET", "/_emulator/nothing")))
    assert.has_error(function()
      emulator:fault({ stauts = 500 })
    end)
  end)

  it("issues tokens to order", function()
    local path = "/api/v2/tokens/" .. emulator.users.agent
    local token = emulator:issue({
      user = "agent",
      permissions = { "oauth:token:delete" },
      access_token = "made-to-order",
    })
    assert.equal("made-to-order", token)
    assert.equal(204, (call("DELETE", path, token)))
    assert.equal(403, (call("DELETE", path, emulator:issue({
      permissions = {},
    }))))
    assert.equal(204, (call("DELETE", path, emulator:issue())))
    assert.equal(403, (call("DELETE", path, emulator:issue({
      client = emulator.clients.limited.id,
    }))))
  end)

  describe("recording", function()
    it("keeps requests exactly as they came", function()
      local body = "\0\1\255 not JSON"
      call("PUT", "/api/v2/tokens/a%2Fb?x=%20&y", "agent", body, {
        ["X-Odd_Name"] = "value",
      })
      call("GET", ME)
      local requests, total = emulator:requests()
      local put, get = requests[1], requests[2]
      assert.equal(2, total)
      assert.equal("PUT", put.method)
      assert.equal("/api/v2/tokens/a%2Fb?x=%20&y", put.uri)
      assert.equal("1.1", put.http_version)
      assert.equal("value", put.headers["x-odd_name"])
      assert.equal(body, put.body)
      assert.truthy(put.raw:find("^PUT /api/v2/tokens/a%%2Fb%?x=%%20&y HTTP"))
      assert.truthy(put.raw:find("\r\n\r\n$"))
      assert.equal(405, put.status)
      assert.equal(ME, get.uri)
      assert.equal("", get.body)
      assert.equal(401, get.status)
      assert.is_not.equal(put.connection, get.connection)
      assert.equal(1, get.connection_requests)
      assert.truthy(get.time >= put.time)
    end)

    it("can be cleared and switched off", function()
      call("GET", ME)
      emulator:clear_requests()
      emulator:settings({ record = false })
      call("GET", ME)
      assert.same({}, (emulator:requests()))
      emulator:settings({ record = true })
      call("HEAD", ME)
      local requests, total = emulator:requests()
      assert.equal("HEAD", requests[1].method)
      assert.equal(1, total)
    end)

    it("keeps a bounded number", function()
      local url = emulator.http_url .. "/[1-2010]"
      caller:curl("-o /dev/null '" .. url .. "'")
      local requests, total = emulator:requests()
      assert.equal(2010, total)
      assert.equal(2000, #requests)
      assert.equal("/11", requests[1].uri)
      assert.equal("/2010", requests[2000].uri)
      assert.equal(requests[1].connection, requests[2000].connection)
    end)

    it("covers HTTP/2 over TLS", function()
      caller:curl_me(emulator.https_url, "-d '' -X DELETE")
      local request = emulator:requests()[1]
      assert.equal("2.0", request.http_version)
      assert.equal("DELETE", request.method)
      assert.is_nil(request.raw)
      assert.equal(200, request.status)
    end)
  end)

  describe("faults", function()
    it("happen in order, as often as told, where they match", function()
      emulator:fault({ status = 500, count = 2, method = "HEAD" })
      emulator:fault({ status = 502, path = ME })
      emulator:fault({ status = 503 })
      assert.equal(502, (call("GET", ME .. "?x", "agent")))
      assert.equal(503, (call("GET", ME, "agent")))
      assert.equal(200, (call("GET", ME, "agent")))
      assert.equal(500, (call("HEAD", ME, "agent")))
      assert.equal(500, (call("HEAD", "/oauth/token")))
      assert.equal(200, (call("HEAD", ME, "agent")))
      emulator:fault({ status = 500 })
      emulator:clear_faults()
      assert.equal(200, (call("GET", ME, "agent")))
    end)

    it("give any status, headers and body", function()
      emulator:fault({
        status = 301,
        headers = {
          Location = "http://127.0.0.1:1/",
          ["X-List"] = { "a", "b" },
          ["Content-Type"] = "text/html",
          ["ININ-Correlation-Id"] = false,
        },
        body = "<p>moved</p>",
      })
      local status, headers, body = call("GET", ME, "agent")
      assert.equal(301, status)
      assert.equal("http://127.0.0.1:1/", headers.location)
      assert.equal("a, b", headers["x-list"])
      assert.equal("text/html", headers["content-type"])
      assert.is_nil(headers["inin-correlation-id"])
      assert.equal("<p>moved</p>", body)
      assert.equal(301, emulator:requests()[1].status)
    end)

    it("give an error as the API words it", function()
      emulator:fault({ code = "service.unavailable" })
      local status, headers, body = call("GET", ME, "agent")
      assert.equal(503, status)
      assert.equal("service.unavailable", cjson.decode(body).code)
      assert.equal(
        headers["inin-correlation-id"], cjson.decode(body).contextId
      )
    end)

    it("only add a delay or a header to the usual response", function()
      emulator:fault({ delay = 0.01, headers = { ["X-Slow"] = "yes" } })
      local status, headers = call("GET", ME, "agent")
      assert.equal(200, status)
      assert.equal("yes", headers["x-slow"])
    end)

    it("send raw bytes in place of a response", function()
      emulator:fault({
        raw = "HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nhi",
      })
      local status, _, body = call("GET", ME, "agent")
      assert.equal(299, status)
      assert.equal("hi", body)
      emulator:fault({ raw_base64 = mime.b64("\255\0garbage") })
      local output = caller:curl_me(emulator.http_url, "--http0.9 -o -")
      assert.equal("\255\0garbage", output)
      emulator:fault({ raw = "" })
      assert.equal(52, (select(2, caller:curl_me(emulator.http_url))))
      assert.is_nil(emulator:requests()[1].status)
    end)

    it("reset the connection, before or after the work", function()
      emulator:fault({ reset = true })
      local output, code = caller:curl_me(emulator.http_url)
      assert.equal(56, code)
      assert.truthy(output:find("reset by peer", 1, true))
      assert.equal(200, (call("GET", ME, "agent")))
      emulator:fault({ reset = true, then_process = true })
      assert.equal("closed", (call("DELETE", ME, "agent")))
      assert.equal(401, (call("GET", ME, "agent")))
    end)

    it("may do the work and response something else", function()
      emulator:fault({ code = "request.timeout", then_process = true })
      assert.equal(504, (call("DELETE", ME, "agent")))
      assert.equal(401, (call("GET", ME, "agent")))
    end)

    it("cut a response short", function()
      emulator:fault({ cut = 10 })
      local output, code = caller:curl_me(
        emulator.http_url,
        "--compressed -D - -o /dev/null -w 'got %{size_download}.'"
      )
      assert.equal(18, code)
      assert.truthy(output:find("got 10.", 1, true))
      assert.truthy(output:find("Content%-Length: %d%d%d"))
    end)

    it("send a response byte by byte", function()
      local port = emulator.http_url:match("%d+$")
      emulator:fault({ raw = "HTTP/1.1 200 OK", drip = 3600 })
      emulator:fault({ body = "slow", drip = 3600 })
      for _, start in ipairs({ "^H", "^HTTP/1.1 200 OK\r\n.*\r\n\r\ns" }) do
        local connection = assert(socket.connect("127.0.0.1", port))
        local received = ""
        connection:send("GET " .. ME .. " HTTP/1.1\r\nHost: h\r\n\r\n")
        connection:settimeout(0)
        assert.is_true(system.wait_until(function()
          local _, _, part = connection:receive("*a")
          received = received .. part
          return received:find(start .. "$")
        end))
        assert.same({ nil, "timeout", "" }, { connection:receive(1) })
        connection:close()
      end
    end)

    it("send all of a response byte by byte", function()
      emulator:fault({ body = "slow", drip = 0.001 })
      emulator:fault({ body = "slowly", drip = 0.001, cut = 4 })
      emulator:fault({
        raw = "HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n", drip = 0.001,
      })
      assert.equal("slow", (select(3, call("GET", ME, "agent"))))
      assert.equal(18, (select(2, caller:curl_me(emulator.http_url))))
      assert.equal(299, (call("GET", ME, "agent")))
    end)

    it("fill a response with any number of bytes", function()
      emulator:fault({ fill = 13 })
      emulator:fault({ fill = 3000000 })
      local _, _, smallest = call("GET", ME, "agent")
      local _, headers, body = call("GET", ME, "agent")
      assert.equal("", cjson.decode(smallest).filler)
      assert.equal(3000000, #body)
      assert.equal("3000000", headers["content-length"])
      assert.equal(3000000 - 13, #cjson.decode(body).filler)
    end)

    it("work over TLS with both versions of HTTP", function()
      for _, case in ipairs({
        { "--http1.1", { reset = true }, 56 },
        { "--http1.1", { raw = "HTTP/1.1 200 OK\r\n\r\n" }, 0 },
        { "--http1.1", { cut = 1 }, 18 },
        { "--http2", { reset = true }, 92 },
        { "--http2", { cut = 1 }, 92 },
        { "--http2", { fill = 100000 }, 0 },
      }) do
        emulator:fault(case[2])
        local _, code = caller:curl_me(emulator.https_url, case[1])
        assert.equal(case[3], code)
      end
      emulator:fault({ raw = "x" })
      local output = caller:curl_me(emulator.https_url, "--http2")
      assert.truthy(output:find("raw faults need HTTP/1", 1, true))
    end)
  end)

  it("compresses responses for those who accept it", function()
    local plain = caller:curl_me(emulator.http_url)
    local output = caller:curl_me(emulator.http_url, "--compressed -i")
    assert.truthy(output:find("Content-Encoding: gzip", 1, true))
    assert.equal(
      cjson.decode(plain).OAuthClient.id,
      cjson.decode(output:match("\r\n\r\n(.*)")).OAuthClient.id
    )
  end)

  it("shows a certificate for loopback that its CA vouches for", function()
    local port = emulator.https_url:match("%d+$")
    for _, host in ipairs({ "localhost", "127.0.0.1" }) do
      local output, code = caller:curl_me("https://" .. host .. ":" .. port)
      assert.equal(0, code)
      assert.truthy(cjson.decode(output).organization)
    end
    assert.equal(60, (select(2, caller:curl_me(
      "https://example.test:" .. port,
      "--resolve example.test:" .. port .. ":127.0.0.1"
    ))))
  end)

  it("shows certificates that nobody should trust", function()
    local host = emulator.wrong_host_url:gsub("127.0.0.1", "wrong-host.test")
    local resolve = "--resolve "
      .. host:gsub("^https://(.*):", "%1:") .. ":127.0.0.1"
    for url, case in pairs({
      [emulator.expired_url] = { "certificate has expired", "-k" },
      [emulator.wrong_host_url] = {
        "no alternative certificate", resolve, host,
      },
      [emulator.foreign_url] = {
        "certificate", "--cacert " .. emulator.foreign_ca_file,
      },
    }) do
      local output, code = caller:curl_me(url)
      assert.equal(60, code)
      assert.matches(case[1], output, 1, true)
      output, code = caller:curl_me(case[3] or url, case[2])
      assert.equal(0, code, output)
      assert.truthy(cjson.decode(output).organization)
    end
  end)
end)


describe("starting and stopping the emulator", function()
  it("gives two at once nothing in common", function()
    local first, second = emulators.start(), emulators.start()
    http_clients.new(first):call("DELETE", ME, "agent")
    first:fault({ status = 500 })
    assert.equal(200, (http_clients.new(second):call("GET", ME, "agent")))
    assert.equal(1, #second:requests())
    first:stop()
    assert.equal(200, (http_clients.new(second):call("GET", ME, "agent")))
    second:stop()
    second:stop()
    assert.is_false(exists(second.directory))
  end)

  it("lets it go down and up where it was", function()
    local emulator = emulators.start()
    local caller = http_clients.new(emulator)
    local url, token = emulator.https_url, emulator.tokens.client
    local ca = assert(system.read(emulator.ca_file))
    emulator:down()
    assert.equal("connection refused", (caller:call("GET", ME, "agent")))
    assert.equal(7, (select(2, caller:curl_me(url))))
    emulator:up()
    assert.equal(200, (caller:call("GET", ME, "agent")))
    assert.equal(0, (select(2, caller:curl_me(url))))
    assert.equal(token, emulator.tokens.client)
    assert.equal(ca, system.read(emulator.ca_file))
    http_clients.stop(emulator)
  end)

  it("fails with a message when a given port is taken", function()
    local holder = assert(socket.bind("127.0.0.1", 0))
    local port = select(2, holder:getsockname())
    local ok, message = pcall(emulators.start, { port = tonumber(port) })
    holder:close()
    assert.is_false(ok)
    assert.truthy(message:find("in use", 1, true))
  end)

  it("ends it when its owner is gone", function()
    local directory = sh("mktemp -d") .. "/with a space"
    local owner = sh("sleep 600 > /dev/null & echo $!")
    assert.is_nil(sh(
      "spec/emulator/start --owner " .. owner .. " --temporary '"
        .. directory .. "' 2>&1"
    ))
    local pid = sh("cat '" .. directory .. "/nginx.pid'")
    assert.is_true(exists("/proc/" .. pid))
    sh("kill " .. owner)
    assert.is_true(system.wait_until(function()
      return not exists("/proc/" .. pid)
    end))
    assert.is_false(exists(directory))
    sh("rmdir '" .. directory:match("^(.*)/") .. "'")
  end)
end)
