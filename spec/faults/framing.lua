--- HTTP/1 that is not as it should be.

local responses = require "spec.faults.responses"

local answer, answer_and_go_on = responses.answer, responses.answer_and_go_on
local http = responses.http

local OBJECT = responses.OBJECT
local WHOLE = http(OBJECT)
local CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n"
local CHUNKED = "Transfer-Encoding: chunked\r\n"
local LAST_CHUNK = "\r\n0\r\n"
local FOREVER = 1e9

-- A response whose body has that length, whatever it says.
local function with_length(length)
  return http(OBJECT, "Content-Length: " .. length .. "\r\n")
end


local function chunked(body)
  return http(body, CHUNKED)
end


return {
  { "a Content-Length that is too large", connection = answer(with_length(99)),
    expect = "transport", head = "ok", cause = "PARTIAL_FILE" },
  { "one that is too large, and a connection that stays",
    connection = answer_and_go_on(with_length(99)), slow = true,
    expect = "timeout", head = "ok" },
  { "one that is too small", connection = answer(with_length(3)),
    expect = "protocol", empty = "ok", head = "ok" },
  { "one that is too small, and a connection that stays",
    connection = answer_and_go_on(with_length(3)),
    expect = "protocol", empty = "ok", head = "ok" },
  { "bytes after the body", connection = answer_and_go_on(WHOLE .. WHOLE),
    expect = "ok" },
  { "a Content-Length that is negative", connection = answer(with_length(-7)),
    expect = "transport" },
  { "one that is no number", connection = answer(with_length("seven")),
    expect = "transport" },
  { "one that no number can hold",
    connection = answer(with_length(("9"):rep(30))), expect = "ok" },
  { "none, and a connection that is closed", connection = answer(http(OBJECT,
    "")), expect = "ok" },
  { "a Content-Length and chunks",
    connection = answer(http("7\r\n" .. OBJECT .. "\r\n0\r\n\r\n",
      "Content-Length: 3\r\n" .. CHUNKED)), expect = "ok" },

  { "a chunk without a size", connection = answer(chunked("zz\r\n" .. OBJECT)),
    expect = "transport", head = "ok" },
  { "a chunk whose size no number can hold",
    connection = answer(chunked(("F"):rep(40) .. "\r\n" .. OBJECT)),
    expect = "transport", head = "ok" },
  { "chunks without an end",
    connection = answer(chunked("7\r\n" .. OBJECT .. "\r\n")),
    expect = "transport", head = "ok" },
  { "a chunk that is cut", connection = answer(chunked("f\r\n" .. OBJECT)),
    expect = "transport", head = "ok" },
  { "chunks for ever",
    connection = { { "request" }, { "send", chunked("") },
      { "send", "400\r\n" .. (" "):rep(1024) .. "\r\n", FOREVER } },
    expect = "protocol", empty = "ok", head = "ok" },

  { "chunks of less than nothing", connection = answer(chunked("-7\r\n"
    .. OBJECT .. LAST_CHUNK .. "\r\n")), expect = "transport", head = "ok" },
  { "a chunk that has notes without an end",
    connection = { { "request" }, { "send", chunked("7;note=") },
      { "send", ("x"):rep(1024), FOREVER } },
    slow = true, expect = "timeout", head = "ok" },
  { "chunks and headers after them", connection = answer_and_go_on(chunked(
    "7\r\n" .. OBJECT .. LAST_CHUNK .. "Content-Length: 99\r\n\r\n")),
    expect = "ok" },
  { "chunks and a status line after them", connection = answer(chunked(
    "7\r\n" .. OBJECT .. LAST_CHUNK .. "HTTP/1.1 503 No\r\n\r\n")),
    expect = "transport", head = "ok", cause = "RECV_ERROR" },
  { "chunks and a header after them that begins like a status line",
    connection = answer_and_go_on(chunked(
      "7\r\n" .. OBJECT .. LAST_CHUNK .. "HTTP/1.1: 503 No\r\n\r\n")),
    expect = "ok" },
  { "chunks and headers for ever after them",
    connection = { { "request" },
      { "send", chunked("7\r\n" .. OBJECT .. LAST_CHUNK) },
      { "send", ("X-Many: 0123456789\r\n"):rep(50), FOREVER } },
    expect = "protocol", empty = "ok", head = "ok" },
  { "chunks and a header without an end after them",
    connection = { { "request" },
      { "send", chunked("7\r\n" .. OBJECT .. LAST_CHUNK .. "X: ") },
      { "send", ("x"):rep(1024), FOREVER } },
    expect = "transport", head = "ok", cause = "RECV_ERROR" },
  { "chunks that are cut after the last", connection = answer(chunked(
    "7\r\n" .. OBJECT .. LAST_CHUNK .. "X: a")), expect = "transport",
    head = "ok" },
  { "chunks of a coding that nobody knows", connection = answer(http(OBJECT,
    "Transfer-Encoding: rot13\r\n")), expect = "protocol", empty = "ok",
    head = "ok" },

  { "2000 interim responses",
    connection = { { "request" }, { "send", CONTINUE, 2000 },
      { "send", WHOLE } }, expect = "ok" },
  { "2000 interim responses and no other",
    connection = answer(CONTINUE, 2000), expect = "transport" },
  { "interim responses for ever",
    connection = answer(CONTINUE:rep(100), FOREVER), expect = "transport" },
  { "a switch of protocols that nobody asked for",
    connection = answer("HTTP/1.1 101 Switching Protocols\r\n"
      .. "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
    expect = "transport" },

  { "interim responses with too many headers",
    connection = answer("HTTP/1.1 103 Early Hints\r\n"
      .. ("X-Many: 0123456789\r\n"):rep(4000) .. "\r\n" .. WHOLE),
    expect = "transport" },
  { "an interim response with a body",
    connection = answer("HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n"
      .. "\r\nabc" .. WHOLE), expect = "transport",
    cause = "UNSUPPORTED_PROTOCOL" },
  { "answered before it is asked",
    connection = { { "send", WHOLE }, { "request" }, { "tunnel" } },
    early = true, expect = "ok" },
  { "a last response, and a connection that stays",
    connection = { { "request" },
      { "send", http(OBJECT, "Content-Length: 7\r\nConnection: close\r\n") },
      { "hold" } }, expect = "ok" },
  { "where else to go, for ever",
    connection = answer_and_go_on(http(OBJECT, "Content-Length: 7\r\n"
      .. "Location: http://localhost:1/\r\nRefresh: 0; url=/\r\n"
      .. 'Alt-Svc: h2="localhost:1"; persist=1\r\n'
      .. "Strict-Transport-Security: max-age=9\r\nSet-Cookie: a=b\r\n")),
    expect = "ok" },

  { "a header of 100 KB",
    connection = answer(http(OBJECT, "X: " .. ("x"):rep(102400) .. "\r\n")),
    expect = "transport", cause = "TOO_LARGE" },
  { "10 000 headers",
    connection = answer(http(OBJECT, ("X-Many: 0123456789\r\n"):rep(10000))),
    expect = "protocol", empty = "ok", head = "ok" },
  { "headers for ever",
    connection = { { "request" }, { "send", "HTTP/1.1 200 OK\r\n" },
      { "send", ("X-Many: 0123456789\r\n"):rep(50), FOREVER } },
    expect = "protocol", empty = "ok", head = "ok" },
  { "a NUL in a header",
    connection = answer(http(OBJECT, "X: a\0b\r\nContent-Length: 7\r\n")),
    expect = "transport" },
  { "a header without a colon",
    connection = answer(http(OBJECT, "X\r\nContent-Length: 7\r\n")),
    expect = "transport" },
  { "a header over several lines",
    connection = answer(http(OBJECT, "X: a\r\n b\r\nContent-Length: 7\r\n")),
    expect = "ok" },
  { "a header over lines for ever",
    connection = { { "request" }, { "send", "HTTP/1.1 200 OK\r\nX: a\r\n" },
      { "send", (" b\r\n"):rep(50), FOREVER } },
    expect = "protocol", empty = "ok", head = "ok",
    unfolded = { expect = "transport", cause = "TOO_LARGE" } },
  { "a header that goes on before it has begun",
    connection = answer("HTTP/1.1 200 OK\r\n a\r\n\r\n"),
    expect = "transport" },
  { "a length over several lines",
    connection = answer(http(OBJECT, "Content-Length:\r\n 7\r\n")),
    expect = "transport", unfolded = { expect = "ok" } },
  { "a header that looks like a status line",
    connection = answer(http(OBJECT, "HTTP/1.1 503 No: a\r\n"
      .. "Content-Length: 7\r\n")), expect = "ok" },
  { "empty lines for ever",
    connection = { { "request" }, { "send", ("\r\n"):rep(500), FOREVER } },
    expect = "transport" },
  { "a status line for ever",
    connection = { { "request" }, { "send", "HTTP/1.1 200 " },
      { "send", ("x"):rep(1024), FOREVER } }, expect = "transport",
    cause = "TOO_LARGE" },
  { "lines without CR", connection = answer((WHOLE:gsub("\r", ""))),
    expect = "ok" },

  { "HTTP/0.9", connection = answer(OBJECT), expect = "transport" },
  { "HTTP/1.0",
    connection = answer("HTTP/1.0 200 OK\r\n\r\n" .. OBJECT), expect = "ok" },
  { "HTTP/2 in the words of HTTP/1",
    connection = answer("HTTP/2 200\r\nContent-Length: 7\r\n\r\n" .. OBJECT),
    expect = "ok" },
  { "HTTP/7.3",
    connection = answer((WHOLE:gsub("1%.1", "7.3", 1))),
    expect = "transport" },
  { "a status line without a status",
    connection = answer("HTTP/1.1 OK\r\n\r\n"), expect = "transport" },
  { "a status of two digits",
    connection = answer(http(OBJECT, nil, "20 OK")), expect = "transport" },
  { "a status of 000", connection = answer(http(OBJECT, nil, "000 No")),
    expect = "transport" },
  { "a status of 099", connection = answer(http(OBJECT, nil, "099 No")),
    expect = "transport" },
  { "a status of four digits",
    connection = answer(http(OBJECT, nil, "2000 OK")), expect = "transport",
    cause = "UNSUPPORTED_PROTOCOL" },
  { "a status of four digits and no words",
    connection = answer("HTTP/1.1 2000\r\nContent-Length: 7\r\n\r\n"
      .. OBJECT), expect = "transport", cause = "UNSUPPORTED_PROTOCOL" },
  { "an interim status of four digits",
    connection = answer("HTTP/1.1 1000 Continue\r\n\r\n" .. WHOLE),
    expect = "transport", cause = "UNSUPPORTED_PROTOCOL" },
  { "a status of four digits after an interim one",
    connection = answer(CONTINUE .. http(OBJECT, nil, "2000 OK")),
    expect = "transport", cause = "UNSUPPORTED_PROTOCOL" },
  { "a status of thirty digits",
    connection = answer(http(OBJECT, nil, ("2"):rep(30) .. " OK")),
    expect = "transport", cause = "UNSUPPORTED_PROTOCOL" },
  { "a status of three digits and no space after it",
    connection = answer(http(OBJECT, nil, "200")), expect = "ok" },
  { "another protocol's greeting",
    connection = answer("220 mail.example.com ESMTP\r\n"),
    expect = "transport" },
}
