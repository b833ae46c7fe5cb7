/*
** The request object of core.request: what core.response needs to know of a
** request, out of Lua's sight. It is one block of memory, which the collector
** frees.
*/
#ifndef GCT_REQUEST_USERDATA_H
#define GCT_REQUEST_USERDATA_H

#include "binding/compat.h"
#include "wire/outcome.h"

/* Registers the metatable; once per Lua state. */
GCT_INTERNAL void gct_request_userdata_open(lua_State *L);

/* Pushes an object with copies of what it needs of `request`. */
GCT_INTERNAL void gct_push_request_userdata(lua_State *L,
                                            const struct gct_request *request);

/* Whether the value at `index` is such an object. Then it gives the outcome
   its operation, its URL and the secrets that the response must not repeat,
   all borrowed from the object. */
GCT_INTERNAL bool gct_is_request_userdata(lua_State *L, int index,
                                          struct gct_outcome *outcome);

#endif
