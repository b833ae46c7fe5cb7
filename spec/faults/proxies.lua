--- A proxy that does not open the tunnel to the API. It is sent no token, and
--- what it says is no answer of the API. A 4xx is final: a wrong login that is
--- repeated locks accounts.

local responses = require "spec.faults.responses"

local FOREVER = 1e9


-- What each connection to the proxy does: `seen` are its CONNECTs.
local function row(name, connection, fields)
  fields[1] = "a proxy: " .. name
  fields.proxy, fields.tls, fields.connection = true, true, connection
  return fields
end


-- A status in place of a tunnel.
local function answers(status, lines)
  local number = tonumber(status:match("^%d+"))
  return row("it answers " .. status, responses.answer(
    responses.http('{"code":"not.genesys"}', lines, status)), {
      expect = "proxy", proxy_status = number, again = number >= 500,
      cause = "PROXY",
    })
end


return {
  answers("403 Forbidden"),
  answers("407 Proxy Authentication Required",
    'Proxy-Authenticate: Basic realm="a"\r\nContent-Length: 22\r\n'),
  answers("400 Bad Request"),
  answers("401 Unauthorized", 'WWW-Authenticate: Basic realm="a"\r\n'
    .. "Content-Length: 22\r\n"),
  answers("404 Not Found"),
  answers("429 Too Many Requests", "Retry-After: 7200\r\n"),
  answers("451 Unavailable For Legal Reasons"),
  answers("500 Internal Server Error"),
  answers("502 Bad Gateway"),
  answers("503 Service Unavailable", "Retry-After: 7200\r\n"),
  answers("504 Gateway Timeout"),
  row("it asks for a login and says no more", {
    { "request" },
    { "send", "HTTP/1.1 407 Proxy Authentication Required\r\n"
      .. "Content-Length: 9\r\nProxy-Authenticate: NTLM\r\n\r\n" },
    { "hold" },
  }, { slow = true, expect = "proxy", proxy_status = 407 }),
  answers("302 Found", "Location: http://localhost:1/\r\n"),
  row("closed before it answers", { { "request" } }, { expect = "transport" }),
  row("reset before it answers", { { "request" }, { "reset" } },
    { expect = "transport" }),
  row("closed within its headers", responses.answer("HTTP/1.1 200 OK\r\nX: "),
    { expect = "transport" }),
  row("silent", { { "request" }, { "hold" } },
    { slow = true, expect = "timeout" }),
  row("no HTTP", responses.answer("220 mail.example.com ESMTP\r\n"),
    { expect = "transport", cause = "RECV_ERROR" }),
  row("a header without an end", {
    { "request" }, { "send", "HTTP/1.1 200 OK\r\nX: " },
    { "send", ("x"):rep(1024), FOREVER },
  }, { expect = "transport" }),
  row("headers for ever", {
    { "request" }, { "send", "HTTP/1.1 200 OK\r\n" },
    { "send", ("X-Many: 0123456789\r\n"):rep(50), FOREVER },
  }, { expect = "transport", cause = "RECV_ERROR" }),
  row("it opens a tunnel and closes it", responses.answer(
    "HTTP/1.1 200 OK\r\n\r\n"), { expect = "tls", again = true }),
  row("it opens a tunnel to another", {
    { "request" }, { "send", "HTTP/1.1 200 OK\r\n\r\n" },
    { "tls", { certificate = "wrong-host" } }, { "request" },
  }, { expect = "tls", seen = 1 }),
  row("it answers in the tunnel", responses.answer(
    "HTTP/1.1 200 OK\r\n\r\n" .. responses.http(responses.OBJECT)),
    { expect = "tls", again = true }),
}
