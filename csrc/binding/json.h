/*
** JSON through lua-cjson, and the form in which JSON values reach Lua.
**
** The functions below run inside C closures that carry three upvalues, made by
** gct_json_open: decode and encode of a cjson instance of its own, and the set
** of metatables that mark a table as an array. With its own instance, cjson's
** global configuration neither affects it nor is affected.
*/
#ifndef GCT_JSON_H
#define GCT_JSON_H

#include <stdbool.h>

#include "binding/compat.h"
#include "wire/slice.h"

#define GCT_DECODE lua_upvalueindex(1)
#define GCT_ENCODE lua_upvalueindex(2)
#define GCT_ARRAY_MARKS lua_upvalueindex(3)

enum {
  GCT_JSON_UPVALUES = 3,
  GCT_JSON_DEPTH = 64 /* nested arrays and objects, either way */
};

/* Pushes the three upvalues and, below them, the metatable with which users
   mark a table as an array. Raises when lua-cjson is missing. */
GCT_INTERNAL void gct_json_open(lua_State *L);

/*
** Pushes the Lua value of `text`: null is left out, whole numbers are Lua
** integers where Lua has them. False: pushes cjson's message instead.
*/
GCT_INTERNAL bool gct_json_decode(lua_State *L, struct gct_slice text);

/* Replaces the string on top by its JSON text. False: replaces it by cjson's
   message. */
GCT_INTERNAL bool gct_json_encode_string(lua_State *L);

/* Whether the value stands for JSON null (cjson.null). */
GCT_INTERNAL bool gct_json_is_null(lua_State *L, int index);

/* Whether the table carries one of the array metatables. */
GCT_INTERNAL bool gct_json_is_marked_array(lua_State *L, int index);

/* Pushes a number, as an integer where it is whole. */
GCT_INTERNAL void gct_push_number(lua_State *L, double number);

#endif
