/*
** Error tables: the fields of the public contract, the server's error body
** made safe to show, and the message.
*/
#include "binding/error_table.h"

#include <string.h>

#include "binding/json.h"
#include "binding/table_fields.h"

enum {
  SHOWN_URL = 256,  /* bytes: a longer one is not quoted in messages */
  SHOWN_TEXT = 200, /* bytes of the server's own message */
  KEPT_BODY = 4096  /* bytes of err.body */
};

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

/* Reads Genesys' ErrorBody or, of the token endpoint, OAuth's { error,
   error_description }. An API's `code` is its decision; an `error` field, as
   gateways write it, is not. Pushes the server's own message, or nil, above
   the error. */
static void copy_error_body(lua_State *L, const struct gct_outcome *outcome)
{
  static const char *const messages[] = {"message", "error_description",
                                         "description", "error"};
  int err = lua_gettop(L);
  size_t i;

  if (!gct_json_decode(L, outcome->body) || !lua_istable(L, -1)) {
    lua_pop(L, 1);
    lua_pushnil(L);
    return;
  }
  lua_pushvalue(L, err);
  if (!copy_string(L, err + 1, "code", "code") &&
      outcome->operation->credentials == GCT_BASIC)
    (void)copy_string(L, err + 1, "error", "code");
  (void)copy_string(L, err + 1, "contextId", "context_id");
  copy_table(L, err + 1, "details");
  copy_table(L, err + 1, "errors");
  copy_table(L, err + 1, "limit");
  lua_pop(L, 1);
  for (i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
    lua_getfield(L, err + 1, messages[i]);
    if (lua_type(L, -1) == LUA_TSTRING)
      break;
    lua_pop(L, 1);
  }
  if (i == sizeof(messages) / sizeof(*messages))
    lua_pushnil(L);
  lua_remove(L, err + 1);
}

/* How much of a text of UTF-8 to keep, at most `longest` bytes, so that no
   character is halved. */
static size_t cut_length(const char *text, size_t length, size_t longest)
{
  if (length <= longest)
    return length;
  while (longest > 0 && ((unsigned char)text[longest] & 0xc0) == 0x80)
    longest--;
  return longest;
}

/* The string at `index`, shortened and on one line, for a message. */
static void push_shown(lua_State *L, int index)
{
  char shown[SHOWN_TEXT + 1];
  size_t length = 0;
  const char *text = lua_tolstring(L, index, &length);
  size_t i;

  length = cut_length(text, length, SHOWN_TEXT);
  for (i = 0; i < length; i++)
    shown[i] = gct_is_control(text[i]) ? ' ' : text[i];
  lua_pushlstring(L, shown, length);
}

/* The error on top gets the fields that both context ids can supply. */
static void set_ids(lua_State *L, int err, struct gct_slice correlation_id)
{
  gct_set_text(L, "correlation_id", correlation_id);
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

/* Whether a message may quote the URL. Not one with a long id in it: a token
   that was passed as an id must not get into a log. */
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

/* Sets fields of the error on top: `reason`, and `message`, which names what
   was attempted and the reason. */
static void set_message(lua_State *L, const struct gct_outcome *outcome,
                        const char *reason)
{
  lua_pushstring(L, reason);
  lua_setfield(L, -2, "reason");
  push_target(L, outcome);
  lua_pushfstring(L, "could not %s: %s: %s", outcome->operation->name,
                  lua_tostring(L, -1), reason);
  lua_remove(L, -2);
  lua_setfield(L, -2, "message");
}

/* For a status other than 2xx. The error is on top. */
static void set_api_message(lua_State *L, const struct gct_outcome *outcome)
{
  int err = lua_gettop(L);

  copy_error_body(L, outcome); /* err + 1: its message */
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
}

static void push_error(lua_State *L, const struct gct_operation *operation,
                       const struct gct_error *error, int attempts)
{
  lua_createtable(L, 0, 16);
  lua_pushstring(L, gct_kind_name(error->kind));
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, operation->name);
  lua_setfield(L, -2, "operation");
  lua_pushboolean(L, error->retryable);
  lua_setfield(L, -2, "retryable");
  gct_set_number(L, "attempts", attempts);
  gct_set_text(L, "cause", gct_slice_from_cstr(error->cause));
  gct_set_text(L, "option", gct_slice_from_cstr(error->option));
  if (error->proxy_status > 0) /* mutate: equivalent, none is below 100 */
    gct_set_number(L, "proxy_status", (double)error->proxy_status);
}

int gct_push_refusal(lua_State *L, const struct gct_operation *operation,
                     const struct gct_error *error)
{
  lua_pushnil(L);
  push_error(L, operation, error, 0);
  lua_pushfstring(L, "could not %s: %s", operation->name, error->message);
  lua_setfield(L, -2, "message");
  lua_pushstring(L, error->message);
  lua_setfield(L, -2, "reason");
  return 2;
}

void gct_push_attempt_error(lua_State *L, const struct gct_outcome *outcome,
                            const struct gct_error *error,
                            const struct gct_response_facts *facts,
                            int response)
{
  struct gct_slice body = outcome->body;
  int err;

  push_error(L, outcome->operation, error, 1);
  err = lua_gettop(L);
  if (error->kind == GCT_KIND_API)
    set_api_message(L, outcome);
  else
    set_message(L, outcome, error->message);
  if (outcome->status > 0) {
    gct_set_number(L, "status", (double)outcome->status);
    set_ids(L, err, facts->correlation_id);
    gct_set_known(L, "retry_after", facts->retry_after);
    /* A grant that cannot be used, or did not come whole, may hold a token. */
    if (outcome->operation->credentials == GCT_BASIC &&
        gct_outcome_is_success(outcome))
      body = gct_slice_from_cstr(NULL);
    if (body.length > KEPT_BODY)
      body.length = KEPT_BODY;
    gct_set_text(L, "body", body);
  }
  lua_pushvalue(L, response);
  lua_setfield(L, err, "response");
}
