--- lua-http and lua-cjson: connections that are kept, and with HTTP/2 one for
--- all calls.
--
--   lua_http.lua BASE_URL TOKEN CALLS CONCURRENCY    prints the seconds it took

local cjson = require("cjson")
local cqueues = require("cqueues")
local http_client = require("http.client")
local http_tls = require("http.tls")
local new_headers = require("http.headers").new
local openssl_store = require("openssl.x509.store")

local base_url, token = arg[1], arg[2]
local calls, concurrency = tonumber(arg[3]), tonumber(arg[4])
local scheme, host, port, path = base_url:match("^(%w+)://([^:/]+):(%d+)(.*)$")


local function context()
  if scheme ~= "https" then
    return nil
  end
  local made, store = http_tls.new_client_context(), openssl_store.new()
  store:add(os.getenv("BENCH_CA_FILE"))
  made:setStore(store)
  return made
end


local function connect()
  return assert(http_client.connect({
    host = host, port = tonumber(port), tls = scheme == "https",
    ctx = context(),
  }))
end


local headers = new_headers()
headers:append(":method", "GET")
headers:append(":scheme", scheme)
headers:append(":authority", host .. ":" .. port)
headers:append(":path", path .. "/api/v2/tokens/me")
headers:append("authorization", "Bearer " .. token)
headers:append("accept", "application/json")


local function get_tokens_me(connection)
  local stream = assert(connection:new_stream())
  assert(stream:write_headers(headers, true))
  local response = assert(stream:get_headers())
  local body = assert(stream:get_body_as_string())
  stream:shutdown()
  assert(response:get(":status") == "200")
  return cjson.decode(body)
end


local loop = cqueues.new()
local begun, shared = 0, nil
local started = cqueues.monotime()


local function work()
  local connection = shared or connect()
  while begun < calls do
    begun = begun + 1
    assert(get_tokens_me(connection).organization)
  end
end


loop:wrap(function()
  if scheme == "https" then
    shared = connect() -- HTTP/2
  end
  for _ = 1, concurrency do
    loop:wrap(work)
  end
end)
assert(loop:loop())
print(("%.6f"):format(cqueues.monotime() - started))
