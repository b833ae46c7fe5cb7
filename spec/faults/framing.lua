--- HTTP/1 that is not as it should be.

local replies = require "spec.faults.replies"

local answer, answer_and_go_on = replies.answer, replies.answer_and_go_on
local http = replies.http

local OBJECT = replies.OBJECT
local WHOLE = http(OBJECT)
local CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n"
local CHUNKED = "Transfer-Encoding: chunked\r\n"
local FOREVER = 1e9

-- A reply whose body has that length, whatever it says.
local function with_length(length)
  return http(OBJECT, "Content-Length: " .. length .. "\r\n")
end


local function chunked(body)
  return http(body, CHUNKED)
end


return {
  { "a Content-Length that is too large", connection = answer(with_length(99)),
    expect = "transport", head = "fine", cause = "PARTIAL_FILE" },
  { "one that is too large, and a connection that stays",
    connection = answer_and_go_on(with_length(99)), slow = true,
    expect = "timeout", head = "fine" },
  { "one that is too small", connection = answer(with_length(3)),
    expect = "protocol", empty = "fine", head = "fine" },
  { "one that is too small, and a connection that stays",
    connection = answer_and_go_on(with_length(3)),
    expect = "protocol", empty = "fine", head = "fine" },
  { "bytes after the body", connection = answer_and_go_on(WHOLE .. WHOLE),
    expect = "fine" },
  { "a Content-Length that is negative", connection = answer(with_length(-7)),
    expect = "transport" },
  { "one that is no number", connection = answer(with_length("seven")),
    expect = "transport" },
  { "one that no number can hold",
    connection = answer(with_length(("9"):rep(30))), expect = "fine" },
  { "none, and a connection that is closed", connection = answer(http(OBJECT,
    "")), expect = "fine" },
  { "a Content-Length and chunks",
    connection = answer(http("7\r\n" .. OBJECT .. "\r\n0\r\n\r\n",
      "Content-Length: 3\r\n" .. CHUNKED)), expect = "fine" },

  { "a chunk without a size", connection = answer(chunked("zz\r\n" .. OBJECT)),
    expect = "transport", head = "fine" },
  { "a chunk whose size no number can hold",
    connection = answer(chunked(("F"):rep(40) .. "\r\n" .. OBJECT)),
    expect = "transport", head = "fine" },
  { "chunks without an end",
    connection = answer(chunked("7\r\n" .. OBJECT .. "\r\n")),
    expect = "transport", head = "fine" },
  { "a chunk that is cut", connection = answer(chunked("f\r\n" .. OBJECT)),
    expect = "transport", head = "fine" },
  { "chunks for ever",
    connection = { { "request" }, { "send", chunked("") },
      { "send", "400\r\n" .. (" "):rep(1024) .. "\r\n", FOREVER } },
    expect = "protocol", empty = "fine", head = "fine" },

  { "2000 interim replies",
    connection = { { "request" }, { "send", CONTINUE, 2000 },
      { "send", WHOLE } }, expect = "fine" },
  { "2000 interim replies and no other",
    connection = answer(CONTINUE, 2000), expect = "transport" },
  { "interim replies for ever",
    connection = answer(CONTINUE:rep(100), FOREVER), expect = "transport" },
  { "a switch of protocols that nobody asked for",
    connection = answer("HTTP/1.1 101 Switching Protocols\r\n"
      .. "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
    expect = "transport" },

  { "a header of 100 KB",
    connection = answer(http(OBJECT, "X: " .. ("x"):rep(102400) .. "\r\n")),
    expect = "transport" },
  { "10 000 headers",
    connection = answer(http(OBJECT, ("X-Many: 0123456789\r\n"):rep(10000))),
    expect = "protocol", empty = "fine", head = "fine" },
  { "headers for ever",
    connection = { { "request" }, { "send", "HTTP/1.1 200 OK\r\n" },
      { "send", ("X-Many: 0123456789\r\n"):rep(50), FOREVER } },
    expect = "protocol", empty = "fine", head = "fine" },
  { "a NUL in a header",
    connection = answer(http(OBJECT, "X: a\0b\r\nContent-Length: 7\r\n")),
    expect = "transport" },
  { "a header without a colon",
    connection = answer(http(OBJECT, "X\r\nContent-Length: 7\r\n")),
    expect = "transport" },
  { "a header over several lines",
    connection = answer(http(OBJECT, "X: a\r\n b\r\nContent-Length: 7\r\n")),
    expect = "fine" },
  { "lines without CR", connection = answer((WHOLE:gsub("\r", ""))),
    expect = "fine" },

  { "HTTP/0.9", connection = answer(OBJECT), expect = "transport" },
  { "HTTP/1.0",
    connection = answer("HTTP/1.0 200 OK\r\n\r\n" .. OBJECT), expect = "fine" },
  { "HTTP/2 in the words of HTTP/1",
    connection = answer("HTTP/2 200\r\nContent-Length: 7\r\n\r\n" .. OBJECT),
    expect = "fine" },
  { "HTTP/7.3",
    connection = answer((WHOLE:gsub("1%.1", "7.3", 1))),
    expect = "transport" },
  { "a status line without a status",
    connection = answer("HTTP/1.1 OK\r\n\r\n"), expect = "transport" },
  { "a status of two digits",
    connection = answer(http(OBJECT, nil, "20 OK")), expect = "transport" },
  { "a status of four digits",
    connection = answer(http(OBJECT, nil, "2000 OK")), expect = "transport" },
  { "another protocol's greeting",
    connection = answer("220 mail.example.com ESMTP\r\n"),
    expect = "transport" },
}
