/*
** C memory that a Lua error must not leak: a userdata whose __gc frees it.
** It is on the stack before anything is allocated into it.
*/
#ifndef GCT_SCRATCH_H
#define GCT_SCRATCH_H

#include "binding/compat.h"
#include "wire/request.h"

struct gct_scratch {
  struct gct_request request;
  struct gct_buffer buffer;
};

/* Registers the metatable; once per Lua state. */
GCT_INTERNAL void gct_scratch_open(lua_State *L);

/* Pushes a new one; its buffer may hold `limit` bytes. */
GCT_INTERNAL struct gct_scratch *gct_scratch_new(lua_State *L, size_t limit);

/* Frees its memory now instead of at the next collection; idempotent. */
GCT_INTERNAL void gct_scratch_release(struct gct_scratch *scratch);

#endif
