/*
** core.request, core.response and their like: what goes over the wire, without
** a wire.
*/
#include "binding/bytes.h"

#include <math.h>
#include <string.h>

#include "binding/arguments.h"
#include "binding/engine_userdata.h"
#include "binding/error_table.h"
#include "binding/result.h"
#include "binding/scratch.h"
#include "wire/credentials.h"
#include "wire/redact.h"

static struct gct_slice to_text(lua_State *L, int index)
{
  struct gct_slice text;

  text.data = lua_tolstring(L, index, &text.length);
  return text;
}

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
  if (gct_base_url_normalise(to_text(L, 1), "the URL", lua_toboolean(L, 2),
                             &scratch->buffer, &error)) {
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
                         gct_is_token(to_text(L, 1)));
  return 1;
}

/* Builds the request of the arguments at `index` in `scratch`. What `call`
   and the request borrow stays on the stack. */
static bool build_request(lua_State *L, int index,
                          const struct gct_operation *operation,
                          bool allow_http, struct gct_scratch *scratch,
                          struct gct_call *call, struct gct_error *error)
{
  struct gct_timeouts timeouts;

  if (!gct_arguments_read(L, index, operation, call, &timeouts, error) ||
      !gct_base_url_normalise(call->base_url, "base_url", allow_http,
                              &scratch->buffer, error))
    return false;
  call->base_url = gct_buffer_slice(&scratch->buffer);
  gct_push_user_agent(L);
  if (!call->user_agent.data)
    call->user_agent = to_text(L, -1);
  return gct_request_build(&scratch->request, call, error);
}

/* core.request(operation, arguments, allow_http) -> { method, url, headers,
   body } | nil, err. arguments.base_url says where to; https, or http to the
   local machine, unless allow_http. */
static int core_request(lua_State *L)
{
  const struct gct_operation *operation = gct_arguments_operation(L, 1);
  struct gct_scratch *scratch;
  struct gct_call call;
  struct gct_error error;

  lua_settop(L, 3);
  scratch = gct_scratch_new(L, GCT_MAX_BASE_URL);
  if (!build_request(L, 2, operation, lua_toboolean(L, 3), scratch, &call,
                     &error)) {
    gct_scratch_release(scratch);
    return gct_push_failure(L, operation, &error);
  }
  push_request(L, &scratch->request);
  gct_scratch_release(scratch);
  return 1;
}

/* core.check(operation, arguments) -> true | nil, err: whether core.request
   would take these arguments. base_url and credentials may be absent. */
static int core_check(lua_State *L)
{
  const struct gct_operation *operation = gct_arguments_operation(L, 1);
  struct gct_scratch *scratch;
  struct gct_call call;
  struct gct_timeouts timeouts;
  struct gct_error error;
  bool ok;

  lua_settop(L, 2);
  scratch = gct_scratch_new(L, GCT_MAX_BASE_URL);
  ok = gct_arguments_read(L, 2, operation, &call, &timeouts, &error) &&
       (!call.base_url.data ||
        gct_base_url_normalise(call.base_url, "base_url", true,
                               &scratch->buffer, &error)) &&
       gct_call_check(&call, &error);
  gct_scratch_release(scratch);
  if (!ok)
    return gct_push_failure(L, operation, &error);
  lua_pushboolean(L, 1);
  return 1;
}

/* The buffer is anchored, so that this may raise. False: it is full. */
static bool append(lua_State *L, struct gct_buffer *buffer,
                   struct gct_slice text)
{
  enum gct_status status = gct_buffer_append(buffer, text.data, text.length);

  if (status == GCT_NO_MEMORY)
    luaL_error(L, "not enough memory");
  return status == GCT_OK;
}

/* All of the line or, where the block is full, nothing of it. */
static bool append_line(lua_State *L, struct gct_buffer *block,
                        struct gct_slice name, struct gct_slice value)
{
  size_t before = block->length;
  bool ok =
      append(L, block, name) && append(L, block, gct_slice_from_cstr(": ")) &&
      append(L, block, value) && append(L, block, gct_slice_from_cstr("\r\n"));

  if (!ok)
    block->length = before;
  return ok;
}

/* A header's value on top: a string, or a list of them where it was
   repeated. */
static bool append_values(lua_State *L, struct gct_buffer *block,
                          struct gct_slice name)
{
  int value = lua_gettop(L);
  int count = lua_istable(L, value) ? (int)gct_rawlen(L, value) : 1;
  bool ok = true;
  int i;

  for (i = 1; i <= count; i++) {
    if (lua_istable(L, value))
      lua_rawgeti(L, value, i);
    else
      lua_pushvalue(L, value);
    if (lua_type(L, -1) != LUA_TSTRING)
      gct_misuse(L, "core.response: a header's value must be a string or a "
                    "list of strings");
    ok = ok && append_line(L, block, name, to_text(L, -1));
    lua_pop(L, 1);
  }
  return ok;
}

/* The headers as a custom transport has them, a table in any letter case,
   become the block that the engine would have received. False: they did not
   all fit. */
static bool read_header_table(lua_State *L, int table,
                              struct gct_buffer *block)
{
  bool ok = true;

  lua_pushnil(L);
  while (lua_next(L, table)) {
    if (lua_type(L, -2) != LUA_TSTRING)
      gct_misuse(L, "core.response: a header's name must be a string");
    ok = append_values(L, block, to_text(L, -2)) && ok;
    lua_pop(L, 1);
  }
  return ok;
}

/* False: the body is longer than the buffer may be; then it is cut. */
static bool read_body(lua_State *L, int index, struct gct_buffer *buffer)
{
  struct gct_slice body = to_text(L, index);
  bool fits = body.length <= buffer->limit;

  if (!fits)
    body.length = buffer->limit;
  (void)append(L, buffer, body);
  return fits;
}

static void check_response(lua_State *L)
{
  double status = lua_tonumber(L, 2);

  if (lua_type(L, 2) != LUA_TNUMBER || !(status >= 100 && status <= 999) ||
      floor(status) != status)
    gct_misuse(L, "core.response: the status must be a whole number from 100 "
                  "to 999");
  if (!lua_isnil(L, 3) && !lua_istable(L, 3))
    gct_misuse(L, "core.response: the headers must be a table, got %s",
               luaL_typename(L, 3));
  if (!lua_isnil(L, 4) && lua_type(L, 4) != LUA_TSTRING)
    gct_misuse(L, "core.response: the body must be a string, got %s",
               luaL_typename(L, 4));
}

/* The size cap of an engine, within the same bounds. */
static size_t check_limit(lua_State *L, int index)
{
  double limit = lua_tonumber(L, index);

  if (lua_isnil(L, index))
    return GCT_DEFAULT_MAX_RESPONSE_BYTES;
  if (lua_type(L, index) != LUA_TNUMBER ||
      !(limit >= 1 && limit <= 2147483647.0))
    gct_misuse(L, "core.response: max_response_bytes must be a number from 1");
  return (size_t)limit;
}

/* core.response(operation, status, headers, body, arguments,
   max_response_bytes) -> result, nil, response | nil, err. With the
   arguments that made the request, its credentials are masked in the response;
   what core.request refuses raises. */
static int core_response(lua_State *L)
{
  struct gct_scratch *request, *headers, *body;
  struct gct_outcome outcome;
  struct gct_call call;
  struct gct_error error;
  size_t limit;
  bool whole = true;
  int pushed;

  lua_settop(L, 6);
  memset(&outcome, 0, sizeof(outcome));
  outcome.operation = gct_arguments_operation(L, 1);
  check_response(L);
  limit = check_limit(L, 6);
  request = gct_scratch_new(L, GCT_MAX_BASE_URL);
  headers = gct_scratch_new(L, GCT_MAX_RESPONSE_HEADER_BYTES);
  body = gct_scratch_new(L, limit);
  outcome.status = (long)lua_tonumber(L, 2);
  outcome.sent = 1;
  if (!lua_isnil(L, 5)) {
    /* Nothing is sent, so any host will do. */
    if (!build_request(L, 5, outcome.operation, true, request, &call, &error))
      return gct_misuse(L, "core.response: %s", error.message);
    gct_outcome_set_request(&outcome, &request->request);
  }
  if (lua_istable(L, 3))
    whole = read_header_table(L, 3, &headers->buffer);
  if (!lua_isnil(L, 4))
    whole = read_body(L, 4, &body->buffer) && whole;
  if (!whole)
    gct_outcome_truncated(&outcome, limit);
  gct_outcome_set_response(&outcome, &headers->buffer, &body->buffer);
  pushed = gct_return_outcome(L, &outcome);
  gct_scratch_release(request);
  gct_scratch_release(headers);
  gct_scratch_release(body);
  return pushed;
}

/* core.redact(text, secrets) -> the text, with a '*' in place of each byte of
   one of the secrets, a list of strings. */
static int core_redact(lua_State *L)
{
  struct gct_scratch *scratch;
  struct gct_slice text, secret;
  int count;
  int i;

  lua_settop(L, 2);
  if (lua_type(L, 1) != LUA_TSTRING || !lua_istable(L, 2))
    return gct_misuse(L,
                      "core.redact: a string and a list are needed, got %s "
                      "and %s",
                      luaL_typename(L, 1), luaL_typename(L, 2));
  text = to_text(L, 1);
  count = (int)gct_rawlen(L, 2);
  scratch = gct_scratch_new(L, text.length);
  (void)append(L, &scratch->buffer, text);
  for (i = 1; i <= count; i++) {
    lua_rawgeti(L, 2, i);
    if (lua_type(L, -1) != LUA_TSTRING)
      gct_misuse(L, "core.redact: a secret must be a string, got %s",
                 luaL_typename(L, -1));
    secret = to_text(L, -1);
    gct_redact(scratch->buffer.data, scratch->buffer.length, &secret, 1,
               false);
    lua_pop(L, 1);
  }
  text = gct_buffer_slice(&scratch->buffer);
  lua_pushlstring(L, text.data, text.length);
  gct_scratch_release(scratch);
  return 1;
}

const luaL_Reg gct_bytes_functions[] = {
    {"base_url", core_base_url},
    {"is_token", core_is_token},
    {"request", core_request},
    {"check", core_check},
    {"response", core_response},
    {"redact", core_redact},
    {NULL, NULL},
};
