/*
** Setting fields of the table on top of the stack.
*/
#ifndef GCT_TABLE_FIELDS_H
#define GCT_TABLE_FIELDS_H

#include "binding/compat.h"
#include "wire/slice.h"

/* A number, as an integer where it is whole. */
GCT_INTERNAL void gct_set_number(lua_State *L, const char *name,
                                 double number);

GCT_INTERNAL void gct_set_integer(lua_State *L, const char *name, long number);

/* A number as gct_set_number sets it, unless it is negative: GCT_UNKNOWN. */
GCT_INTERNAL void gct_set_known(lua_State *L, const char *name, double number);

/* A string, unless it is absent. */
GCT_INTERNAL void gct_set_text(lua_State *L, const char *name,
                               struct gct_slice text);

#endif
