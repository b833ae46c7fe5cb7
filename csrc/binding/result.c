/*
** Results, errors and response tables.
*/
#include "binding/result.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "binding/json.h"
#include "wire/response.h"

#define RESPONSE "gctokens.response"

enum {
  SHOWN_URL = 256,  /* bytes: a longer one is not quoted in messages */
  SHOWN_TEXT = 200, /* bytes of the server's own words */
  KEPT_BODY = 4096  /* bytes of err.body */
};

static void set_number(lua_State *L, const char *name, double number)
{
  gct_push_number(L, number);
  lua_setfield(L, -2, name);
}

static void set_known(lua_State *L, const char *name, double number)
{
  if (number >= 0)
    set_number(L, name, number);
}

static void set_text(lua_State *L, const char *name, struct gct_text text)
{
  if (text.data) {
    lua_pushlstring(L, text.data, text.length);
    lua_setfield(L, -2, name);
  }
}

/* ---- response ---------------------------------------------------------- */

/* Lower-case names; the values of a repeated name are joined by ", " as
   RFC 9110 section 5.2 allows. */
static void push_headers(lua_State *L, struct gct_text headers)
{
  struct gct_text name, value;

  lua_createtable(L, 0, 12);
  while (gct_headers_next(&headers, &name, &value)) {
    char lower[64];
    size_t i;

    if (name.length > sizeof(lower))
      continue; /* not a header that anybody documents */
    for (i = 0; i < name.length; i++)
      lower[i] = gct_lower(name.data[i]);
    lua_pushlstring(L, lower, name.length);
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    if (lua_isstring(L, -1)) {
      lua_pushliteral(L, ", ");
      lua_pushlstring(L, value.data, value.length);
      lua_concat(L, 3);
    } else {
      lua_pop(L, 1);
      lua_pushlstring(L, value.data, value.length);
    }
    lua_rawset(L, -3);
  }
}

/* The metamethod of response tables. Most callers never look at the headers,
   so their table is made of the raw block when it is first asked for. */
static int response_index(lua_State *L)
{
  struct gct_text headers;

  if (!lua_istable(L, 1) || !lua_isstring(L, 2) ||
      strcmp(lua_tostring(L, 2), "headers") != 0)
    return 0;
  lua_pushliteral(L, "raw_headers");
  lua_rawget(L, 1);
  if (lua_type(L, -1) != LUA_TSTRING)
    return 0;
  headers.data = lua_tolstring(L, -1, &headers.length);
  push_headers(L, headers);
  lua_pushliteral(L, "headers");
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

void gct_result_open(lua_State *L)
{
  luaL_newmetatable(L, RESPONSE);
  lua_pushcfunction(L, response_index);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

static void push_response(lua_State *L, const struct gct_outcome *outcome,
                          const struct gct_reply_facts *facts)
{
  lua_createtable(L, 0, 8);
  set_number(L, "attempts", 1);
  set_number(L, "sent", (double)outcome->sent);
  lua_pushnumber(L, outcome->elapsed);
  lua_setfield(L, -2, "elapsed");
  if (outcome->status > 0)
    set_number(L, "status", (double)outcome->status);
  set_text(L, "correlation_id", facts->correlation_id);
  set_text(L, "raw_headers", outcome->headers);
  if (facts->rate_limit_count >= 0 || facts->rate_limit_allowed >= 0 ||
      facts->rate_limit_reset >= 0) {
    lua_createtable(L, 0, 3);
    set_known(L, "count", (double)facts->rate_limit_count);
    set_known(L, "allowed", (double)facts->rate_limit_allowed);
    set_known(L, "reset", (double)facts->rate_limit_reset);
    lua_setfield(L, -2, "rate_limit");
  }
  luaL_getmetatable(L, RESPONSE);
  lua_setmetatable(L, -2);
}

/* ---- errors ------------------------------------------------------------ */

/* err[name] = body[field] if that is a string. The error is on top. */
static bool copy_string(lua_State *L, int body, const char *field,
                        const char *name)
{
  lua_getfield(L, body, field);
  if (lua_type(L, -1) == LUA_TSTRING) {
    lua_setfield(L, -2, name);
    return true;
  }
  lua_pop(L, 1);
  return false;
}

static void copy_table(lua_State *L, int body, const char *field)
{
  lua_getfield(L, body, field);
  if (lua_istable(L, -1))
    lua_setfield(L, -2, field);
  else
    lua_pop(L, 1);
}

static bool has_secret(const struct gct_outcome *outcome, struct gct_text text)
{
  size_t i;

  for (i = 0; i < GCT_MAX_SECRETS; i++) {
    if (gct_find(text.data, text.length, outcome->secrets[i]))
      return true;
  }
  return false;
}

static bool is_secret(lua_State *L, int index,
                      const struct gct_outcome *outcome)
{
  struct gct_text text;

  if (lua_type(L, index) != LUA_TSTRING)
    return false;
  text.data = lua_tolstring(L, index, &text.length);
  return has_secret(outcome, text);
}

/* The bytes of a reply are masked, but JSON may spell a secret with escapes.
   Takes out fields that hold one, as key or as value; returns whether there
   were any. */
static bool drop_secrets(lua_State *L, int table,
                         const struct gct_outcome *outcome)
{
  bool found = false;

  luaL_checkstack(L, 6, "JSON is nested too deeply");
  lua_pushnil(L);
  while (lua_next(L, table)) {
    if (lua_istable(L, -1))
      found = drop_secrets(L, lua_gettop(L), outcome) || found;
    if (is_secret(L, -2, outcome) || is_secret(L, -1, outcome)) {
      found = true;
      lua_pushvalue(L, -2);
      lua_pushnil(L);
      lua_rawset(L, table);
    }
    lua_pop(L, 1);
  }
  return found;
}

/* Genesys' ErrorBody, or OAuth's { error, error_description }. Pushes the
   server's own words, or nil; the error is on top before and below after.
   True when the raw body, masked as it is, still spells a secret. */
static bool copy_error_body(lua_State *L, const struct gct_outcome *outcome)
{
  static const char *const words[] = {"message", "error_description",
                                      "description"};
  int err = lua_gettop(L);
  bool withheld;
  size_t i;

  if (!gct_json_decode(L, outcome->body) || !lua_istable(L, -1)) {
    lua_pop(L, 1);
    lua_pushnil(L);
    return false;
  }
  withheld = drop_secrets(L, err + 1, outcome);
  lua_pushvalue(L, err);
  if (!copy_string(L, err + 1, "code", "code"))
    (void)copy_string(L, err + 1, "error", "code");
  (void)copy_string(L, err + 1, "contextId", "context_id");
  copy_table(L, err + 1, "details");
  copy_table(L, err + 1, "errors");
  copy_table(L, err + 1, "limit");
  lua_pop(L, 1);
  for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
    lua_getfield(L, err + 1, words[i]);
    if (lua_type(L, -1) == LUA_TSTRING)
      break;
    lua_pop(L, 1);
  }
  if (i == sizeof(words) / sizeof(*words))
    lua_pushnil(L);
  lua_remove(L, err + 1);
  return withheld;
}

/* The string at `index`, shortened and on one line, for a message. */
static void push_shown(lua_State *L, int index)
{
  char shown[SHOWN_TEXT + 1];
  size_t length = 0;
  const char *text = lua_tolstring(L, index, &length);
  size_t i;

  if (length > SHOWN_TEXT)
    length = SHOWN_TEXT;
  for (i = 0; i < length; i++)
    shown[i] = gct_is_control(text[i]) ? ' ' : text[i];
  lua_pushlstring(L, shown, length);
}

/* The error on top gets the fields that both context ids can supply. */
static void set_ids(lua_State *L, int err, struct gct_text correlation_id)
{
  set_text(L, "correlation_id", correlation_id);
  lua_getfield(L, err, "context_id");
  if (correlation_id.data && lua_isnil(L, -1)) {
    lua_pushlstring(L, correlation_id.data, correlation_id.length);
    lua_setfield(L, err, "context_id");
  } else if (!correlation_id.data && !lua_isnil(L, -1)) {
    lua_pushvalue(L, -1);
    lua_setfield(L, err, "correlation_id");
  }
  lua_pop(L, 1);
}

/* Whether a message may quote the URL. Not one with a long id in it: who
   passes a token for an id must not find it in a log. */
static bool may_show_url(const struct gct_outcome *outcome)
{
  enum { LONGEST_ID = 40 }; /* bytes: a UUID has 36, a token about 86 */
  const char *id;

  if (!outcome->url || strlen(outcome->url) > SHOWN_URL)
    return false;
  id = strrchr(outcome->url, '/');
  return !strchr(outcome->operation->path, '{') || strlen(id) <= LONGEST_ID;
}

/* Pushes "GET https://host/path". */
static void push_target(lua_State *L, const struct gct_outcome *outcome)
{
  lua_pushfstring(L, "%s %s", outcome->operation->method,
                  may_show_url(outcome) ? outcome->url
                                        : outcome->operation->path);
}

static void set_message(lua_State *L, const struct gct_outcome *outcome,
                        const char *reason)
{
  push_target(L, outcome);
  lua_pushfstring(L, "could not %s: %s: %s", outcome->operation->name,
                  lua_tostring(L, -1), reason);
  lua_remove(L, -2);
  lua_setfield(L, -2, "message");
}

/* An answer other than 2xx: the error is on top. Returns whether its body
   must not be shown. */
static bool set_api_message(lua_State *L, const struct gct_outcome *outcome)
{
  int err = lua_gettop(L);
  bool withheld = copy_error_body(L, outcome); /* err + 1: their words */

  lua_pushfstring(L, "answered %d", (int)outcome->status);
  lua_getfield(L, err, "code");
  if (lua_type(L, -1) == LUA_TSTRING) {
    push_shown(L, -1);
    lua_pushfstring(L, "%s %s", lua_tostring(L, err + 2), lua_tostring(L, -1));
    lua_replace(L, err + 2);
  }
  lua_settop(L, err + 2);
  if (lua_type(L, err + 1) == LUA_TSTRING) {
    push_shown(L, err + 1);
    lua_pushfstring(L, "%s: %s", lua_tostring(L, err + 2),
                    lua_tostring(L, -1));
    lua_replace(L, err + 2);
  }
  lua_settop(L, err + 2);
  lua_pushvalue(L, err);
  set_message(L, outcome, lua_tostring(L, err + 2));
  lua_settop(L, err);
  return withheld;
}

static void push_error(lua_State *L, const struct gct_operation *operation,
                       enum gct_kind kind, long status)
{
  lua_createtable(L, 0, 16);
  lua_pushstring(L, gct_kind_name(kind));
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, operation->name);
  lua_setfield(L, -2, "operation");
  lua_pushboolean(L, gct_is_retryable(kind, status));
  lua_setfield(L, -2, "retryable");
  set_number(L, "attempts", 1);
}

int gct_push_failure(lua_State *L, const struct gct_operation *operation,
                     const struct gct_failure *failure)
{
  lua_pushnil(L);
  push_error(L, operation, failure->kind, 0);
  set_number(L, "attempts", 0);
  lua_pushfstring(L, "could not %s: %s", operation->name, failure->reason);
  lua_setfield(L, -2, "message");
  if (failure->cause) {
    lua_pushstring(L, failure->cause);
    lua_setfield(L, -2, "cause");
  }
  return 2;
}

/* Pushes the error of an attempt. `response` is a stack index. */
static void push_attempt_error(lua_State *L, const struct gct_outcome *outcome,
                               const struct gct_failure *failure,
                               const struct gct_reply_facts *facts,
                               int response)
{
  struct gct_text body = outcome->body;
  /* A grant that cannot be read may still hold a token. */
  bool withheld = outcome->operation->credentials == GCT_BASIC &&
                  failure->kind == GCT_KIND_PROTOCOL;
  int err;

  push_error(L, outcome->operation, failure->kind, outcome->status);
  err = lua_gettop(L);
  if (failure->kind == GCT_KIND_API)
    withheld = set_api_message(L, outcome);
  else
    set_message(L, outcome, failure->reason);
  if (failure->cause) {
    lua_pushstring(L, failure->cause);
    lua_setfield(L, err, "cause");
  }
  if (outcome->status > 0) {
    set_number(L, "status", (double)outcome->status);
    set_ids(L, err, facts->correlation_id);
    set_known(L, "retry_after", facts->retry_after);
    body.length = body.length < KEPT_BODY ? body.length : KEPT_BODY;
    if (!withheld)
      set_text(L, "body", body);
  }
  lua_pushvalue(L, response);
  lua_setfield(L, err, "response");
}

/* ---- the whole --------------------------------------------------------- */

static bool looks_like_object(struct gct_text body)
{
  body = gct_text_trim(body);
  return body.length > 0 && body.data[0] == '{';
}

/* Pushes the table a 2xx promised. False: pushes nothing, fills `failure`. */
static bool push_object(lua_State *L, const struct gct_outcome *outcome,
                        struct gct_failure *failure)
{
  if (gct_text_trim(outcome->body).length == 0)
    return gct_fail(failure, GCT_KIND_PROTOCOL,
                    "answered %ld with an empty body", outcome->status);
  if (!looks_like_object(outcome->body))
    return gct_fail(failure, GCT_KIND_PROTOCOL,
                    "answered %ld with a body that is not a JSON object",
                    outcome->status);
  if (gct_json_decode(L, outcome->body))
    return true;
  gct_fail(failure, GCT_KIND_PROTOCOL,
           "answered %ld with a body that is not valid JSON: %.120s",
           outcome->status,
           lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?");
  lua_pop(L, 1);
  return false;
}

void gct_push_outcome(lua_State *L, const struct gct_outcome *outcome)
{
  struct gct_failure failure = outcome->failure;
  struct gct_reply_facts facts;
  int response;
  bool success = outcome->status >= 200 && outcome->status <= 299;

  luaL_checkstack(L, 20, NULL);
  gct_reply_read(outcome->headers, time(NULL), &facts);
  push_response(L, outcome, &facts);
  response = lua_gettop(L);
  if (failure.kind == GCT_KIND_NONE && !success)
    failure.kind = GCT_KIND_API;
  if (failure.kind == GCT_KIND_NONE) {
    if (outcome->operation->promise == GCT_PROMISES_NOTHING)
      lua_pushboolean(L, 1);
    else if (!push_object(L, outcome, &failure))
      lua_pushnil(L);
  } else {
    lua_pushnil(L);
  }
  if (failure.kind == GCT_KIND_NONE)
    lua_pushnil(L);
  else
    push_attempt_error(L, outcome, &failure, &facts, response);
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
