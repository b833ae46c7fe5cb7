/*
** core.response and core.redact.
*/
#include "binding/response_functions.h"

#include <math.h>

#include "binding/arguments.h"
#include "binding/misuse.h"
#include "binding/request_userdata.h"
#include "binding/result.h"
#include "binding/scratch.h"
#include "engine/options.h"
#include "wire/fields.h"
#include "wire/redact.h"

/* Where core.response has what it was given. */
enum { OPERATION = 1, STATUS, HEADERS, BODY, LIMIT };

/* The buffer is anchored, so that this may raise. */
static void append(lua_State *L, struct gct_buffer *buffer,
                   struct gct_slice text)
{
  struct gct_error error;

  if (!gct_append(buffer, text.data, text.length, &error))
    luaL_error(L, "%s", error.message);
}

/* ---- headers ------------------------------------------------------------ */

/* The headers of a response, while they become the block that an engine would
   have received. */
struct block {
  lua_State *L;
  struct gct_buffer *buffer;
  bool truncated; /* some did not fit */
};

/* All of the line or, where the block is full, nothing of it. */
static void append_line(struct block *block, struct gct_slice name,
                        struct gct_slice value)
{
  size_t length = name.length + value.length + sizeof(": \r\n") - 1;

  if (length > block->buffer->limit - block->buffer->length) {
    block->truncated = true;
    return;
  }
  append(block->L, block->buffer, name);
  append(block->L, block->buffer, gct_slice_from_cstr(": "));
  append(block->L, block->buffer, value);
  append(block->L, block->buffer, gct_slice_from_cstr("\r\n"));
}

/* A line break in a name or a value would begin another header. */
static bool append_value(struct block *block, struct gct_slice name)
{
  struct gct_slice value;

  if (lua_type(block->L, -1) != LUA_TSTRING)
    return false;
  value = gct_to_slice(block->L, -1);
  if (!gct_is_field_value(value))
    return false;
  append_line(block, name, value);
  return true;
}

/* A header's value is on top: a string, or a list of them where the header is
   repeated. */
static bool append_values(struct block *block, struct gct_slice name)
{
  lua_State *L = block->L;
  bool ok = true;
  int count;
  int i;

  if (!lua_istable(L, -1))
    return append_value(block, name);
  count = (int)gct_rawlen(L, -1);
  for (i = 1; ok && i <= count; i++) {
    lua_rawgeti(L, -1, i);
    ok = append_value(block, name);
    lua_pop(L, 1);
  }
  return ok;
}

/* Names may be in any letter case. False: not all are lines of text. */
static bool append_headers(struct block *block)
{
  lua_State *L = block->L;
  bool ok = true;

  lua_pushnil(L);
  while (ok && lua_next(L, HEADERS)) {
    struct gct_slice name;

    if (lua_type(L, -2) != LUA_TSTRING)
      return false;
    name = gct_to_slice(L, -2);
    ok = gct_is_field_value(name) && !memchr(name.data, ':', name.length) &&
         append_values(block, name);
    lua_pop(L, 1);
  }
  return ok;
}

/* ---- the response ------------------------------------------------------- */

static bool is_status(lua_State *L, int index)
{
  double status = lua_tonumber(L, index);

  return lua_type(L, index) == LUA_TNUMBER && status >= 100 && status <= 999 &&
         floor(status) == status;
}

/* Reads headers and body. What makes the response unusable, or NULL; the text
   is static or on the stack. */
static const char *read_response(lua_State *L, struct block *block,
                                 struct gct_buffer *body)
{
  if (!is_status(L, STATUS))
    return "a status that is not a whole number from 100 to 999";
  if (!lua_isnil(L, HEADERS) && !lua_istable(L, HEADERS))
    return lua_pushfstring(L, "headers that are a %s, not a table",
                           luaL_typename(L, HEADERS));
  if (!lua_isnil(L, BODY) && lua_type(L, BODY) != LUA_TSTRING)
    return lua_pushfstring(L, "a body that is a %s, not a string",
                           luaL_typename(L, BODY));
  if (lua_istable(L, HEADERS) && !append_headers(block))
    return "headers that are not all lines of text, or lists of them";
  if (!lua_isnil(L, BODY)) {
    struct gct_slice text = gct_to_slice(L, BODY);

    if (text.length > body->limit) {
      text.length = body->limit;
      block->truncated = true;
    }
    append(L, body, text);
  }
  return NULL;
}

/* request object, response, limit -> request object, status, headers, body,
   limit. False: the response is no table. */
static bool unpack_response(lua_State *L)
{
  static const char *const fields[] = {"status", "headers", "body"};
  int i;

  lua_settop(L, 3);
  if (!lua_istable(L, 2))
    return false;
  for (i = 0; i < 3; i++) {
    lua_getfield(L, 2, fields[i]);
    lua_insert(L, STATUS + 1 + i);
  }
  lua_remove(L, 2);
  return true;
}

/* The size cap of an engine, within the same bounds. */
static size_t check_limit(lua_State *L, int index)
{
  double limit = lua_tonumber(L, index);

  if (lua_isnoneornil(L, index))
    return GCT_DEFAULT_MAX_RESPONSE_BYTES;
  if (lua_type(L, index) != LUA_TNUMBER ||
      !(limit >= 1 && limit <= 2147483647.0))
    gct_misuse(L, "core.response: max_response_bytes must be a number from 1");
  return (size_t)limit;
}

/* A transport returned something that is no response. Another try would bring
   the same. */
static int return_unusable(lua_State *L, struct gct_outcome *outcome,
                           const char *what)
{
  (void)gct_error_set(&outcome->error, GCT_KIND_TRANSPORT,
                      "the transport returned %s", what);
  outcome->error.retryable = false;
  outcome->headers = gct_slice_from_cstr("");
  return gct_return_outcome(L, outcome);
}

/* core.response(operation, status, headers, body, max_response_bytes)
   core.response(request object, { status, headers, body }, max_response_bytes)
   -> result, nil, response | nil, err. With the request object its secrets are
   hidden in the response, messages name its URL, and what is no response is an
   error: it comes from a transport. Without, that raises. */
static int core_response(lua_State *L)
{
  struct gct_scratch *headers, *body;
  struct gct_outcome outcome;
  struct block block = {L, NULL, false};
  const char *unusable;
  bool has_request;
  size_t limit;
  int pushed;

  memset(&outcome, 0, sizeof(outcome));
  outcome.sent = 1;
  has_request = gct_is_request_userdata(L, OPERATION, &outcome);
  if (!has_request)
    outcome.operation = gct_arguments_operation(L, OPERATION);
  else if (!unpack_response(L))
    return return_unusable(
        L, &outcome,
        lua_pushfstring(L, "%s in place of a table", luaL_typename(L, 2)));
  lua_settop(L, LIMIT);
  limit = check_limit(L, LIMIT);
  headers = gct_scratch_new(L, GCT_MAX_RESPONSE_HEADER_BYTES);
  body = gct_scratch_new(L, limit);
  block.buffer = &headers->buffer;
  unusable = read_response(L, &block, &body->buffer);
  if (unusable && !has_request)
    return gct_misuse(L, "core.response: the response has %s", unusable);
  if (unusable) {
    pushed = return_unusable(L, &outcome, unusable);
  } else {
    outcome.status = (long)lua_tonumber(L, STATUS);
    if (block.truncated)
      gct_outcome_truncated(&outcome, limit);
    gct_outcome_set_response(&outcome, &headers->buffer, &body->buffer);
    pushed = gct_return_outcome(L, &outcome);
  }
  gct_scratch_release(headers);
  gct_scratch_release(body);
  return pushed;
}

/* ---- redaction ---------------------------------------------------------- */

static void redact(struct gct_buffer *text, struct gct_slice secret)
{
  gct_redact(text->data, text->length, &secret, 1, false);
}

/* core.redact(text, secrets) -> the text, with a '*' in place of each byte of
   one of the secrets: a list of strings, or those of a request object. */
static int core_redact(lua_State *L)
{
  struct gct_scratch *scratch;
  struct gct_outcome outcome;
  struct gct_slice text;
  bool has_request;
  int count;
  int i;

  lua_settop(L, 2);
  has_request = gct_is_request_userdata(L, 2, &outcome);
  if (lua_type(L, 1) != LUA_TSTRING || (!has_request && !lua_istable(L, 2)))
    return gct_misuse(L,
                      "core.redact: a string and a list are needed, got %s "
                      "and %s",
                      luaL_typename(L, 1), luaL_typename(L, 2));
  text = gct_to_slice(L, 1);
  count = has_request ? GCT_MAX_SECRETS : (int)gct_rawlen(L, 2);
  scratch = gct_scratch_new(L, text.length);
  append(L, &scratch->buffer, text);
  for (i = 0; i < count; i++) {
    if (has_request) {
      redact(&scratch->buffer, outcome.secrets[i]);
      continue;
    }
    lua_rawgeti(L, 2, i + 1);
    if (lua_type(L, -1) != LUA_TSTRING)
      gct_misuse(L, "core.redact: a secret must be a string, got %s",
                 luaL_typename(L, -1));
    redact(&scratch->buffer, gct_to_slice(L, -1));
    lua_pop(L, 1);
  }
  text = gct_buffer_slice(&scratch->buffer);
  lua_pushlstring(L, text.data, text.length);
  gct_scratch_release(scratch);
  return 1;
}

const luaL_Reg gct_response_functions[] = {
    {"response", core_response},
    {"redact", core_redact},
    {NULL, NULL},
};
