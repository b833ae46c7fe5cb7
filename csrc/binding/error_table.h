/*
** Error tables.
*/
#ifndef GCT_ERROR_TABLE_H
#define GCT_ERROR_TABLE_H

#include "binding/compat.h"
#include "wire/outcome.h"
#include "wire/response.h"

/* Pushes nil and the error of a call that was refused before it was sent;
   returns 2. */
GCT_INTERNAL int gct_push_refusal(lua_State *L,
                                  const struct gct_operation *operation,
                                  const struct gct_error *error);

/* Pushes the error of an attempt that ended in `error`; `response` is the
   stack index of its response table. Runs in a closure with the upvalues of
   json.h. */
GCT_INTERNAL void
gct_push_attempt_error(lua_State *L, const struct gct_outcome *outcome,
                       const struct gct_error *error,
                       const struct gct_response_facts *facts, int response);

#endif
