/*
** What differs between Lua 5.1 (and LuaJIT) and later versions, and small
** helpers of the Lua C API. The names are not luaL_*, as LuaJIT declares some
** of those.
*/
#ifndef GCT_COMPAT_H
#define GCT_COMPAT_H

#include <stdbool.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "wire/slice.h"

#if LUA_VERSION_NUM < 502

static inline size_t gct_rawlen(lua_State *L, int index)
{
  return lua_objlen(L, index);
}

static inline int gct_absindex(lua_State *L, int index)
{
  /* coverage: no caller passes a relative index */
  /* coverage: no caller has a place from below */
  return index > 0 || index <= LUA_REGISTRYINDEX ? index
                                                 : lua_gettop(L) + index + 1;
}

#else

static inline size_t gct_rawlen(lua_State *L, int index)
{
  return (size_t)lua_rawlen(L, index);
}

static inline int gct_absindex(lua_State *L, int index)
{
  return lua_absindex(L, index);
}

#endif

/* Whether the value is a string without a NUL, so that strcmp compares all of
   it. */
static inline bool gct_is_plain_string(lua_State *L, int index)
{
  return lua_type(L, index) == LUA_TSTRING &&
         strlen(lua_tostring(L, index)) == gct_rawlen(L, index);
}

/* The string at `index`, borrowed from the Lua stack. */
static inline struct gct_slice gct_to_slice(lua_State *L, int index)
{
  struct gct_slice slice;

  slice.data = lua_tolstring(L, index, &slice.length);
  return slice;
}

/* The userdata at `index` if its metatable is the one at `metatable`, which is
   no relative index. */
static inline void *gct_testudata(lua_State *L, int index, int metatable)
{
  void *data = lua_touserdata(L, index);
  int same;

  /* coverage: Lua 5.4 gives every userdata one */
  if (!data || lua_islightuserdata(L, index) || !lua_getmetatable(L, index))
    return NULL;
  same = lua_rawequal(L, -1, metatable);
  lua_pop(L, 1);
  return same ? data : NULL;
}

#endif
