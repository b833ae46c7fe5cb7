/*
** The table of operations, as Lua sees it.
*/
#ifndef GCT_OPERATION_LIST_H
#define GCT_OPERATION_LIST_H

#include "binding/compat.h"

/*
** Pushes a list with a table for each operation, in the order of the table:
**   name            "delete_token"
**   credentials     "bearer", "basic" or "none"
**   parameter       { name, type, is_optional }, what a caller names besides
**                   options: the first part of the path, or the body; or nil.
**                   `type` is that of the Lua value.
*/
GCT_INTERNAL void gct_operation_list_push(lua_State *L);

#endif
