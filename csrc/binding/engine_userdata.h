/*
** The engine userdata: core.new and its methods.
*/
#ifndef GCT_ENGINE_USERDATA_H
#define GCT_ENGINE_USERDATA_H

#include "binding/compat.h"

/* Registers the metatable, then pushes core.new. `json` is the stack index of
   the first of the upvalues of json.h. */
GCT_INTERNAL void gct_engine_userdata_open(lua_State *L, int json);

/* Pushes the default User-Agent. */
GCT_INTERNAL void gct_push_user_agent(lua_State *L);

#endif
