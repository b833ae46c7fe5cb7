/*
** Raising on misuse, at the caller's line.
*/
#include "binding/misuse.h"

#include <stdarg.h>
#include <string.h>

enum { LONGEST_NAME = 40 }; /* bytes; no name of ours is as long */

int gct_misuse(lua_State *L, const char *format, ...)
{
  va_list arguments;
  int level = 0;
  bool found = false;
  lua_Debug where;

  /* C functions of this library call each other: the first level with a line
     is the caller's. */
  /* coverage: Lua always has it */
  while (!found && lua_getstack(L, ++level, &where))
    found = lua_getinfo(L, "Sl", &where) && where.currentline > 0;
  luaL_where(L, found ? level : 1);
  va_start(arguments, format);
  lua_pushvfstring(L, format, arguments);
  va_end(arguments);
  lua_concat(L, 2);
  return lua_error(L);
}

const char *gct_shown_name(const char *name)
{
  return strlen(name) <= LONGEST_NAME ? name : "(too long for a name)";
}
