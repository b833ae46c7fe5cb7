--- HTTP/2: streams that are reset and servers that say goodbye (RFC 9113).
--- Which of libcurl's reads and writes meets the end of a connection first is
--- chance, and so is the cause. A HEAD is over for libcurl when it sees its
--- headers before what went wrong after them.

local DATA, HEADERS, RST_STREAM, SETTINGS = 0, 1, 3, 4 -- types
local PUSH_PROMISE, GOAWAY, WINDOW_UPDATE = 5, 7, 8
local END_STREAM, END_HEADERS = 1, 4 -- flags
local STREAM = 1 -- the client's first

local NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL = 0, 2, 7, 8
local ENHANCE_YOUR_CALM, HTTP_1_1_REQUIRED = 11, 13

local STATUS_200 = "\136" -- an indexed field, RFC 7541 appendix A
-- A field of 4000 bytes that goes to the table, and what stands for it there.
local LONG_FIELD = "\64\1x\127\161\30" .. ("y"):rep(4000)
local AGAIN = "\190"


-- An unsigned number in as many bytes.
local function number(value, bytes)
  local text = ""
  for _ = 1, bytes do
    text = string.char(value % 256) .. text
    value = math.floor(value / 256)
  end
  return text
end


local function frame(kind, flags, stream, payload)
  return number(#payload, 3) .. number(kind, 1) .. number(flags, 1)
    .. number(stream, 4) .. payload
end


local function reset(code, of)
  return frame(RST_STREAM, 0, of or STREAM, number(code, 4))
end


-- `last`: the last stream that the server has done anything for.
local function goodbye(last, code)
  return frame(GOAWAY, 0, 0, number(last, 4) .. number(code, 4))
end


local function headers(block, of)
  return frame(HEADERS, END_HEADERS, of or STREAM, block)
end


local HEAD = headers(STATUS_200)
local HALF_BODY = frame(DATA, 0, STREAM, '{"a"')
local NO_BODY = frame(HEADERS, END_HEADERS + END_STREAM, STREAM, STATUS_200)


-- A connection with one request, which gets these frames and perhaps more
-- steps.
local function stream(frames, ...)
  return {
    { "tls", { alpn = { "h2" } } },
    { "send", frame(SETTINGS, 0, 0, "") },
    { "stream" },
    { "send", frames },
    ...
  }
end


-- A connection on which both attempts get such frames. What is reset after its
-- headers leaves the connection to the next attempt, which would be lost, or
-- not, if it ended there.
local function streams(frames_of)
  return stream(frames_of(STREAM), { "stream" },
    { "send", frames_of(STREAM + 2) })
end


local function row(name, fields)
  fields[1] = "HTTP/2: " .. name
  fields.tls = true
  return fields
end


return {
  -- libcurl before 8.0 repeats by itself what a kept connection refused
  row("the stream is reset by an error of the server", {
    connection = streams(function(of)
      return reset(INTERNAL_ERROR, of)
    end),
    expect = "transport", cause = "HTTP2_STREAM", seen_up_to = 3,
  }),
  row("the stream is cancelled", {
    connection = streams(function(of)
      return reset(CANCEL, of)
    end),
    expect = "transport", cause = "HTTP2_STREAM", seen_up_to = 3,
  }),
  row("the stream is reset to calm us", {
    connection = streams(function(of)
      return reset(ENHANCE_YOUR_CALM, of)
    end),
    expect = "transport", cause = "HTTP2_STREAM", seen_up_to = 3,
  }),
  row("the stream is reset by nginx", {
    response = { reset = true }, expect = "transport",
  }),
  row("the stream is reset after the headers", {
    connection = streams(function(of)
      return headers(STATUS_200, of) .. reset(INTERNAL_ERROR, of)
    end),
    expect = "transport", cause = "HTTP2_STREAM", head_may_be_fine = true,
  }),
  row("the stream is reset within the body", {
    connection = streams(function(of)
      return headers(STATUS_200, of) .. frame(DATA, 0, of, '{"a"')
        .. reset(INTERNAL_ERROR, of)
    end),
    expect = "transport", cause = "HTTP2_STREAM", head_may_be_fine = true,
  }),
  -- which libcurl does by itself, or not, if it sees the end in time
  row("the stream is refused, to be sent again", {
    connections = { stream(reset(REFUSED_STREAM)) }, expect = "ok",
    attempts_up_to = 2, seen = 2,
  }),
  row("the server wants HTTP/1.1", {
    connections = { stream(reset(HTTP_1_1_REQUIRED)) }, expect = "ok",
    attempts_up_to = 2, seen = 2,
  }),
  row("the server goes away and has not begun", {
    connections = { stream(goodbye(0, NO_ERROR)) }, expect = "ok",
    attempts_up_to = 2, seen = 2,
  }),
  row("the server goes away and says that it had begun", {
    connection = stream(goodbye(STREAM, NO_ERROR)), expect = "transport",
  }),
  row("the server goes away because of an error", {
    connection = stream(goodbye(STREAM, INTERNAL_ERROR)), expect = "transport",
  }),
  row("the server goes away after the response", {
    warm = true,
    connections = { stream(NO_BODY .. goodbye(STREAM, NO_ERROR)) },
    expect = "ok",
  }),
  row("the connection is closed before the response", {
    connection = stream(""), expect = "transport",
  }),
  row("the connection is closed within the body", {
    connection = stream(HEAD .. HALF_BODY), expect = "transport",
    head_may_be_fine = true,
  }),
  -- within a second after its use libcurl from 8.22 on does not look whether a
  -- connection has ended
  row("kept, and closed before the next call", {
    warm = true, place = "dropped", expect = "ok", attempts_up_to = 2,
    seen = 1,
  }),
  row("silent", {
    connection = stream("", { "hold" }), slow = true, expect = "timeout",
  }),
  row("a frame of an unknown stream", {
    connection = stream(frame(DATA, 0, 7, "{}")), expect = "transport",
  }),
  row("headers that refer to none", {
    connection = stream(headers("\255\255\1")), expect = "transport",
  }),
  row("headers that are short here and long there", {
    connection = stream(headers(STATUS_200 .. LONG_FIELD
      .. AGAIN:rep(10000))), expect = "transport", cause = "RECV_ERROR",
  }),
  row("headers of 80 KB that are short here", {
    connection = stream(headers(STATUS_200 .. LONG_FIELD .. AGAIN:rep(20))),
    expect = "transport", cause = "RECV_ERROR", other_cause = "SEND_ERROR",
  }),
  row("a setting that is not allowed", {
    connection = stream(frame(SETTINGS, 0, 0, "\0\5\0\0\0\1")),
    expect = "transport",
  }),
  row("a promise that nobody asked for", {
    connection = stream(frame(PUSH_PROMISE, END_HEADERS, STREAM,
      number(2, 4) .. STATUS_200)), expect = "transport",
  }),
  row("a window that is too large", {
    connection = stream(frame(WINDOW_UPDATE, 0, 0, number(2 ^ 31 - 1, 4))),
    expect = "transport",
  }),
  row("HTTP/1 in place of frames", {
    connection = stream("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    expect = "transport",
  }),
  row("no stream is allowed", {
    connection = stream(frame(SETTINGS, 0, 0, "\0\3\0\0\0\0"), { "hold" }),
    slow = true, expect = "timeout",
  }),
  row("garbage in place of frames", {
    connection = stream(("garbage"):rep(9)), expect = "transport",
  }),
  row("a second block of headers in place of a body", {
    connection = stream(HEAD .. HEAD), expect = "transport",
    head_may_be_fine = true,
  }),
}
