/*
** Starting calls, waiting for them, and returning their outcomes. Nothing here
** cleans up: protected_method of engine_userdata.c does, whatever is raised.
*/
#include "binding/engine_methods.h"

#include <limits.h>
#include <math.h>

#include "binding/arguments.h"
#include "binding/error_table.h"
#include "binding/json.h"
#include "binding/misuse.h"
#include "binding/result.h"
#include "engine/clock.h"

#define OPERATION lua_upvalueindex(GCT_JSON_UPVALUES + 1)

/* The engine at index 1. A fork is detected here and not before the call: a
   debug hook that runs on the call itself may fork. */
static struct gct_engine_userdata *to_engine(lua_State *L)
{
  struct gct_engine_userdata *self = lua_touserdata(L, 1);

  gct_engine_detect_fork(&self->engine);
  return self;
}

static int do_nothing(lua_State *L)
{
  (void)L;
  return 0;
}

void gct_run_pending_hook(lua_State *L)
{
  lua_pushcfunction(L, do_nothing);
  lua_call(L, 0, 0);
}

static int push_closed(lua_State *L, const struct gct_operation *operation)
{
  struct gct_error error;

  (void)gct_error_set(&error, GCT_KIND_CLOSED, "the engine is closed");
  return gct_push_refusal(L, operation, &error);
}

/* ---- starting ---------------------------------------------------------- */

/* Calls no Lua, so that no error can leak the buffer. */
static bool start_call(struct gct_engine *engine,
                       struct gct_arguments *arguments, double *id,
                       struct gct_error *error)
{
  const struct gct_options *options = &engine->options;
  struct gct_call *call = &arguments->call;
  struct gct_buffer base_url;
  bool ok = true;

  /* Reading the arguments calls lua-cjson, and so debug hooks, which may
     fork. */
  gct_engine_detect_fork(engine);
  gct_buffer_init(&base_url, GCT_MAX_BASE_URL);
  if (call->base_url.data) {
    ok = gct_base_url_normalise(call->base_url, "base_url",
                                options->allow_http, &base_url, error);
    call->base_url = gct_buffer_slice(&base_url);
  } else {
    call->base_url = gct_slice_from_cstr(options->text[GCT_BASE_URL]);
  }
  if (!call->user_agent.data)
    call->user_agent = gct_slice_from_cstr(options->text[GCT_USER_AGENT]);
  call->accept_encoding = options->accept_encoding;
  ok = ok && gct_engine_start(engine, call, &arguments->timeouts, id, error);
  gct_buffer_release(&base_url);
  return ok;
}

/* The arguments are at `index`, and more of them behind it. Returns 0, or the
   number of values pushed for a call that was refused. */
static int start(lua_State *L, struct gct_engine_userdata *self,
                 const struct gct_operation *operation, int index, double *id)
{
  struct gct_arguments arguments;
  struct gct_error error;

  lua_settop(L, index + GCT_MORE_ARGUMENTS);
  if (!self->open)
    return push_closed(L, operation);
  if (!gct_arguments_read(L, index, true, operation, &arguments, &error) ||
      !start_call(&self->engine, &arguments, id, &error))
    return gct_push_refusal(L, operation, &error);
  lua_settop(L, index);
  return 0;
}

/* engine:start(operation, arguments, ...) -> id | nil, err */
static int engine_start(lua_State *L)
{
  struct gct_engine_userdata *self = lua_touserdata(L, 1);
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
static void run_hooks(lua_State *L, struct gct_engine_userdata *self)
{
  gct_run_pending_hook(L);
  gct_engine_detect_fork(&self->engine);
}

/* Waits for self->awaited and pushes its outcome; protected_method recycles
   the transfer. */
static int await(lua_State *L, struct gct_engine_userdata *self)
{
  struct gct_engine *engine = &self->engine;
  struct gct_transfer *transfer = gct_engine_find(engine, self->awaited);

  for (;;) {
    gct_engine_step(engine, GCT_HOOK_INTERVAL, 0);
    if (gct_engine_is_finished(engine, transfer))
      break;
    run_hooks(L, self);
    /* coverage: in a forked child, which tells gcov nothing */
    if (gct_engine_find(engine, self->awaited) != transfer)
      return gct_misuse(L, "the process was forked while it waited for this "
                           "call, which is the parent's");
  }
  return gct_return_outcome(L, &transfer->outcome);
}

/* engine:get_tokens_me(arguments, ...) and so on */
int gct_engine_operation(lua_State *L)
{
  struct gct_engine_userdata *self = lua_touserdata(L, 1);
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
    gct_misuse(L, "the id of a call must be a number, got %s",
               luaL_typename(L, index));
  return lua_tonumber(L, index);
}

/* engine:wait(id) -> result, nil, response | nil, err */
static int engine_wait(lua_State *L)
{
  struct gct_engine_userdata *self = to_engine(L);
  double id = check_id(L, 2);

  if (!self->open || !gct_engine_find(&self->engine, id)) {
    gct_push_number(L, id);
    return gct_misuse(L, "there is no call %s in this engine",
                      lua_tostring(L, -1));
  }
  self->awaited = id;
  return await(L, self);
}

/* 0 when absent. */
static double check_number(lua_State *L, int index, const char *misuse)
{
  double number = lua_isnoneornil(L, index) ? 0 : lua_tonumber(L, index);

  if ((!lua_isnoneornil(L, index) && lua_type(L, index) != LUA_TNUMBER) ||
      isnan(number))
    gct_misuse(L, "%s", misuse);
  return number;
}

/* Of result and err one is nil. */
static void push_finished(lua_State *L, const struct gct_transfer *transfer)
{
  lua_createtable(L, 0, 3);
  gct_push_number(L, transfer->id);
  lua_setfield(L, -2, "id");
  gct_push_outcome(L, &transfer->outcome);
  lua_setfield(L, -4, "response");
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_setfield(L, -2, "result");
  } else {
    lua_setfield(L, -3, "err");
    lua_pop(L, 1);
  }
}

/* engine:step(seconds, limit) -> list of finished, number in flight. The
   transfers are recycled when nothing can fail any more: after an error the
   next step reports them. */
static int engine_step(lua_State *L)
{
  struct gct_engine_userdata *self = to_engine(L);
  struct gct_engine *engine = &self->engine;
  double wait =
      check_number(L, 2, "the time to wait must be a number of seconds");
  double limit =
      check_number(L, 3, "the limit of a step must be a number of sockets");
  double until = gct_now() + wait;
  int count = 0;
  struct gct_list_node *node;

  while (self->open && !engine->finished.first) {
    double left = until - gct_now();

    gct_engine_step(engine,
                    left < GCT_HOOK_INTERVAL ? left : GCT_HOOK_INTERVAL,
                    (int)fmax(0, fmin(limit, INT_MAX)));
    if (engine->finished.first || engine->in_flight == 0 || left <= 0)
      break;
    run_hooks(L, self);
  }
  lua_newtable(L);
  for (node = engine->finished.first; node; node = node->next) {
    push_finished(L, gct_transfer_of(node));
    lua_rawseti(L, -2, ++count);
  }
  lua_pushinteger(L, engine->in_flight);
  while (engine->finished.first)
    gct_engine_recycle(engine, gct_transfer_of(engine->finished.first));
  return 2;
}

/* engine:cancel(id) -> whether there was such a call */
static int engine_cancel(lua_State *L)
{
  struct gct_engine_userdata *self = to_engine(L);
  double id = check_id(L, 2);
  struct gct_transfer *transfer =
      self->open ? gct_engine_find(&self->engine, id) : NULL;

  lua_pushboolean(L, transfer != NULL);
  if (transfer)
    gct_engine_recycle(&self->engine, transfer);
  return 1;
}

/* ---- for the loop of another library ----------------------------------- */

/* engine:fd() -> descriptor | nil, why there is none */
static int engine_fd(lua_State *L)
{
  struct gct_engine_userdata *self = to_engine(L);
  const struct gct_multi *multi = &self->engine.multi;
  int descriptor = gct_sockets_descriptor(&multi->sockets);

  if (descriptor >= 0) {
    lua_pushinteger(L, descriptor);
    return 1;
  }
  lua_pushnil(L);
  if (!self->open)
    lua_pushliteral(L, "the engine is closed");
  else if (!multi->handle)
    lua_pushliteral(L, "no call was started yet in this process");
  else
    /* coverage: without epoll only */
    lua_pushliteral(L, "this system has no epoll");
  return 2;
}

/* engine:timeout() -> seconds | nil */
static int engine_timeout(lua_State *L)
{
  struct gct_engine_userdata *self = to_engine(L);
  double seconds = self->open ? gct_engine_timeout(&self->engine) : -1;

  if (seconds < 0)
    lua_pushnil(L);
  else
    lua_pushnumber(L, seconds);
  return 1;
}

const luaL_Reg gct_engine_methods[] = {
    {"start", engine_start},
    {"wait", engine_wait},
    {"step", engine_step},
    {"cancel", engine_cancel},
    {"fd", engine_fd},
    {"timeout", engine_timeout},
    {NULL, NULL},
};
