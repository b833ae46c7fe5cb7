/*
** The engine userdata.
**
** Every method that works on the engine runs inside `guard`: it calls the
** method's body under lua_pcall, so that whatever the body raises (out of
** memory, an interrupt) the engine is put in order by one piece of code
** before the error goes on. A body therefore never cleans up.
*/
#include "binding/engine_object.h"

#include <math.h>
#include <string.h>

#include "binding/arguments.h"
#include "binding/json.h"
#include "binding/result.h"
#include "binding/settings_table.h"
#include "engine/clock.h"
#include "engine/engine.h"
#include "version.h"

#define ENGINE "gctokens.engine"
#define OPERATION lua_upvalueindex(GCT_JSON_UPVALUES + 1)

struct engine_object {
  struct gct_engine engine;
  bool open;
  bool busy;        /* a method is running, now or further up the stack */
  bool close_asked; /* close came while busy: do it afterwards */
  double awaited;   /* id of a call that ends with the method, 0: none */
};

static int do_nothing(lua_State *L)
{
  (void)L;
  return 0;
}

void gct_let_hooks_run(lua_State *L)
{
  lua_pushcfunction(L, do_nothing);
  lua_call(L, 0, 0);
}

/* ---- one way in and out ------------------------------------------------ */

static struct engine_object *check_engine(lua_State *L, int index)
{
  struct engine_object *self = gct_testudata(L, index, ENGINE);

  if (!self)
    gct_misuse(L,
               "a method of " ENGINE " was called with a %s: use "
               "engine:method(), with a colon",
               luaL_typename(L, index));
  return self;
}

static void release(struct engine_object *self)
{
  if (self->busy) {
    self->close_asked = true;
  } else if (self->open) {
    self->open = false;
    gct_engine_release(&self->engine);
  }
}

/* Upvalue 1 is the body, which finds the engine at index 1. */
static int guard(lua_State *L)
{
  struct engine_object *self = check_engine(L, 1);
  int status;

  if (self->busy)
    return gct_misuse(L, ENGINE " is in use: a finalizer or a hook called "
                                "it during one of its own calls");
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_pushvalue(L, 2);
  lua_insert(L, 1); /* engine, body, engine, arguments... */
  gct_engine_check_owner(&self->engine);
  self->busy = true;
  status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
  self->busy = false;
  if (self->awaited != 0) {
    struct gct_transfer *transfer =
        gct_engine_find(&self->engine, self->awaited);

    if (transfer)
      gct_engine_recycle(&self->engine, transfer);
    self->awaited = 0;
  }
  if (self->close_asked) {
    self->close_asked = false;
    release(self);
  }
  return status == 0 ? lua_gettop(L) - 1 : lua_error(L);
}

static int push_closed(lua_State *L, const struct gct_operation *operation)
{
  struct gct_failure failure;

  (void)gct_fail(&failure, GCT_KIND_CLOSED, "the engine is closed");
  return gct_push_failure(L, operation, &failure);
}

/* ---- starting ---------------------------------------------------------- */

/* From here to the return nothing calls Lua, so nothing can be lost. */
static bool start_call(struct gct_engine *engine, struct gct_call *call,
                       const struct gct_limits *limits, double *id,
                       struct gct_failure *failure)
{
  const struct gct_settings *settings = &engine->settings;
  struct gct_buffer base_url;
  bool fine = true;

  gct_buffer_init(&base_url, GCT_MAX_BASE_URL);
  if (call->base_url.data) {
    fine = gct_base_url_normalise(call->base_url, "base_url",
                                  settings->allow_http, &base_url, failure);
    call->base_url = gct_buffer_text(&base_url);
  } else {
    call->base_url = gct_text_of(settings->text[GCT_BASE_URL]);
  }
  if (!call->user_agent.data)
    call->user_agent = gct_text_of(settings->text[GCT_USER_AGENT]);
  fine = fine && gct_engine_start(engine, call, limits, id, failure);
  gct_buffer_release(&base_url);
  return fine;
}

/* The arguments are at `index`. Returns 0, or the number of values pushed
   for a call that was refused. */
static int start(lua_State *L, struct engine_object *self,
                 const struct gct_operation *operation, int index, double *id)
{
  struct gct_call call;
  struct gct_limits limits;
  struct gct_failure failure;

  lua_settop(L, index);
  if (!self->open)
    return push_closed(L, operation);
  if (!gct_arguments_read(L, index, operation, &call, &limits, &failure) ||
      !start_call(&self->engine, &call, &limits, id, &failure))
    return gct_push_failure(L, operation, &failure);
  lua_settop(L, index);
  return 0;
}

/* engine:start(operation, arguments) -> id | nil, err */
static int engine_start(lua_State *L)
{
  struct engine_object *self = lua_touserdata(L, 1);
  const struct gct_operation *operation = gct_arguments_operation(L, 2);
  double id = 0;
  int pushed = start(L, self, operation, 3, &id);

  if (pushed > 0)
    return pushed;
  gct_push_number(L, id);
  return 1;
}

/* ---- waiting ----------------------------------------------------------- */

/* Hooks may do anything, even fork. */
static void run_hooks(lua_State *L, struct engine_object *self)
{
  gct_let_hooks_run(L);
  gct_engine_check_owner(&self->engine);
}

/* Waits for self->awaited and pushes how it ended; guard takes it back. */
static int await(lua_State *L, struct engine_object *self)
{
  struct gct_engine *engine = &self->engine;
  struct gct_transfer *transfer = gct_engine_find(engine, self->awaited);

  for (;;) {
    gct_engine_step(engine, GCT_SLICE);
    if (gct_engine_is_finished(engine, transfer))
      break;
    run_hooks(L, self);
    if (gct_engine_find(engine, self->awaited) != transfer)
      return gct_misuse(L, "the process was forked while it waited for this "
                           "call, which is the parent's");
  }
  return gct_return_outcome(L, &transfer->outcome);
}

/* engine:get_tokens_me(arguments) and so on */
static int engine_operation(lua_State *L)
{
  struct engine_object *self = lua_touserdata(L, 1);
  const struct gct_operation *operation =
      &gct_operations[lua_tointeger(L, OPERATION)];
  double id = 0;
  int pushed = start(L, self, operation, 2, &id);

  if (pushed > 0)
    return pushed;
  self->awaited = id;
  return await(L, self);
}

static double check_id(lua_State *L, int index)
{
  if (lua_type(L, index) != LUA_TNUMBER)
    gct_misuse(L, "the id of a call must be a number, not a %s",
               luaL_typename(L, index));
  return lua_tonumber(L, index);
}

/* Gives up every call but one. */
static void cancel_others(struct gct_engine *engine, double id)
{
  struct gct_transfer *lists[2];
  size_t i;

  lists[0] = engine->active;
  lists[1] = engine->finished;
  for (i = 0; i < 2; i++) {
    struct gct_transfer *transfer = lists[i];

    while (transfer) {
      struct gct_transfer *next = transfer->next;

      if (transfer->id != id)
        gct_engine_recycle(engine, transfer);
      transfer = next;
    }
  }
}

/* engine:wait(id, alone) -> result, nil, response | nil, err. With `alone`
   every other call is given up: an error raised between start and wait may
   have left one that nobody knows of. */
static int engine_wait(lua_State *L)
{
  struct engine_object *self = lua_touserdata(L, 1);
  double id = check_id(L, 2);

  if (!self->open || !gct_engine_find(&self->engine, id))
    return gct_misuse(L, "there is no call %f in this engine", id);
  if (lua_toboolean(L, 3))
    cancel_others(&self->engine, id);
  self->awaited = id;
  return await(L, self);
}

/* Seconds, 0 when absent. */
static double check_wait(lua_State *L, int index)
{
  double seconds = lua_isnoneornil(L, index) ? 0 : lua_tonumber(L, index);

  if ((!lua_isnoneornil(L, index) && lua_type(L, index) != LUA_TNUMBER) ||
      isnan(seconds))
    gct_misuse(L, "the time to wait must be a number of seconds");
  return seconds;
}

static void push_finished(lua_State *L, const struct gct_transfer *transfer)
{
  lua_createtable(L, 0, 4);
  gct_push_number(L, transfer->id);
  lua_setfield(L, -2, "id");
  gct_push_outcome(L, &transfer->outcome);
  lua_setfield(L, -4, "response");
  lua_setfield(L, -3, "err");
  lua_setfield(L, -2, "result");
}

/* engine:step(seconds) -> list of finished, number in flight. The transfers
   are given back when nothing can fail any more: after an error they are
   reported by the next step. */
static int engine_step(lua_State *L)
{
  struct engine_object *self = lua_touserdata(L, 1);
  struct gct_engine *engine = &self->engine;
  double until = gct_now() + check_wait(L, 2);
  int count = 0;
  const struct gct_transfer *transfer;

  while (self->open && !engine->finished) {
    double left = until - gct_now();

    gct_engine_step(engine, left < GCT_SLICE ? left : GCT_SLICE);
    if (engine->finished || !engine->active || left <= 0)
      break;
    run_hooks(L, self);
  }
  lua_newtable(L);
  for (transfer = engine->finished; transfer; transfer = transfer->next) {
    push_finished(L, transfer);
    lua_rawseti(L, -2, ++count);
  }
  lua_pushinteger(L, engine->in_flight);
  while (engine->finished)
    gct_engine_recycle(engine, engine->finished);
  return 2;
}

/* engine:cancel(id) -> whether there was such a call */
static int engine_cancel(lua_State *L)
{
  struct engine_object *self = lua_touserdata(L, 1);
  double id = check_id(L, 2);
  struct gct_transfer *transfer =
      self->open ? gct_engine_find(&self->engine, id) : NULL;

  lua_pushboolean(L, transfer != NULL);
  if (transfer)
    gct_engine_recycle(&self->engine, transfer);
  return 1;
}

/* ---- the rest ---------------------------------------------------------- */

static int engine_close(lua_State *L)
{
  release(check_engine(L, 1));
  return 0;
}

static int engine_stats(lua_State *L)
{
  const struct engine_object *self = check_engine(L, 1);
  const struct gct_engine_stats *stats = &self->engine.stats;

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
  const struct engine_object *self = check_engine(L, 1);

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

/* core.new(settings) -> engine; raises on wrong settings. The userdata is
   ready for __gc before the first copy of a setting is allocated. */
static int core_new(lua_State *L)
{
  struct engine_object *self;
  struct gct_settings *settings;

  lua_settop(L, 1);
  if (!lua_istable(L, 1))
    return gct_misuse(L, "core.new: the settings must be a table, not a %s",
                      luaL_typename(L, 1));
  self = lua_newuserdata(L, sizeof(*self));
  memset(self, 0, sizeof(*self));
  gct_engine_init(&self->engine);
  self->open = true;
  luaL_getmetatable(L, ENGINE);
  lua_setmetatable(L, 2);
  settings = &self->engine.settings;
  gct_push_user_agent(L);
  if (!gct_settings_set(settings, GCT_USER_AGENT, lua_tostring(L, 3)))
    return luaL_error(L, "not enough memory");
  gct_settings_read(L, 1, settings);
  lua_settop(L, 2);
  return 1;
}

/* ---- registration ------------------------------------------------------ */

static const luaL_Reg guarded_methods[] = {
    {"start", engine_start},   {"wait", engine_wait}, {"step", engine_step},
    {"cancel", engine_cancel}, {NULL, NULL},
};

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

static void set_functions(lua_State *L, const luaL_Reg *functions)
{
  for (; functions->name; functions++) {
    lua_pushcfunction(L, functions->func);
    lua_setfield(L, -2, functions->name);
  }
}

/* The table on top gets `name`: guard around `body` with its upvalues. */
static void set_guarded(lua_State *L, int json, const char *name,
                        lua_CFunction body, size_t operation)
{
  int i;

  for (i = 0; i < GCT_JSON_UPVALUES; i++)
    lua_pushvalue(L, json + i);
  lua_pushinteger(L, (lua_Integer)operation);
  lua_pushcclosure(L, body, GCT_JSON_UPVALUES + 1);
  lua_pushcclosure(L, guard, 1);
  lua_setfield(L, -2, name);
}

void gct_engine_object_open(lua_State *L, int json)
{
  const luaL_Reg *method;
  size_t i;

  luaL_newmetatable(L, ENGINE);
  set_functions(L, metamethods);
  lua_pushliteral(L, ENGINE);
  lua_setfield(L, -2, "__name");
  lua_newtable(L);
  set_functions(L, plain_methods);
  for (method = guarded_methods; method->name; method++)
    set_guarded(L, json, method->name, method->func, 0);
  for (i = 0; i < gct_operation_count; i++)
    set_guarded(L, json, gct_operations[i].name, engine_operation, i);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lua_pushcfunction(L, core_new);
}
