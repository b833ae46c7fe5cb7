/*
** From the settings table of core.new to a struct gct_settings.
*/
#ifndef GCT_SETTINGS_TABLE_H
#define GCT_SETTINGS_TABLE_H

#include "binding/compat.h"
#include "engine/settings.h"

/* Reads every field of the table at `index` into `settings`, which is
   anchored. Raises on an unknown name, a wrong type or a value out of range;
   the base URL is put into its normal form. */
GCT_INTERNAL void gct_settings_read(lua_State *L, int index,
                                    struct gct_settings *settings);

#endif
