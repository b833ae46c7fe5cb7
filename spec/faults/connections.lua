--- Connections that do not come about, or end in the wrong place.

local responses = require "spec.faults.responses"

local answer, answer_and_reset = responses.answer, responses.answer_and_reset

local WHOLE = responses.http(responses.OBJECT)
local HEAD = WHOLE:match("^(.-\r\n\r\n)")
local HALF_HEAD = HEAD:sub(1, 40)
local HALF_BODY = HEAD .. '{"a'
local STOLEN = responses.http('{"stolen":true}')
local WARM = responses.http("") -- to the HEAD that warms a connection

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
  { "closed before the response", connection = { { "request" } },
    expect = "transport" },
  { "reset before the response", connection = { { "request" }, { "reset" } },
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
    expect = "transport", head = "ok" },
  { "reset after the headers", connection = answer_and_reset(HEAD),
    expect = "transport", head = "ok" },
  { "closed within the body", connection = answer(HALF_BODY),
    expect = "transport", head = "ok" },
  { "reset within the body", connection = answer_and_reset(HALF_BODY),
    expect = "transport", head = "ok" },
  { "reset after the response", connection = answer_and_reset(WHOLE),
    expect = "ok" },

  { "silent", connection = { { "request" }, { "hold" } }, slow = true,
    expect = "timeout" },
  { "slow from the first byte on", response = { raw = WHOLE, drip = 1 },
    slow = true, expect = "timeout" },
  { "slow in the body", response = { body = responses.OBJECT, drip = 1 },
    slow = true, expect = "timeout", head = "ok" },
  { "slow in the body of an error",
    response = { status = 503, body = responses.OBJECT, drip = 1 },
    slow = true, expect = "timeout", head = "api" , status = 503 },

  -- libcurl repeats by itself what a kept connection swallowed
  { "kept, and closed before the next call", warm = true, place = "dropped",
    expect = "ok" },
  { "kept, and closed in place of the response", warm = true,
    connections = { { { "request" }, { "send", WARM }, { "request" } } },
    expect = "ok", seen = 2 },
  { "kept, and reset in place of the response", warm = true,
    connections = { {
      { "request" }, { "send", WARM }, { "request" }, { "reset" },
    } },
    expect = "ok", seen = 2 },
  { "kept, with a 408 that nobody asked for", warm = true,
    connections = { answer(WARM .. "HTTP/1.1 408 Request Timeout\r\n"
      .. "Connection: close\r\nContent-Length: 0\r\n\r\n") },
    expect = "ok" },
  -- what comes before it is asked for must not be taken for the response
  { "kept, with a response that nobody asked for", warm = true,
    connections = { responses.answer_and_go_on(WARM .. STOLEN) },
    expect = "ok", seen = 1, result = { stolen = false } },
  { "kept, with such a response a little later", warm = true,
    connections = { {
      { "request" }, { "send", WARM }, { "sleep", 0.01 }, { "send", STOLEN },
      { "tunnel" },
    } },
    pause = 0.05, expect = "ok", result = { stolen = false } },

  -- the request has arrived, and been obeyed, but nobody heard of it
  { "reset when the work was done",
    response = { then_process = true, reset = true, count = 1 },
    expect = "ok", attempts = 2 },
  { "answered 503 when the work was done",
    response = { then_process = true, status = 503, count = 1 },
    expect = "ok", attempts = 2 },
}
