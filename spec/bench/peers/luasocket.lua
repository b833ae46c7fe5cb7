--- LuaSocket, LuaSec and lua-cjson: a new connection for each call, since their
--- `request` functions keep none.
--
--   luasocket.lua BASE_URL TOKEN CALLS 1    prints the seconds it took

local cjson = require("cjson")
local ltn12 = require("ltn12")
local socket = require("socket")

local base_url, token, calls = arg[1], arg[2], tonumber(arg[3])

-- ssl.https is slow to load, which only those pay who need it.
local is_secure = base_url:find("^https:")
local request = require(is_secure and "ssl.https" or "socket.http").request


local function get_tokens_me()
  local chunks = {}
  local ok, status = request({
    url = base_url .. "/api/v2/tokens/me",
    headers = {
      Authorization = "Bearer " .. token, Accept = "application/json",
    },
    sink = ltn12.sink.table(chunks),
    verify = is_secure and "peer" or nil,
    cafile = is_secure and os.getenv("BENCH_CA_FILE") or nil,
  })
  assert(ok and status == 200, status)
  return cjson.decode(table.concat(chunks))
end


local started = socket.gettime()
for _ = 1, calls do
  assert(get_tokens_me().organization)
end
print(("%.6f"):format(socket.gettime() - started))
