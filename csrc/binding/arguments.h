/*
** From the arguments table of an operation to a struct gct_call.
*/
#ifndef GCT_ARGUMENTS_H
#define GCT_ARGUMENTS_H

#include "binding/compat.h"
#include "engine/options.h"
#include "wire/request.h"

/*
** Reads the table at `index` (or none: nil). Raises, at the caller's line, on
** a wrong type or an unknown name; false on a value that must not be sent.
** Every string that `call` points to stays on the Lua stack, which may grow
** by some 150 slots: the caller returns, or starts the call, before it pops.
** Runs in a closure with the upvalues of json.h.
*/
GCT_INTERNAL bool gct_arguments_read(lua_State *L, int index,
                                     const struct gct_operation *operation,
                                     struct gct_call *call,
                                     struct gct_timeouts *timeouts,
                                     struct gct_error *error);

/* The operation named by the string at `index`; raises when there is none. */
GCT_INTERNAL const struct gct_operation *gct_arguments_operation(lua_State *L,
                                                                 int index);

/* Raises "message" with the position of the nearest Lua code. */
GCT_INTERNAL int gct_misuse(lua_State *L, const char *format, ...);

#endif
