/*
** A Lua interpreter for the specs under a sanitizer. It collects garbage all
*the
** time, so that what is not anchored does not live long. The sanitizer's
** runtime must be part of the program: preloading it would also reach every
** program that the specs start.
**
**   interpreter SCRIPT [arguments]
**   interpreter -e CODE
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/lsan_interface.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* At an exit in the middle of a script Lua's memory counts as in use, and so
   does all that hangs on it: LuaJIT has pointers to some blocks that point
   beside them. */
static void *allocate(void *unused, void *block, size_t old, size_t size)
{
  void *made;

  (void)unused;
  (void)old;
  if (size == 0) {
    free(block);
    return NULL;
  }
  made = realloc(block, size);
  if (made)
    __lsan_ignore_object(made);
  return made;
}

static int traceback(lua_State *L)
{
  luaL_traceback(L, L, lua_tostring(L, 1), 1);
  return 1;
}

static void set_arg(lua_State *L, int count, char **arguments)
{
  int i;

  lua_createtable(L, count, 1);
  for (i = 0; i < count; i++) {
    lua_pushstring(L, arguments[i]);
    lua_rawseti(L, -2, i - 1); /* arg[0] is the script */
  }
  lua_setglobal(L, "arg");
}

int main(int count, char **arguments)
{
  lua_State *L = lua_newstate(allocate, NULL);
  int status;

  if (!L || count < 2)
    return 2;
  luaL_openlibs(L);
  (void)lua_gc(L, LUA_GCSETPAUSE, 0); /* begin again where one has ended */
  set_arg(L, count, arguments);
  lua_pushcfunction(L, traceback);
  if (strcmp(arguments[1], "-e") == 0 && count > 2)
    status = luaL_loadstring(L, arguments[2]);
  else
    status = luaL_loadfile(L, arguments[1]);
  if (status == LUA_OK)
    status = lua_pcall(L, 0, 0, 1);
  if (status != LUA_OK)
    fprintf(stderr, "lua: %s\n", lua_tostring(L, -1));
  lua_close(L);
  return status == LUA_OK ? 0 : 1;
}
