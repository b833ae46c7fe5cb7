/*
** core.request and the checks that go before it.
*/
#include "binding/request_functions.h"

#include "binding/arguments.h"
#include "binding/engine_userdata.h"
#include "binding/error_table.h"
#include "binding/misuse.h"
#include "binding/request_userdata.h"
#include "binding/scratch.h"
#include "wire/credentials.h"

static void push_request(lua_State *L, const struct gct_request *request)
{
  char *line = NULL;

  lua_createtable(L, 0, 4);
  lua_pushstring(L, request->operation->method);
  lua_setfield(L, -2, "method");
  lua_pushstring(L, request->url.data);
  lua_setfield(L, -2, "url");
  lua_createtable(L, 0, 6);
  while ((line = gct_request_next_header(request, line)) != NULL) {
    const char *colon = strchr(line, ':');

    lua_pushlstring(L, line, (size_t)(colon - line));
    lua_pushstring(L, colon + 2);
    lua_rawset(L, -3);
  }
  lua_setfield(L, -2, "headers");
  if (request->body.data) {
    lua_pushlstring(L, request->body.data, request->body.length);
    lua_setfield(L, -2, "body");
  }
}

/* core.base_url(url, allow_http) -> its normal form | nil, why not. */
static int core_base_url(lua_State *L)
{
  struct gct_scratch *scratch;
  struct gct_error error;

  lua_settop(L, 2);
  if (lua_type(L, 1) != LUA_TSTRING)
    return gct_misuse(L, "core.base_url: the URL must be a string, got %s",
                      luaL_typename(L, 1));
  scratch = gct_scratch_new(L, GCT_MAX_BASE_URL);
  if (gct_base_url_normalise(gct_to_slice(L, 1), "the URL",
                             lua_toboolean(L, 2), &scratch->buffer, &error)) {
    lua_pushlstring(L, scratch->buffer.data, scratch->buffer.length);
    gct_scratch_release(scratch);
    return 1;
  }
  gct_scratch_release(scratch);
  lua_pushnil(L);
  lua_pushstring(L, error.message);
  return 2;
}

/* core.is_token(value) -> whether it can be sent as a bearer token. */
static int core_is_token(lua_State *L)
{
  lua_settop(L, 1);
  lua_pushboolean(L, lua_type(L, 1) == LUA_TSTRING &&
                         gct_is_token(gct_to_slice(L, 1)));
  return 1;
}

/* Builds the request in `scratch`. Its body stays on the stack. */
static bool build_request(lua_State *L, int index,
                          const struct gct_operation *operation,
                          bool allow_http, struct gct_scratch *scratch,
                          struct gct_error *error)
{
  struct gct_arguments arguments;
  struct gct_call *call = &arguments.call;

  if (!gct_arguments_read(L, index, false, operation, &arguments, error) ||
      !gct_base_url_normalise(call->base_url, "base_url", allow_http,
                              &scratch->buffer, error))
    return false;
  call->base_url = gct_buffer_slice(&scratch->buffer);
  gct_push_user_agent(L);
  if (!call->user_agent.data)
    call->user_agent = gct_to_slice(L, -1);
  return gct_request_build(&scratch->request, call, error);
}

/* core.request(operation, arguments, allow_http) -> { method, url, headers,
   body }, nil, request object | nil, err. arguments.base_url says where to;
   https, or http to the local machine, unless allow_http. */
static int core_request(lua_State *L)
{
  const struct gct_operation *operation = gct_arguments_operation(L, 1);
  struct gct_scratch *scratch;
  struct gct_error error;

  lua_settop(L, 3);
  scratch = gct_scratch_new(L, GCT_MAX_BASE_URL);
  if (!build_request(L, 2, operation, lua_toboolean(L, 3), scratch, &error)) {
    gct_scratch_release(scratch);
    return gct_push_refusal(L, operation, &error);
  }
  push_request(L, &scratch->request);
  lua_pushnil(L);
  gct_push_request_userdata(L, &scratch->request);
  gct_scratch_release(scratch);
  return 3;
}

/* core.check(operation, arguments) -> true | nil, err: whether core.request
   would take these arguments. base_url and credentials may be absent. */
static int core_check(lua_State *L)
{
  const struct gct_operation *operation = gct_arguments_operation(L, 1);
  struct gct_scratch *scratch;
  struct gct_arguments arguments;
  struct gct_slice base_url;
  struct gct_error error;
  bool ok;

  lua_settop(L, 2);
  scratch = gct_scratch_new(L, GCT_MAX_BASE_URL);
  ok = gct_arguments_read(L, 2, false, operation, &arguments, &error);
  base_url = arguments.call.base_url;
  ok = ok &&
       (!base_url.data || gct_base_url_normalise(base_url, "base_url", true,
                                                 &scratch->buffer, &error)) &&
       gct_call_check(&arguments.call, &error);
  gct_scratch_release(scratch);
  if (!ok)
    return gct_push_refusal(L, operation, &error);
  lua_pushboolean(L, 1);
  return 1;
}

const luaL_Reg gct_request_functions[] = {
    {"base_url", core_base_url},
    {"is_token", core_is_token},
    {"check", core_check},
    {"request", core_request},
    {NULL, NULL},
};
