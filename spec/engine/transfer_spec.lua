--- One transfer: the bytes that it sends, what it reads, and its limits.

local fixtures = require("spec.support.fixtures")
local socket = require("socket")
local system = require("spec.support.system")


-- A whole HTTP/1.1 response with the given body and Content-Length.
local function raw_response(body, head)
  return ("HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
    .. "Content-Length: %d\r\n%s\r\n%s"):format(
    head and head.status or "200 OK", head and head.length or #body,
    head and head.lines or "", body)
end


describe("a transfer", function()
  local emulator, engine, token

  before_each(function()
    emulator = fixtures.emulator()
    token = emulator.tokens.admin
    engine = fixtures.engine()
  end)

  after_each(function()
    -- whatever came before, the next call works
    assert.is_table((engine:get_tokens_me({ access_token = token })))
    engine:close()
  end)

  local function call(extra)
    local arguments = extra or {}
    arguments.access_token = token
    return engine:get_tokens_me(arguments)
  end

  local function answer(raw)
    emulator:fault({ raw = raw })
    return call()
  end

  describe("sends exactly", function()
    local function sent(operation, arguments)
      arguments.access_token = token
      arguments.user_agent = "gctokens/test"
      engine[operation](engine, arguments)
      local requests = emulator:requests()
      return requests[#requests].raw, requests[#requests].body
    end

    local function head(line, extra)
      return line .. " HTTP/1.1\r\n"
        .. "Host: " .. emulator.http_url:gsub("^http://", "") .. "\r\n"
        .. "Authorization: Bearer " .. token .. "\r\n"
        .. "Accept: application/json\r\n"
        .. (extra or "") .. "User-Agent: gctokens/test\r\n"
        .. "Accept-Encoding: gzip\r\n"
    end

    it("the documented request of each operation", function()
      assert.equal(head("GET /api/v2/tokens/me") .. "\r\n",
        (sent("get_tokens_me", {})))
      assert.equal(head("GET /api/v2/tokens/me?preserveIdleTTL=false")
        .. "\r\n", (sent("get_tokens_me", { preserve_idle_ttl = false })))
      assert.equal(head("HEAD /api/v2/tokens/me") .. "\r\n",
        (sent("head_tokens_me", {})))
      assert.equal(head("GET /api/v2/tokens/timeout") .. "\r\n",
        (sent("get_tokens_timeout", {})))
      assert.equal(head("DELETE /api/v2/tokens/a%2Fb%20%2E.%C3%BC")
        :gsub("%%2E", ".") .. "\r\n",
        (sent("delete_token", { user_id = "a/b ..\195\188" })))
      local raw, body = sent("put_tokens_timeout", {
        body = { idleTokenTimeoutSeconds = 600 },
      })
      assert.equal(head("PUT /api/v2/tokens/timeout",
        "Content-Type: application/json\r\n")
        .. "Content-Length: 31\r\n\r\n", raw)
      assert.equal('{"idleTokenTimeoutSeconds":600}', body)
    end)

    it("no body and no type for a PUT without one", function()
      local raw, body = sent("put_tokens_timeout", {})
      assert.equal(head("PUT /api/v2/tokens/timeout")
        .. "Content-Length: 0\r\n\r\n", raw)
      assert.equal("", body)
    end)

    it("the caller's headers", function()
      assert.matches("\r\nX%-Trace: a b\r\n",
        (sent("get_tokens_me", { headers = { ["X-Trace"] = "a b" } })))
    end)

    it("the same over HTTP/2", function()
      local tls = fixtures.engine({
        base_url = emulator.https_url, ca_file = emulator.ca_file,
      })
      tls:put_tokens_timeout({ access_token = token, body = {} })
      tls:close()
      local request = emulator:requests()[1]
      assert.equal("2.0", request.http_version)
      assert.equal("PUT", request.method)
      assert.equal("/api/v2/tokens/timeout", request.uri)
      assert.equal("Bearer " .. token, request.headers.authorization)
      assert.equal("application/json", request.headers["content-type"])
      assert.equal("{}", request.body)
    end)
  end)

  describe("reads", function()
    it("a response in any framing", function()
      for _, raw in ipairs({
        raw_response('{"a":1}'),
        'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"a":1}',
        'HTTP/1.0 200 OK\r\n\r\n{"a":1}',
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          .. '3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n',
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          .. '7\r\n{"a":1}\r\n0\r\nX-Trailer: 1\r\n\r\n',
        "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
          .. raw_response('{"a":1}'),
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 102 P\r\n\r\n"
          .. raw_response('{"a":1}'),
        "HTTP/1.1 200\r\nContent-Length: 7\r\n\r\n" .. '{"a":1}',
      }) do
        local info, err, response = answer(raw)
        assert.is_nil(err and err.message)
        assert.same({ a = 1 }, info)
        assert.is_nil(response.headers["x-early"])
      end
    end)

    it("compressed responses", function()
      local _, _, response = call()
      assert.equal("gzip", response.headers["content-encoding"])
    end)

    it("unknown statuses as what their class says", function()
      assert.same({ a = 1 }, (answer(raw_response('{"a":1}', {
        status = "299 Fine",
      }))))
      for _, status in ipairs({ 304, 418, 499, 599, 600, 999 }) do
        local _, err = answer(raw_response("{}", { status = status .. " Odd" }))
        assert.equal("api", err.kind)
        assert.equal(status, err.status)
        assert.is_false(err.retryable)
      end
    end)

    it("repeated headers joined", function()
      local _, _, response = answer(raw_response("{}", {
        lines = "X-A: 1\r\nx-a: 2\r\nX-A: 3\r\n",
      }))
      assert.equal("1, 2, 3", response.headers["x-a"])
    end)
  end)

  it("never follows a redirect", function()
    for _, status in ipairs({ "301", "302", "303", "307", "308" }) do
      emulator:clear_requests()
      local _, err = answer(raw_response("", {
        status = status .. " Moved",
        lines = "Location: " .. emulator.http_url .. "/elsewhere\r\n",
      }))
      assert.equal("api", err.kind)
      assert.equal(tonumber(status), err.status)
      assert.equal(1, #emulator:requests())
    end
  end)

  describe("that brings no usable response", function()
    it("is a transport error, with libcurl's name for the cause", function()
      for raw, cause in pairs({
        [""] = "GOT_NOTHING",
        ["garbage\r\n\r\n"] = "UNSUPPORTED_PROTOCOL",
        ["HTTP/1.1 200 OK\r\nContent-Le"] = "PARTIAL_FILE",
        [raw_response('{"a":1}', { length = 100 })] = "PARTIAL_FILE",
        ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"] =
          "PARTIAL_FILE",
        ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"] =
          "RECV_ERROR",
      }) do
        local _, err = answer(raw)
        assert.equal("transport", err.kind)
        assert.is_true(err.retryable)
        assert.equal(cause, err.cause)
        assert.is_true(err.response.sent >= 1)
      end
    end)

    it("is one also when the connection is reset or cut", function()
      -- twice: libcurl itself repeats once on a kept connection
      emulator:fault({ reset = true, count = 2 })
      local _, err = call()
      assert.equal("transport", err.kind)
      emulator:clear_faults()
      emulator:fault({ cut = 10 })
      _, err = call()
      assert.equal("transport", err.kind)
      assert.equal("PARTIAL_FILE", err.cause)
    end)

    it("says whether the request may have arrived", function()
      local nowhere = fixtures.engine({ base_url = "http://127.0.0.1:1" })
      local _, err = nowhere:get_tokens_me({ access_token = token })
      nowhere:close()
      assert.equal("COULDNT_CONNECT", err.cause)
      assert.equal(0, err.response.sent)
      assert.matches("GET http://127.0.0.1:1/api/v2/tokens/me", err.message)
    end)

    it("is a transport error for a name that does not exist", function()
      local nowhere = fixtures.engine({ base_url = "https://no.invalid" })
      local _, err = nowhere:get_tokens_me({ access_token = token })
      nowhere:close()
      assert.equal("transport", err.kind)
      assert.equal("COULDNT_RESOLVE_HOST", err.cause)
    end)
  end)

  describe("that takes too long", function()
    it("is a timeout", function()
      emulator:fault({ delay = 3 })
      local _, err = call({ timeout = 0.2 })
      assert.equal("timeout", err.kind)
      assert.equal("OPERATION_TIMEDOUT", err.cause)
      assert.is_true(err.retryable)
      assert.is_true(err.response.elapsed < 2)
    end)

    it("is one, too, for less than libcurl's shortest time", function()
      emulator:fault({ delay = 3 })
      local _, err = call({ timeout = 1e-9, connect_timeout = 1e-9 })
      assert.equal("timeout", err.kind)
    end)
  end)

  describe("that brings too much", function()
    it("is never buffered past the cap", function()
      emulator:fault({ fill = 100 * 2 ^ 20 })
      local before = engine:stats().bytes_received
      local _, err = call()
      assert.equal("protocol", err.kind)
      assert.matches("too large %(more than 1048576 bytes", err.message)
      assert.is_false(err.retryable)
      assert.is_true(engine:stats().bytes_received - before < 4 * 2 ^ 20)
    end)

    it("is measured after decompression", function()
      local small = fixtures.engine({ max_response_bytes = 300 })
      local _, err, response = small:get_tokens_me({ access_token = token })
      assert.is_nil(response)
      assert.equal("protocol", err.kind)
      small:close()
    end)

    it("is still the error that its status says", function()
      emulator:fault({ fill = 2 ^ 21, status = 503 })
      local _, err = call()
      assert.equal("api", err.kind)
      assert.equal(503, err.status)
      assert.is_true(err.retryable)
      assert.equal(4096, #err.body)
    end)

    it("is success where no body was promised", function()
      emulator:fault({ fill = 2 ^ 21 })
      assert.is_true((engine:delete_token({
        access_token = token, user_id = "u1",
      })))
    end)

    it("is refused also when it is the headers", function()
      for _, lines in ipairs({
        "X-Long: " .. ("x"):rep(100000) .. "\r\n",
        ("X-Many: 0123456789\r\n"):rep(10000),
      }) do
        local _, err = answer(raw_response("{}", { lines = lines }))
        assert.is_truthy(err.kind == "protocol" or err.kind == "transport")
        assert.is_true(#err.message < 500)
      end
    end)

    it("takes header lines of 60 KB", function()
      local _, _, response = answer(raw_response("{}", {
        lines = "X-Long: " .. ("x"):rep(60000) .. "\r\n",
      }))
      assert.equal(60000, #response.headers["x-long"])
    end)
  end)

  it("whose body cannot be decompressed is a protocol error", function()
    local _, err = answer(raw_response("not gzip at all", {
      lines = "Content-Encoding: gzip\r\n",
    }))
    assert.equal("protocol", err.kind)
    _, err = answer(raw_response("not gzip", {
      status = "503 Busy", lines = "Content-Encoding: gzip\r\n",
    }))
    assert.equal("api", err.kind)
    assert.equal(503, err.status)
  end)

  describe("over TLS", function()
    local function tls(options)
      options.base_url = options.base_url or emulator.https_url
      local secure = fixtures.engine(options)
      local info, err = secure:get_tokens_me({ access_token = token })
      secure:close()
      return info, err
    end

    it("trusts what the caller names", function()
      assert.is_table((tls({ ca_file = emulator.ca_file })))
    end)

    it("is a tls error when the certificate cannot be trusted", function()
      -- In a directory OpenSSL looks for the names that c_rehash gives, GnuTLS
      -- for all there is.
      local empty = system.make_directory()
      finally(function()
        system.remove_directory(empty)
      end)
      for _, options in ipairs({
        {}, { ca_path = empty }, { ca_file = "/nonexistent/ca.pem" },
      }) do
        emulator:clear_requests()
        local info, err = tls(options)
        assert.is_nil(info)
        assert.equal("tls", err.kind)
        assert.is_false(err.retryable)
        assert.equal(0, #emulator:requests())
        assert.equal(0, err.response.sent)
      end
    end)

    it("is a tls error when the certificate is one to refuse", function()
      emulator:clear_requests()
      for _, name in ipairs({ "expired", "wrong_host", "foreign" }) do
        local info, err = tls({
          base_url = emulator[name .. "_url"], ca_file = emulator.ca_file,
        })
        assert.is_nil(info)
        assert.equal("tls", err.kind)
        assert.is_false(err.retryable)
        assert.equal(0, err.response.sent)
      end
      assert.equal(0, #emulator:requests())
    end)

    it("is a tls error when the server speaks no TLS", function()
      local info, err = tls({
        base_url = emulator.http_url:gsub("^http:", "https:"),
      })
      assert.is_nil(info)
      assert.equal("tls", err.kind)
    end)

    it("is a tls error when the client's certificate is no file", function()
      local info, err = tls({
        ca_file = emulator.ca_file, client_cert = "/nonexistent.pem",
      })
      assert.is_nil(info)
      assert.equal("tls", err.kind)
    end)
  end)

  it("goes through the proxy that the caller names", function()
    local proxied = fixtures.engine({
      base_url = "http://api.example.com", allow_http = true,
      proxy = emulator.http_url,
    })
    proxied:head_tokens_me({ access_token = token })
    proxied:close()
    assert.matches("^HEAD http://api.example.com/api/v2/tokens/me HTTP/1.1",
      emulator:requests()[1].raw)
    local direct = fixtures.engine({
      proxy = "http://127.0.0.1:1", no_proxy = "127.0.0.1",
      allow_http = true,
    })
    assert.is_true((direct:head_tokens_me({ access_token = token })))
    direct:close()
  end)

  it("tells a proxy where it goes over https, and no more", function()
    local proxy = assert(socket.bind("127.0.0.1", 0))
    local _, port = proxy:getsockname()
    local proxied = fixtures.engine({
      base_url = "https://api.example.com",
      proxy = ("http://127.0.0.1:%d"):format(port),
    })
    assert(proxied:start("get_tokens_me", {
      access_token = token, headers = { ["X-Own"] = "hunter2" },
    }))
    proxy:settimeout(0)
    local peer
    local seen = ""
    assert.is_true(system.wait_until(function()
      proxied:step(0)
      peer = peer or proxy:accept()
      if peer then
        peer:settimeout(0)
        local all, _, part = peer:receive("*a")
        seen = seen .. (all or part)
      end
      return seen:find("\r\n\r\n", 1, true)
    end))
    assert.matches("^CONNECT api.example.com:443 HTTP/1.1\r\n", seen)
    for _, hidden in ipairs({ token, "Authorization", "X-Own", "hunter2" }) do
      assert.is_nil(seen:find(hidden, 1, true), hidden)
    end
    peer:close()
    proxy:close()
    proxied:close()
  end)

  it("shows no proxy the clear text that is for this machine", function()
    local past = fixtures.engine({ proxy = "http://127.0.0.1:1" })
    assert.is_true((past:head_tokens_me({ access_token = token })))
    past:close()
    local output = fixtures.run(("http_proxy=http://127.0.0.1:1 LUA_PATH=%s "
      .. "LUA_CPATH=%s %s -e %s"):format(fixtures.quote(package.path),
      fixtures.quote(package.cpath), os.getenv("GCTOKENS_LUA"),
      fixtures.quote(([[print(require("gctokens").new({
        base_url = %q, access_token = %q }):head_tokens_me())]]):format(
        emulator.http_url, token))))
    assert.matches("^true\t", output)
  end)

  it("masks a credential that an error echoes", function()
    local _, err = answer(raw_response(
      '{"message":"bad token ' .. token .. '","code":"x"}',
      { status = "400 Bad", lines = "X-Echo: " .. token .. "\r\n" }))
    assert.is_nil(err.body:find(token, 1, true))
    assert.is_nil(err.message:find(token, 1, true))
    assert.is_nil(err.response.headers["x-echo"]:find(token, 1, true))
    assert.matches("bad token %*%*%*", err.message)
  end)
end)
