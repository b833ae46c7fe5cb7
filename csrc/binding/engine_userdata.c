/*
** The engine userdata: core.new, and the metatable.
**
** Every method that works on the engine is wrapped in protected_method. It
** calls the method's body under lua_pcall: whatever the body raises (out of
** memory, an interrupt), one piece of code restores the engine before the
** error is raised again. A body therefore never cleans up.
*/
#include "binding/engine_userdata.h"

#include <string.h>

#include "binding/engine_methods.h"
#include "binding/engine_options.h"
#include "binding/json.h"
#include "binding/misuse.h"
#include "binding/table_fields.h"
#include "version.h"

#define ENGINE "gctokens.engine"

/* The first upvalue of every method; the second one of protected_method. */
#define METATABLE lua_upvalueindex(1)
#define BODY lua_upvalueindex(2)

/* ---- protection --------------------------------------------------------- */

static struct gct_engine_userdata *check_engine(lua_State *L)
{
  struct gct_engine_userdata *self = gct_testudata(L, 1, METATABLE);

  if (!self)
    gct_misuse(L,
               "a method of " ENGINE " was called with a %s: use "
               "engine:method(), with a colon",
               luaL_typename(L, 1));
  return self;
}

static void release(struct gct_engine_userdata *self)
{
  if (self->busy) {
    self->close_asked = true;
  } else if (self->open) {
    self->open = false;
    gct_engine_release(&self->engine);
  }
}

/* The body finds the engine at index 1. */
static int protected_method(lua_State *L)
{
  struct gct_engine_userdata *self = check_engine(L);
  int status;

  if (self->busy)
    return gct_misuse(L, ENGINE " is in use: a finalizer or a hook called "
                                "it during one of its own calls");
  lua_pushvalue(L, BODY);
  lua_insert(L, 1);
  lua_pushvalue(L, 2);
  lua_insert(L, 1); /* engine, body, engine, arguments... */
  self->busy = true;
  status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
  self->busy = false;
  gct_engine_detect_fork(&self->engine); /* a hook may have forked */
  if (self->awaited != 0) {
    struct gct_transfer *transfer =
        gct_engine_find(&self->engine, self->awaited);

    if (transfer) /* coverage: in a forked child, which tells gcov nothing */
      gct_engine_recycle(&self->engine, transfer);
    self->awaited = 0;
  }
  if (self->close_asked) {
    self->close_asked = false;
    release(self);
  }
  return status == 0 ? lua_gettop(L) - 1 : lua_error(L);
}

/* ---- methods that cannot raise in the middle ---------------------------- */

static int engine_close(lua_State *L)
{
  release(check_engine(L));
  return 0;
}

static int engine_stats(lua_State *L)
{
  const struct gct_engine_userdata *self = check_engine(L);
  const struct gct_stats *stats = &self->engine.stats;

  lua_createtable(L, 0, 5);
  gct_push_number(L, stats->calls);
  lua_setfield(L, -2, "calls");
  gct_push_number(L, stats->connections_opened);
  lua_setfield(L, -2, "connections_opened");
  gct_push_number(L, stats->bytes_sent);
  lua_setfield(L, -2, "bytes_sent");
  gct_push_number(L, stats->bytes_received);
  lua_setfield(L, -2, "bytes_received");
  lua_pushinteger(L, self->engine.in_flight);
  lua_setfield(L, -2, "in_flight");
  return 1;
}

static int engine_tostring(lua_State *L)
{
  const struct gct_engine_userdata *self = check_engine(L);

  if (self->open)
    lua_pushfstring(L, ENGINE " (%d in flight)", self->engine.in_flight);
  else
    lua_pushliteral(L, ENGINE " (closed)");
  return 1;
}

/* ---- core.new ---------------------------------------------------------- */

void gct_push_user_agent(lua_State *L)
{
  lua_pushfstring(L, "gctokens/" GCT_VERSION " libcurl/%s",
                  curl_version_info(CURLVERSION_NOW)->version);
}

/* core.new(options) -> engine; raises on wrong options. The userdata is
   ready for __gc before the first copy of an option is allocated. */
static int core_new(lua_State *L)
{
  struct gct_engine_userdata *self;
  struct gct_options *options;

  lua_settop(L, 1);
  if (!lua_istable(L, 1))
    return gct_misuse(L, "core.new: the options must be a table, got %s",
                      luaL_typename(L, 1));
  self = lua_newuserdata(L, sizeof(*self));
  memset(self, 0, sizeof(*self));
  gct_engine_init(&self->engine);
  self->open = true;
  luaL_getmetatable(L, ENGINE);
  lua_setmetatable(L, 2);
  options = &self->engine.options;
  gct_push_user_agent(L);
  if (!gct_options_set(options, GCT_USER_AGENT, lua_tostring(L, 3)))
    return luaL_error(L, "not enough memory");
  gct_engine_options_read(L, 1, options);
  lua_settop(L, 2);
  return 1;
}

/* ---- registration ------------------------------------------------------ */

static const luaL_Reg plain_methods[] = {
    {"close", engine_close},
    {"stats", engine_stats},
    {NULL, NULL},
};

/* __gc, __close and close are one function, which may be called again. */
static const luaL_Reg metamethods[] = {
    {"__gc", engine_close},
    {"__close", engine_close},
    {"__tostring", engine_tostring},
    {NULL, NULL},
};

static void set_functions(lua_State *L, int metatable,
                          const luaL_Reg *functions)
{
  for (; functions->name; functions++) {
    lua_pushvalue(L, metatable);
    lua_pushcclosure(L, functions->func, 1);
    lua_setfield(L, -2, functions->name);
  }
}

/* Sets field `name` of the table on top to protected_method around `body`. */
static void set_protected(lua_State *L, int metatable, int json,
                          const char *name, lua_CFunction body,
                          size_t operation)
{
  int i;

  lua_pushvalue(L, metatable);
  for (i = 0; i < GCT_JSON_UPVALUES; i++)
    lua_pushvalue(L, json + i);
  lua_pushinteger(L, (lua_Integer)operation);
  lua_pushcclosure(L, body, GCT_JSON_UPVALUES + 1);
  lua_pushcclosure(L, protected_method, 2);
  lua_setfield(L, -2, name);
}

void gct_engine_userdata_open(lua_State *L, int json)
{
  const luaL_Reg *method;
  int metatable;
  size_t i;

  luaL_newmetatable(L, ENGINE);
  metatable = lua_gettop(L);
  set_functions(L, metatable, metamethods);
  lua_pushliteral(L, ENGINE);
  lua_setfield(L, -2, "__name");
  lua_newtable(L);
  set_functions(L, metatable, plain_methods);
  for (method = gct_engine_methods; method->name; method++)
    set_protected(L, metatable, json, method->name, method->func, 0);
  for (i = 0; i < gct_operation_count; i++)
    set_protected(L, metatable, json, gct_operations[i].name,
                  gct_engine_operation, i);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lua_pushcfunction(L, core_new);
}
