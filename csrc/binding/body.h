/*
** From a Lua table to the JSON of a request body, checked against the
** operation's schema.
*/
#ifndef GCT_BODY_H
#define GCT_BODY_H

#include "binding/compat.h"
#include "wire/error.h"
#include "wire/operations.h"

/*
** Encodes the table at `index` and pushes the JSON string. False, kind
** argument, pushing nothing, when something in it cannot be JSON (NaN, a
** function, a table with holes or with mixed keys, a cycle) or, with
** `validate`, is not what `schema` says; the message names the field. Fields
** the schema does not know are sent as they are. What the schema calls an
** array is one even when it is empty.
*/
GCT_INTERNAL bool gct_body_encode(lua_State *L, int index,
                                  const struct gct_schema *schema,
                                  bool validate, struct gct_error *error);

#endif
