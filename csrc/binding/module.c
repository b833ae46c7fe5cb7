/*
** require "gctokens.core": the module table, and its functions that need
** neither request nor engine. luaopen_gctokens_core is the only symbol that
** this library exports.
*/
#include <math.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__) || defined(__APPLE__)
#include <sys/random.h>
#endif

#include <curl/curl.h>

#include "binding/engine_methods.h"
#include "binding/engine_userdata.h"
#include "binding/json.h"
#include "binding/operation_list.h"
#include "binding/request_functions.h"
#include "binding/request_userdata.h"
#include "binding/response_functions.h"
#include "binding/result.h"
#include "binding/scratch.h"
#include "engine/clock.h"
#include "version.h"

#if LIBCURL_VERSION_NUM < 0x075500
#error "gctokens needs libcurl 7.85.0 or later"
#endif

LUALIB_API int luaopen_gctokens_core(lua_State *L);

/* ---- clock and random numbers ------------------------------------------ */

static int core_now(lua_State *L)
{
  lua_pushnumber(L, gct_now());
  return 1;
}

/* core.sleep(seconds): at least that long, unless a hook raises. */
static int core_sleep(lua_State *L)
{
  double until = gct_now() + luaL_checknumber(L, 1);
  double left;

  while ((left = until - gct_now()) > 0) {
    double slice = left < GCT_HOOK_INTERVAL ? left : GCT_HOOK_INTERVAL;
    struct timespec pause;

    pause.tv_sec = (time_t)slice;
    pause.tv_nsec = (long)((slice - floor(slice)) * 1e9);
    (void)nanosleep(&pause, NULL); /* a signal ends it early: look again */
    gct_run_pending_hook(L);
  }
  return 0;
}

/* core.random() -> number in [0, 1). Not math.random: unseeded, it gives all
   processes the same "random" pauses, and seeding it is the host's affair. */
static int core_random(lua_State *L)
{
  unsigned char bytes[6] = {0};
  double number = 0;
  size_t i;

  /* coverage: the system does not refuse it */
  if (getentropy(bytes, sizeof(bytes)) != 0)
    return luaL_error(L, "could not read random bytes from the system");
  for (i = 0; i < sizeof(bytes); i++)
    number = (number + bytes[i]) / 256;
  lua_pushnumber(L, number);
  return 1;
}

/* ---- the module -------------------------------------------------------- */

static const luaL_Reg plain_functions[] = {
    {"now", core_now},
    {"sleep", core_sleep},
    {"random", core_random},
    {NULL, NULL},
};

/* Gives the module at `module` the functions, each in a closure with the
   upvalues of json.h, the first of which is at `json`. */
static void set_functions(lua_State *L, int module, int json,
                          const luaL_Reg *functions)
{
  for (; functions->name; functions++) {
    int i;

    for (i = 0; i < GCT_JSON_UPVALUES; i++)
      lua_pushvalue(L, json + i);
    lua_pushcclosure(L, functions->func, GCT_JSON_UPVALUES);
    lua_setfield(L, module, functions->name);
  }
}

int luaopen_gctokens_core(lua_State *L)
{
  int module;
  int json;

  /* Never undone: other modules of the process may use libcurl too. */
  /* coverage: libcurl fails without memory only */
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return luaL_error(L, "libcurl could not be initialised");
  gct_scratch_open(L);
  gct_result_open(L);
  gct_request_userdata_open(L);
  lua_newtable(L);
  module = lua_gettop(L);
  gct_json_open(L);
  json = module + 2; /* above the array metatable */
  lua_pushvalue(L, module + 1);
  lua_setfield(L, module, "array_metatable");
  set_functions(L, module, json, plain_functions);
  set_functions(L, module, json, gct_request_functions);
  set_functions(L, module, json, gct_response_functions);
  gct_operation_list_push(L);
  lua_setfield(L, module, "operations");
  gct_engine_userdata_open(L, json);
  lua_setfield(L, module, "new");
  lua_pushliteral(L, GCT_VERSION);
  lua_setfield(L, module, "_VERSION");
  lua_pushstring(L, curl_version_info(CURLVERSION_NOW)->cainfo); /* or nil */
  lua_setfield(L, module, "default_ca_file");
  lua_settop(L, module);
  return 1;
}
