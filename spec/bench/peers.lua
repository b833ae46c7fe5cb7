--- This library and what it is measured against. Each is a program:
--
--   PEER BASE_URL TOKEN CALLS CONCURRENCY
--
-- that calls get_tokens_me and prints the seconds it took. A peer is a table:
--   name
--   command   how the program is run
--   needs     a shell command that succeeds where the peer is installed
--   share     of the calls, for slow ones, which also take part in fewer rounds

local processors = require("spec.bench.processors")
local system = require("spec.support.system")

local SDK = "build/bench/node_modules/purecloud-platform-client-v2"

local peers = {
  raw_easy = {
    name = "libcurl easy and lua-cjson, in C", command = "build/bench/raw_easy",
  },
  raw_multi = {
    name = "libcurl multi and lua-cjson, in C",
    command = "build/bench/raw_multi",
  },
  gctokens = {
    name = "gctokens", command = "lua5.4 spec/bench/peers/gctokens.lua",
  },
  core = {
    name = "gctokens.core", command = "lua5.4 spec/bench/peers/core.lua",
  },
  luasocket = {
    name = "LuaSocket and LuaSec", share = 0.02,
    command = "lua5.4 spec/bench/peers/luasocket.lua",
    needs = "lua5.4 -e 'require(\"ssl\")'",
  },
  lua_http = { -- Debian has it for Lua 5.1 only
    name = "lua-http", share = 0.25,
    command = "lua5.1 spec/bench/peers/lua_http.lua",
    needs = "lua5.1 -e 'require(\"http.client\") require(\"cjson\")'",
  },
  lua_curl = { -- Debian has it for Lua 5.1 and 5.2 only
    name = "lua-curl",
    command = "lua5.1 spec/bench/peers/lua_curl.lua",
    needs = "lua5.1 -e 'require(\"curl\") require(\"cjson\")'",
  },
  javascript = {
    name = "JavaScript SDK", share = 0.25,
    command = "env NODE_PATH=build/bench/node_modules "
      .. "node spec/bench/peers/javascript_sdk.js",
    needs = "node --version && test -d " .. SDK,
  },
  curl = { name = "curl command", command = "spec/bench/peers/curl" },
}


local installed = {}


--- Nil where the peer is installed, or else why it is skipped.
function peers.missing(key)
  local needs = peers[key].needs
  if needs and installed[key] == nil then
    installed[key] = select(2, system.run(needs)) == 0
  end
  return needs and not installed[key] and "not installed, see make bench-deps"
    or nil
end


--- Runs a peer. A run is a table: base_url, token, calls, concurrency, and
--- maybe ca_file and work. Returns a table: seconds that the calls took, wall
--- (seconds from the program's start to its end), processor (seconds of
--- processor time), peak (its memory in KiB).
function peers.run(key, run)
  local ca = run.ca_file
    and ("BENCH_CA_FILE=%s NODE_EXTRA_CA_CERTS=%s "):format(
      run.ca_file, run.ca_file) or ""
  local command = ("%s%sbuild/bench/launch %s %s %s %d %d %s"):format(ca,
    processors.client(), peers[key].command, run.base_url, run.token, run.calls,
    run.concurrency or 1, run.work or "")
  local output, code = system.run(command)
  local wall, processor, peak = output:match("([%d.]+) ([%d.]+) (%d+)%s*$")
  if code ~= 0 or not wall then
    error(("%s failed: %s"):format(peers[key].name, output))
  end
  return {
    seconds = tonumber(output:match("^([%d.]+)\n")),
    wall = tonumber(wall), processor = tonumber(processor),
    peak = tonumber(peak),
  }
end


return peers
