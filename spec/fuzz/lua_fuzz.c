/*
** A property of spec/properties as a fuzz target: -DPROPERTY="id" calls what
** spec.properties.id returns with the input, in a Lua 5.4 that the library is
** linked into. What it raises ends the process.
*/
#include "fuzz.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int luaopen_gctokens_core(lua_State *L);
int LLVMFuzzerInitialize(int *count, char ***arguments);

static lua_State *L; /* with the property at 1 */

static void call(int arguments, int results)
{
  if (lua_pcall(L, arguments, results, 0) != LUA_OK) {
    fprintf(stderr, "spec.properties.%s: not true: %s\n", PROPERTY,
            lua_tostring(L, -1));
    abort();
  }
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
  (void)count;
  (void)arguments;
  L = luaL_newstate();
  luaL_openlibs(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_gctokens_core);
  lua_setfield(L, -2, "gctokens.core");
  lua_getglobal(L, "require");
  lua_pushliteral(L, "spec.properties." PROPERTY);
  call(1, 1);
  lua_replace(L, 1);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  lua_pushvalue(L, 1);
  lua_pushlstring(L, fuzz_input(data, size).data, size);
  call(1, 0);
  return 0;
}
