/*
** From an outcome to Lua values: `result, nil, response` or `nil, err`.
*/
#ifndef GCT_RESULT_H
#define GCT_RESULT_H

#include "binding/compat.h"
#include "wire/outcome.h"

/* Registers the metatable of response tables; once per Lua state. */
GCT_INTERNAL void gct_result_open(lua_State *L);

/*
** Pushes three values: result, err, response. Of result and err exactly one
** is nil; response is also err.response. The fields are those of the public
** contract, with `attempts = 1`, and `sent` in the response.
** Runs in a closure with the upvalues of json.h.
*/
GCT_INTERNAL void gct_push_outcome(lua_State *L,
                                   const struct gct_outcome *outcome);

/* The same as the values of a function: pushes `result, nil, response` or
   `nil, err` and returns how many. */
GCT_INTERNAL int gct_return_outcome(lua_State *L,
                                    const struct gct_outcome *outcome);

#endif
