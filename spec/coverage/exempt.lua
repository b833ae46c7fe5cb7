--- Why some lines and branches do not run: the beginning of a file's name,
-- words of the line, and the reason. The first that fits counts.

local FORK = "runs in a forked child, which ends without telling gcov"
local LIBCURL = "libcurl does not refuse it; it may run out of memory, which "
  .. "test-oom tries, or be another version"
local SYSTEM = "the system does not refuse it"
local NO_RETURN = "what comes before does not return"
local BOUNDED = "limits before this one are lower: it keeps the code right if "
  .. "they change"
local SIZES = "buffers hold what their limits let in; running out of memory is "
  .. "tried by test-oom"
local RACE = "what happens between two workers, or a worker and its timers, in "
  .. "a moment that a spec cannot hold"
local NGINX = "this version of nginx and of its Lua module does not do that"
local MISTAKE = "only a mistake of our own brings this about"
local JIT = "nginx has a LuaJIT here with table.clone"
local FULL = "a shared dict that is full even after it has evicted"

return {
  { "csrc/binding/core.c", "random", SYSTEM },
  { "csrc/binding/core.c", "getentropy", SYSTEM },
  { "csrc/binding/core.c", "curl_global_init", LIBCURL },
  { "csrc/binding/core.c", "libcurl could not be initialised", LIBCURL },
  { "csrc/binding/core.c", "append", SIZES },
  { "csrc/binding/engine_calls.c", "!= transfer", FORK },
  { "csrc/binding/engine_calls.c", "forked", FORK },
  { "csrc/binding/settings_table.c", "}", NO_RETURN },
  { "csrc/binding/settings_table.c", "return NULL", NO_RETURN },
  { "csrc/binding/settings_table.c", "gct_buffer_append", SIZES },
  { "csrc/binding/arguments.c", "strlen", NO_RETURN },
  { "csrc/binding/arguments.c", "LUA_TSTRING", NO_RETURN },
  { "csrc/binding/arguments.c", "lua_getinfo", "Lua always has it" },
  { "csrc/binding/body.c", "snprintf", "it fails for no such format" },
  { "csrc/binding/body.c", "added > 0", "what is added is never empty" },
  { "csrc/binding/body.c", "cannot be written", "lua-cjson writes any string" },
  { "csrc/binding/body.c", "fine && json", "lua-cjson writes any string" },
  { "csrc/binding/body.c", "write", SIZES },
  { "csrc/binding/body.c", "fail(", "gct_fail is always false" },
  { "csrc/engine/engine.c", "owner", FORK },
  { "csrc/engine/engine.c", "engine->multi = NULL", FORK },
  { "csrc/engine/engine.c", "engine->share = NULL", FORK },
  { "csrc/engine/engine.c", "gct_sockets_close", FORK },
  { "csrc/engine/engine.c", "engine->idle", FORK },
  { "csrc/engine/engine.c", "engine->in_flight = 0", FORK },
  { "csrc/engine/engine.c", "code", LIBCURL },
  { "csrc/engine/engine.c", "curl", LIBCURL },
  { "csrc/engine/engine.c", "CURL", LIBCURL },
  { "csrc/engine/engine.c", "could not start", LIBCURL },
  { "csrc/engine/engine.c", "add(engine", LIBCURL },
  { "csrc/engine/engine.c", "run_", LIBCURL },
  { "csrc/engine/engine.c", "return false", LIBCURL },
  { "csrc/engine/multi.c", "curl", LIBCURL },
  { "csrc/engine/multi.c", "return false", LIBCURL },
  { "csrc/engine/multi.c", "dladdr", SYSTEM },
  { "csrc/engine/", "INT_MAX", BOUNDED },
  { "csrc/engine/", "open", SYSTEM },
  { "csrc/engine/", "EEXIST", SYSTEM },
  { "csrc/engine/", "code", LIBCURL },
  { "csrc/engine/", "CURL", LIBCURL },
  { "csrc/wire/failure.c", "reason", "vsnprintf fails for no such format" },
  { "csrc/wire/failure.c", "vsnprintf", "it fails for no such format" },
  { "csrc/wire/base_url.c", "refuse(", "it is always false" },
  { "csrc/wire/base_url.c", "length", "a URL has more than slashes" },
  { "csrc/wire/", "append", SIZES },
  { "csrc/wire/", "memory", SIZES },
  { "csrc/wire/", "return false", SIZES },
  { "csrc/wire/", "status", SIZES },
  { "lua/gctokens/guard.lua", "runs inside nginx only",
    "specs of how the module is packaged are left out of this run" },
  { "lua/gctokens/guard/bearer.lua", "malformed", NGINX },
  { "lua/gctokens/guard.lua", "return nil, errors.wrap({", FULL },
  { "lua/gctokens/guard.lua", "what,", FULL },
  { "lua/gctokens/guard.lua", "the shared dict refused", FULL },
  { "lua/gctokens/guard.lua", "})", FULL },
  { "lua/gctokens/guard/cache.lua", "organization_id",
    "the emulator's tokens are of one organization" },
  { "lua/gctokens/guard/cache.lua", "return nil, err", FULL },
  { "lua/gctokens/guard/cache.lua", "evictions", FULL },
  { "lua/gctokens/guard/cache.lua", "no memory", FULL },
  { "lua/gctokens/guard/cache.lua", "not_stored", FULL },
  { "lua/gctokens/guard/flights.lua", "internal", MISTAKE },
  { "lua/gctokens/guard/flights.lua", "another worker", RACE },
  { "lua/gctokens/guard/flights.lua", "retire(self, flight)", RACE },
  { "lua/gctokens/guard/flights.lua", "flight = nil", RACE },
  { "lua/gctokens/guard/flights.lua", "has_no_timer", "nginx has timers left" },
  { "lua/gctokens/guard/flights.lua", "could not wait", MISTAKE },
  { "lua/gctokens/guard/identity.lua", "to", JIT },
  { "lua/gctokens/guard/identity.lua", "for key", JIT },
  { "lua/gctokens/guard/lookup.lua", "answer.failed", RACE },
  { "lua/gctokens/guard/lookup.lua", "refused", RACE },
  { "lua/gctokens/loop/nginx.lua", "return", "a step that ran out of memory" },
  { "lua/gctokens/loop/together.lua", "run.outer", RACE },
  { "lua/gctokens/renewal.lua", "supply", "Lua 5.1 only" },
  { "lua/gctokens/renewal.lua", "return", RACE },
}
