/*
** From the options table of core.new to a struct gct_options.
*/
#ifndef GCT_ENGINE_OPTIONS_H
#define GCT_ENGINE_OPTIONS_H

#include "binding/compat.h"
#include "engine/options.h"

/* Reads every field of the table at `index` into `options`, which is
   anchored. Raises on an unknown name, a wrong type or a value out of range;
   the base URL is put into its normal form. */
GCT_INTERNAL void gct_engine_options_read(lua_State *L, int index,
                                          struct gct_options *options);

#endif
