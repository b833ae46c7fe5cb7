/*
** From the arguments table of an operation to a struct gct_call.
*/
#ifndef GCT_ARGUMENTS_H
#define GCT_ARGUMENTS_H

#include "binding/compat.h"
#include "engine/options.h"
#include "wire/request.h"

struct gct_arguments {
  struct gct_timeouts timeouts;
  bool validate; /* the body, against the operation's schema */
  int headers;   /* stack indexes of the tables; 0: none */
  int body;
  struct gct_call call; /* last, as not all of it is zeroed */
};

/* access_token, headers, timeout and connect_timeout, in this order: what the
   client gives to each attempt, without making a table for it. */
enum { GCT_MORE_ARGUMENTS = 4 };

/*
** Reads the table at `index` (or none: nil) and, with `has_more`, the values
** behind it, which take precedence. Raises, at the caller's line, on
** a wrong type or an unknown name; false on a value that must not be sent.
** Every string that `call` points to stays on the Lua stack, which may grow
** by some 150 slots: the caller returns, or starts the call, before it pops.
** Runs in a closure with the upvalues of json.h.
*/
GCT_INTERNAL bool gct_arguments_read(lua_State *L, int index, bool has_more,
                                     const struct gct_operation *operation,
                                     struct gct_arguments *arguments,
                                     struct gct_error *error);

/* The operation named by the string at `index`; raises when there is none. */
GCT_INTERNAL const struct gct_operation *gct_arguments_operation(lua_State *L,
                                                                 int index);

#endif
