/*
** Scratch memory in a userdata.
*/
#include "binding/scratch.h"

#define SCRATCH "gctokens.scratch"

static int scratch_gc(lua_State *L)
{
  gct_scratch_release(lua_touserdata(L, 1));
  return 0;
}

void gct_scratch_open(lua_State *L)
{
  luaL_newmetatable(L, SCRATCH);
  lua_pushcfunction(L, scratch_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

struct gct_scratch *gct_scratch_new(lua_State *L, size_t limit)
{
  struct gct_scratch *scratch = lua_newuserdata(L, sizeof(*scratch));

  gct_request_init(&scratch->request);
  gct_buffer_init(&scratch->buffer, limit);
  luaL_getmetatable(L, SCRATCH);
  lua_setmetatable(L, -2);
  return scratch;
}

void gct_scratch_release(struct gct_scratch *scratch)
{
  gct_request_release(&scratch->request);
  gct_buffer_release(&scratch->buffer);
}
