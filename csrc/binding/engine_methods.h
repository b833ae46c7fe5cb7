/*
** The engine methods that make calls. They run inside protected_method of
** engine_userdata.c, with which they share the userdata.
*/
#ifndef GCT_ENGINE_METHODS_H
#define GCT_ENGINE_METHODS_H

#include "binding/compat.h"
#include "engine/engine.h"

struct gct_engine_userdata {
  struct gct_engine engine;
  bool open;
  bool busy;        /* a method is running, now or further up the stack */
  bool close_asked; /* close was called while busy: close afterwards */
  double awaited;   /* id of a call that ends with the method, 0: none */
};

/* Lets a pending debug hook run, which is how Ctrl-C and time limits stop a
   script: raises what the hook raises. */
GCT_INTERNAL void gct_run_pending_hook(lua_State *L);

/* start, wait, step, cancel; ends with no name. Each finds the engine at
   index 1 and runs in a closure with the upvalues of json.h. */
GCT_INTERNAL extern const luaL_Reg gct_engine_methods[];

/* One attempt of the operation whose index is the upvalue behind those. */
GCT_INTERNAL int gct_engine_operation(lua_State *L);

/* The longest wait, in seconds, between two chances for hooks. */
#define GCT_HOOK_INTERVAL 0.2

#endif
