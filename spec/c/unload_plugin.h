/*
** What unload_test.c calls in the module it loads.
*/
#ifndef UNLOAD_PLUGIN_H
#define UNLOAD_PLUGIN_H

#include <stdbool.h>

/* Makes a call that is given up while its host's name is looked up, and frees
   the engine. Whether the call timed out. */
bool unload_plugin_run(void);

typedef bool (*unload_plugin_function)(void);

#endif
