--- Connections that do not come about, or end in the wrong place.

local replies = require "spec.faults.replies"

local answer, answer_and_reset = replies.answer, replies.answer_and_reset

local WHOLE = replies.http(replies.OBJECT)
local HEAD = WHOLE:match("^(.-\r\n\r\n)")
local HALF_HEAD = HEAD:sub(1, 40)
local HALF_BODY = HEAD .. '{"a'
local STOLEN = replies.http('{"stolen":true}')
local WARM = replies.http("") -- to the HEAD that warms a connection

return {
  { "refused", place = "down", expect = "transport",
    cause = "COULDNT_CONNECT", seen = 0 },
  { "never accepted", place = "full", slow = true, expect = "timeout",
    seen = 0 },
  { "to a name that does not exist", place = "nameless",
    expect = "transport", cause = "COULDNT_RESOLVE_HOST", seen = 0 },

  { "closed at once", connection = {}, expect = "transport", seen = 0 },
  { "reset at once", connection = { { "reset" } }, expect = "transport",
    seen = 0 },
  { "closed before the reply", connection = { { "request" } },
    expect = "transport" },
  { "reset before the reply", connection = { { "request" }, { "reset" } },
    expect = "transport" },
  { "closed within the headers", connection = answer(HALF_HEAD),
    expect = "transport" },
  { "reset within the headers", connection = answer_and_reset(HALF_HEAD),
    expect = "transport" },
  { "closed before the last line feed of the headers",
    connection = answer(HEAD:sub(1, -2)), expect = "transport",
    cause = "PARTIAL_FILE" },
  { "closed before that of headers without a body",
    connection = answer("HTTP/1.1 204 No Content\r\n\r"),
    expect = "transport", cause = "PARTIAL_FILE" },
  { "closed before the empty line after the headers",
    connection = answer(HEAD:sub(1, -3)), expect = "transport",
    cause = "PARTIAL_FILE" },
  { "closed within the last line of the headers",
    connection = answer(HEAD:sub(1, -4)), expect = "transport",
    cause = "PARTIAL_FILE" },
  { "closed after the headers", connection = answer(HEAD),
    expect = "transport", head = "fine" },
  { "reset after the headers", connection = answer_and_reset(HEAD),
    expect = "transport", head = "fine" },
  { "closed within the body", connection = answer(HALF_BODY),
    expect = "transport", head = "fine" },
  { "reset within the body", connection = answer_and_reset(HALF_BODY),
    expect = "transport", head = "fine" },
  { "reset after the reply", connection = answer_and_reset(WHOLE),
    expect = "fine" },

  { "silent", connection = { { "request" }, { "hold" } }, slow = true,
    expect = "timeout" },
  { "slow from the first byte on", reply = { raw = WHOLE, drip = 1 },
    slow = true, expect = "timeout" },
  { "slow in the body", reply = { body = replies.OBJECT, drip = 1 },
    slow = true, expect = "timeout", head = "fine" },
  { "slow in the body of an error",
    reply = { status = 503, body = replies.OBJECT, drip = 1 },
    slow = true, expect = "timeout", head = "api" , status = 503 },

  -- libcurl repeats by itself what a kept connection swallowed
  { "kept, and closed before the next call", warm = true, place = "dropped",
    expect = "fine" },
  { "kept, and closed in place of the reply", warm = true,
    connections = { { { "request" }, { "send", WARM }, { "request" } } },
    expect = "fine", seen = 2 },
  { "kept, and reset in place of the reply", warm = true,
    connections = { {
      { "request" }, { "send", WARM }, { "request" }, { "reset" },
    } },
    expect = "fine", seen = 2 },
  { "kept, with a 408 that nobody asked for", warm = true,
    connections = { answer(WARM .. "HTTP/1.1 408 Request Timeout\r\n"
      .. "Connection: close\r\nContent-Length: 0\r\n\r\n") },
    expect = "fine" },
  -- what comes before it is asked for must not be taken for the reply
  { "kept, with a reply that nobody asked for", warm = true,
    connections = { replies.answer_and_go_on(WARM .. STOLEN) },
    expect = "fine", seen = 1, result = { stolen = false } },
  { "kept, with such a reply a little later", warm = true,
    connections = { {
      { "request" }, { "send", WARM }, { "sleep", 0.01 }, { "send", STOLEN },
      { "tunnel" },
    } },
    pause = 0.05, expect = "fine", result = { stolen = false } },

  -- the request has arrived, and been obeyed, but nobody heard of it
  { "reset when the work was done",
    reply = { then_process = true, reset = true, count = 1 },
    expect = "fine", attempts = 2 },
  { "answered 503 when the work was done",
    reply = { then_process = true, status = 503, count = 1 },
    expect = "fine", attempts = 2 },
}
