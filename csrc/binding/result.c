/*
** Results, errors and response tables.
*/
#include "binding/result.h"

#include <time.h>

#include "binding/error_table.h"
#include "binding/json.h"
#include "binding/table_fields.h"
#include "wire/fields.h"
#include "wire/response.h"

#define RESPONSE "gctokens.response"

#define LEAST_QUEUED 1e-3 /* seconds: shorter ones are not worth a field */

/* ---- response ---------------------------------------------------------- */

/* Pushes a header's name in lower case. False: it is longer than any
   documented name. */
static bool push_lower(lua_State *L, struct gct_slice name)
{
  char lower[64];
  size_t i;

  if (name.length > sizeof(lower))
    return false;
  for (i = 0; i < name.length; i++)
    lower[i] = gct_lower(name.data[i]);
  lua_pushlstring(L, lower, name.length);
  return true;
}

/* Adds a value, on top, to those of the name below it: in the table at `table`
   a string or, when the name is repeated, a list of them. Pops both. */
static void add_value(lua_State *L, int table)
{
  int name = lua_gettop(L) - 1;

  lua_pushvalue(L, name);
  lua_rawget(L, table);
  if (lua_istable(L, -1)) {
    lua_pushvalue(L, name + 1);
    lua_rawseti(L, -2, (int)gct_rawlen(L, -2) + 1);
  } else if (lua_isstring(L, -1)) {
    lua_createtable(L, 2, 0);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, name + 1);
    lua_rawseti(L, -2, 2);
    lua_pushvalue(L, name);
    lua_insert(L, -2);
    lua_rawset(L, table);
  } else {
    lua_pushvalue(L, name);
    lua_pushvalue(L, name + 1);
    lua_rawset(L, table);
  }
  lua_settop(L, name - 1);
}

/* Replaces the list on top by its strings, joined by ", " as RFC 9110 section
   5.2 allows. */
static void join(lua_State *L)
{
  int list = lua_gettop(L);
  int count = (int)gct_rawlen(L, list);
  luaL_Buffer text;
  int i;

  luaL_buffinit(L, &text);
  for (i = 1; i <= count; i++) {
    if (i > 1)
      luaL_addlstring(&text, ", ", 2);
    lua_rawgeti(L, list, i);
    luaL_addvalue(&text);
  }
  luaL_pushresult(&text);
  lua_replace(L, list);
}

/* Lower-case names to values. A name that comes thousands of times costs what
   its bytes cost: joining one by one would copy them again and again. */
static void push_headers(lua_State *L, struct gct_slice headers)
{
  struct gct_slice name, value;
  int table;

  lua_createtable(L, 0, 12);
  table = lua_gettop(L);
  while (gct_fields_next(&headers, &name, &value)) {
    if (!push_lower(L, name))
      continue;
    lua_pushlstring(L, value.data, value.length);
    add_value(L, table);
  }
  lua_pushnil(L);
  while (lua_next(L, table)) {
    if (lua_istable(L, -1)) {
      join(L);
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, table); /* a field that exists: the traversal goes on */
    } else {
      lua_pop(L, 1);
    }
  }
}

/* Sets correlation id and rate limit of the response on top. */
static void set_facts(lua_State *L, const struct gct_response_facts *facts)
{
  gct_set_text(L, "correlation_id", facts->correlation_id);
  if (facts->rate_limit_count < 0 && facts->rate_limit_allowed < 0 &&
      facts->rate_limit_reset < 0)
    return;
  lua_createtable(L, 0, 3);
  gct_set_known(L, "count", (double)facts->rate_limit_count);
  gct_set_known(L, "allowed", (double)facts->rate_limit_allowed);
  gct_set_known(L, "reset", (double)facts->rate_limit_reset);
  lua_setfield(L, -2, "rate_limit");
}

/* The __index metamethod of response tables. Most callers never read these
   fields, so they are made from the raw block on the first access. */
static int response_index(lua_State *L)
{
  struct gct_slice key, headers;

  if (!lua_istable(L, 1) || lua_type(L, 2) != LUA_TSTRING)
    return 0;
  key = gct_to_slice(L, 2);
  lua_pushliteral(L, "raw_headers");
  lua_rawget(L, 1);
  if (lua_type(L, -1) != LUA_TSTRING)
    return 0;
  headers = gct_to_slice(L, -1);
  lua_pushvalue(L, 1);
  if (gct_slice_is(key, "headers")) {
    push_headers(L, headers);
    lua_setfield(L, -2, "headers");
  } else if (gct_slice_is(key, "correlation_id") ||
             gct_slice_is(key, "rate_limit")) {
    struct gct_response_facts facts;

    gct_response_read(headers, time(NULL), &facts);
    set_facts(L, &facts);
  }
  lua_pushvalue(L, 2);
  lua_rawget(L, 1);
  return 1;
}

void gct_result_open(lua_State *L)
{
  luaL_newmetatable(L, RESPONSE);
  lua_pushcfunction(L, response_index);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

static void push_response(lua_State *L, const struct gct_outcome *outcome)
{
  lua_createtable(L, 0, 8);
  gct_set_integer(L, "attempts", 1);
  gct_set_integer(L, "sent", outcome->sent);
  lua_pushnumber(L, outcome->elapsed);
  lua_setfield(L, -2, "elapsed");
  if (outcome->status > 0)
    gct_set_integer(L, "status", outcome->status);
  if (outcome->queued >= LEAST_QUEUED) {
    lua_pushnumber(L, outcome->queued);
    lua_setfield(L, -2, "queued");
  }
  gct_set_text(L, "raw_headers", outcome->headers);
  luaL_getmetatable(L, RESPONSE);
  lua_setmetatable(L, -2);
}

/* ---- result and error --------------------------------------------------- */

/* Pushes the decoded body of a 2xx. False: pushes nothing, fills `error`. */
static bool push_object(lua_State *L, const struct gct_outcome *outcome,
                        struct gct_error *error)
{
  struct gct_slice body = gct_slice_trim(outcome->body);

  if (body.length == 0)
    return gct_error_set(error, GCT_KIND_PROTOCOL,
                         "answered %ld with an empty body", outcome->status);
  if (body.data[0] != '{')
    return gct_error_set(error, GCT_KIND_PROTOCOL,
                         "answered %ld with a body that is not a JSON object",
                         outcome->status);
  if (gct_json_decode(L, outcome->body))
    return true;
  gct_error_set(error, GCT_KIND_PROTOCOL,
                "answered %ld with a body that is not valid JSON: %.120s",
                outcome->status,
                lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?");
  lua_pop(L, 1);
  return false;
}

/* Pushes the error. Its response gets correlation id and rate limit at once:
   the headers are read here anyway. */
static void push_attempt_error(lua_State *L, const struct gct_outcome *outcome,
                               const struct gct_error *error, int response)
{
  struct gct_response_facts facts;

  gct_response_read(outcome->headers, time(NULL), &facts);
  lua_pushvalue(L, response);
  set_facts(L, &facts);
  lua_pop(L, 1);
  gct_push_attempt_error(L, outcome, error, &facts, response);
}

void gct_push_outcome(lua_State *L, const struct gct_outcome *outcome)
{
  struct gct_error error = outcome->error;
  int response;

  luaL_checkstack(L, 20, "too many values");
  push_response(L, outcome);
  response = lua_gettop(L);
  if (error.kind == GCT_KIND_NONE && !gct_outcome_is_success(outcome)) {
    (void)gct_error_set(&error, GCT_KIND_API, "answered %ld", outcome->status);
    error.retryable = gct_is_retryable_status(outcome->status);
  }
  if (error.kind == GCT_KIND_NONE) {
    if (!gct_outcome_needs_body(outcome))
      lua_pushboolean(L, 1);
    else if (!push_object(L, outcome, &error))
      lua_pushnil(L);
  } else {
    lua_pushnil(L);
  }
  if (error.kind == GCT_KIND_NONE)
    lua_pushnil(L);
  else
    push_attempt_error(L, outcome, &error, response);
  lua_pushvalue(L, response);
  lua_remove(L, response);
}

int gct_return_outcome(lua_State *L, const struct gct_outcome *outcome)
{
  gct_push_outcome(L, outcome);
  if (lua_isnil(L, -2))
    return 3;
  lua_pop(L, 1); /* an error has its response in it */
  return 2;
}
