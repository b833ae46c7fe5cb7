/*
** Raising on misuse: a wrong type, an unknown name.
*/
#ifndef GCT_MISUSE_H
#define GCT_MISUSE_H

#include "binding/compat.h"

/* Raises "message" with the position of the nearest Lua code, which is the
   caller's. Formats are those of lua_pushfstring. Never returns; the result is
   for `return gct_misuse(...)`. */
GCT_INTERNAL int gct_misuse(lua_State *L, const char *format, ...);

/* A name that a caller gave, to be shown in a message; or, where it is longer
   than any name is, words in its place: it may be a token. */
GCT_INTERNAL const char *gct_shown_name(const char *name);

#endif
