--- Debian's lua-curl and lua-cjson: one easy handle, since this binding has no
--- multi handle.
--
--   lua_curl.lua BASE_URL TOKEN CALLS 1    prints the seconds it took

local cjson = require("cjson")
local curl = require("curl")
local socket = require("socket")

local base_url, token, calls = arg[1], arg[2], tonumber(arg[3])
local chunks


local function on_data(chunk)
  chunks[#chunks + 1] = chunk
  return #chunk
end


local easy = curl.easy_init()
easy:setopt(curl.OPT_URL, base_url .. "/api/v2/tokens/me")
easy:setopt(curl.OPT_HTTPHEADER, {
  "Authorization: Bearer " .. token, "Accept: application/json",
})
easy:setopt(curl.OPT_NOSIGNAL, 1)
easy:setopt(curl.OPT_WRITEFUNCTION, on_data)
if os.getenv("BENCH_CA_FILE") then
  easy:setopt(curl.OPT_CAINFO, os.getenv("BENCH_CA_FILE"))
end

local started = socket.gettime()
for _ = 1, calls do
  chunks = {}
  assert(easy:perform())
  assert(cjson.decode(table.concat(chunks)).organization)
end
print(("%.6f"):format(socket.gettime() - started))
