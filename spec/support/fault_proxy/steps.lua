--- What a fault proxy does with a connection, one step after the other. A step
--- returns false when the connection has ended.

local socket = require "socket"
local ssl = require "ssl"
local threads = require "spec.support.fault_proxy.threads"

local steps = {}

-- TLS before 1.2 needs SHA-1, which OpenSSL's usual security level refuses.
local OLD_CIPHERS = "ALL:@SECLEVEL=0"

local HTTP2_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
local HEADERS_FRAME = 1

local STALL_LOOK = 0.01 -- seconds between two looks whether a stall has ended


-- Reads until `enough(bytes)` and returns that, or nil.
local function read_until(peer, enough)
  while true do
    local value = enough(peer.received)
    if value then
      return value
    end
    local more = threads.read(peer.connection)
    if not more then
      return nil
    end
    peer.received = peer.received .. more
  end
end


-- Takes bytes off the front of what has come in.
local function take(peer, count)
  local bytes = read_until(peer, function(received)
    return #received >= count and received:sub(1, count)
  end)
  peer.received = peer.received:sub(count + 1)
  return bytes
end


--- Reads one whole HTTP/1 request.
function steps.request(peer)
  local length = read_until(peer, function(received)
    local _, last = received:find("\r\n\r\n", 1, true)
    local head = last and received:sub(1, last):lower()
    return head and last
      + tonumber(head:match("\r\ncontent%-length: *(%d+)") or 0)
  end)
  if not length or not take(peer, length) then
    return false
  end
  peer.proxy.requests = peer.proxy.requests + 1
  return true
end


--- Reads whatever comes next, which is no HTTP.
function steps.some(peer)
  local some = read_until(peer, function(received)
    return received ~= "" and received
  end)
  peer.received = ""
  return some ~= nil
end


--- Reads HTTP/2 up to the next request's headers.
function steps.stream(peer)
  if not peer.has_preface then
    peer.has_preface = take(peer, #HTTP2_PREFACE) == HTTP2_PREFACE
  end
  local kind
  repeat
    local header = peer.has_preface and take(peer, 9)
    if not header then
      return false
    end
    local high, middle, low
    high, middle, low, kind = header:byte(1, 4)
    take(peer, (high * 256 + middle) * 256 + low)
  until kind == HEADERS_FRAME
  peer.proxy.requests = peer.proxy.requests + 1
  return true
end


--- Sends bytes, `times` (1) over.
function steps.send(peer, bytes, times)
  for _ = 1, times or 1 do
    if not threads.write(peer.connection, bytes) then
      return false
    end
  end
  return true
end


--- Goes on in TLS, with options: certificate, the name of a file; protocol;
--- alpn, a list; demands, whether the client must have a certificate, too.
function steps.tls(peer, options)
  local context = assert(ssl.newcontext({
    mode = "server",
    protocol = options.protocol or "any",
    ciphers = options.protocol and OLD_CIPHERS,
    alpn = options.alpn,
    verify = options.demands and { "peer", "fail_if_no_peer_cert" } or "none",
    key = peer.proxy.certificates .. "/server.key",
    certificate = peer.proxy.certificates .. "/"
      .. (options.certificate or "server") .. ".pem",
  }))
  local secure = assert(ssl.wrap(peer.connection, context))
  secure:settimeout(0)
  peer.connection = secure
  return threads.handshake(secure)
end


--- Takes whatever comes first: of TLS, the client's hello.
function steps.hello(peer)
  return threads.read(peer.connection) ~= nil
end


function steps.sleep(_, seconds)
  threads.sleep(seconds)
  return true
end


--- Waits for the other end to close.
function steps.hold(peer)
  repeat until not threads.read(peer.connection)
  return false
end


--- Ends the connection with a RST in place of a FIN.
function steps.reset(peer)
  peer.connection:setoption("linger", { on = true, timeout = 0 })
  return false
end


-- Passes bytes on whole, or in pieces of one byte each. Nothing passes while
-- the proxy stalls.
local function pass(proxy, to, bytes, is_split)
  while proxy.is_stalled do
    threads.sleep(STALL_LOOK)
  end
  if not is_split then
    return threads.write(to, bytes)
  end
  for i = 1, #bytes do
    if not threads.write(to, bytes:sub(i, i)) then
      return false
    end
    threads.sleep(0)
  end
  return true
end


-- What may happen to some bytes of an answer under `options.random`: mostly
-- nothing, else a delay, a part of them and the end, or a reset.
local function mishap(options, from, to, bytes)
  local draw = options.random and math.random() or 1
  if draw < 0.005 then
    threads.sleep(math.random() * options.random)
  elseif draw < 0.007 then
    threads.write(to, bytes:sub(1, math.random(#bytes)))
    return false
  elseif draw < 0.008 then
    for _, connection in ipairs({ from, to }) do
      connection:setoption("linger", { on = true, timeout = 0 })
    end
    return false
  end
  return true
end


local function pump(proxy, from, to, options)
  repeat
    local bytes = threads.read(from)
  until not bytes or not mishap(options, from, to, bytes)
    or not pass(proxy, to, bytes, options.is_split)
  to:shutdown("both") -- which ends the thread that reads from there
  from:close()
end


--- Carries the bytes both ways between here and the API: its port for TLS when
--- they begin like that. Options, for what the API sends: is_split, one byte at
--- a time; random, seconds: delays up to that, and ends, at random.
function steps.tunnel(peer, options)
  local first = threads.read(peer.connection)
  if not first then
    return false
  end
  local is_tls = first:byte() == 22 -- a handshake record
  local api = socket.connect("127.0.0.1",
    is_tls and peer.proxy.https_port or peer.proxy.http_port)
  if not api then
    return false
  end
  api:settimeout(0)
  api:setoption("tcp-nodelay", true)
  pass(peer.proxy, api, first)
  threads.start(pump, peer.proxy, api, peer.connection, options or {})
  pump(peer.proxy, peer.connection, api, {})
  return false
end


return steps
