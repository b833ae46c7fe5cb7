/*
** Setting fields of Lua tables.
*/
#include "binding/table_fields.h"

#include "binding/json.h"

void gct_set_number(lua_State *L, const char *name, double number)
{
  gct_push_number(L, number);
  lua_setfield(L, -2, name);
}

void gct_set_integer(lua_State *L, const char *name, long number)
{
  lua_pushinteger(L, (lua_Integer)number);
  lua_setfield(L, -2, name);
}

void gct_set_known(lua_State *L, const char *name, double number)
{
  if (number >= 0)
    gct_set_number(L, name, number);
}

void gct_set_text(lua_State *L, const char *name, struct gct_slice text)
{
  if (text.data) {
    lua_pushlstring(L, text.data, text.length);
    lua_setfield(L, -2, name);
  }
}
