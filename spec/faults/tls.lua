--- TLS that is not to be trusted, or does not come about. No request is sent
--- then. What does not verify is final; a handshake that broke off is tried
--- again.

local responses = require "spec.faults.responses"

local WHOLE = responses.http(responses.OBJECT)

local FOREVER = 1e9

-- What answers every request, with one thing wrong in the handshake: something
-- that does not verify, or (`again`) that ends it.
local function refused(name, options, again)
  return {
    name, tls = true, expect = "tls", seen = 0, again = again,
    connection = { { "tls", options }, { "request" }, { "send", WHOLE } },
  }
end


local function cut(name, connection)
  return {
    name, tls = true, connection = connection, expect = "tls", seen = 0,
    again = true,
  }
end


-- HTTP/1 over TLS, with nothing wrong in the handshake.
local function over_tls(row)
  table.insert(row.connection or row.connections[1], 1, { "tls", {} })
  row.tls = true
  return row
end


return {
  refused("a certificate that has expired", { certificate = "expired" }),
  refused("a certificate that nobody signed", { certificate = "self-signed" }),
  refused("the certificate of another host", { certificate = "wrong-host" }),
  refused("the certificate of a CA that is not known",
    { certificate = "foreign" }),
  refused("a certificate of ours that is demanded",
    { demands = true, protocol = "tlsv1_2" }, true),
  -- where the handshake is over for us before the server says no, to which
  -- libcurl has no other name than that the connection broke
  { "one that is demanded, in TLS 1.3", tls = true, expect = "transport",
    seen = 0, connection = { { "tls", { demands = true } } } },
  refused("TLS 1.0", { protocol = "tlsv1" }, true),
  refused("TLS 1.1", { protocol = "tlsv1_1" }, true),

  cut("closed in place of a handshake", {}),
  cut("reset in place of a handshake", { { "hello" }, { "reset" } }),
  cut("closed within the handshake",
    { { "hello" }, { "send", "\22\3\3\0\80\2\0\0\76\3\3" } }),
  cut("no TLS", { { "hello" }, { "send", "HTTP/1.1 400 No\r\n\r\n" } }),
  cut("an alert in place of a handshake",
    { { "hello" }, { "send", "\21\3\3\0\2\2\112" } }),
  cut("warnings for ever",
    { { "hello" }, { "send", "\21\3\3\0\2\1\0", FOREVER } }),
  cut("records without content for ever",
    { { "hello" }, { "send", "\22\3\3\0\0", FOREVER } }),
  cut("a hello that is too long",
    { { "hello" }, { "send", "\22\3\3\64\0\2\255\255\255" .. ("x"):rep(16380) },
      { "send", "\22\3\3\64\0" .. ("x"):rep(16384), FOREVER } }),
  { "silent in place of a handshake", tls = true, slow = true,
    connection = { { "hello" }, { "hold" } }, expect = "timeout", seen = 0 },

  over_tls({ "closed before the response, over TLS",
    connection = { { "request" } }, expect = "transport" }),
  over_tls({ "closed within the body, over TLS",
    connection = responses.answer(WHOLE:sub(1, -3)), expect = "transport",
    head = "ok" }),
  over_tls({ "kept, with an unsolicited response, over TLS", warm = true,
    connections = { {
      { "request" }, { "send", responses.http("") }, { "sleep", 0.01 },
      { "send", responses.http('{"stolen":true}') }, { "hold" },
    } },
    pause = 0.05, expect = "ok", result = { stolen = false } }),
  over_tls({ "kept, with such a response in the same record", warm = true,
    connections = { {
      { "request" },
      { "send", responses.http("") .. responses.http('{"stolen":true}') },
      { "request" }, { "send", WHOLE },
    } },
    expect = "ok", result = { stolen = false } }),
  over_tls({ "kept, and closed before the next call, over TLS", warm = true,
    connections = { {
      { "request" }, { "send", responses.http("") }, { "sleep", 0.01 },
    } },
    pause = 0.05, expect = "ok" }),
  over_tls({ "silent, over TLS", connection = { { "request" }, { "hold" } },
    slow = true, expect = "timeout" }),
}
