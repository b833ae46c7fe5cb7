/*
** Reading arguments: one table says which names there are, of what type, and
** where they go.
*/
#include "binding/arguments.h"

#include <stdarg.h>
#include <string.h>

#include "binding/body.h"

enum argument_type { TEXT, SECONDS, BOOLEAN, HEADERS, BODY };

static const struct argument {
  const char *name;
  enum argument_type type;
  size_t offset; /* TEXT: in struct gct_call; SECONDS: in gct_timeouts */
} common_arguments[] = {
    {"access_token", TEXT, offsetof(struct gct_call, access_token)},
    {"base_url", TEXT, offsetof(struct gct_call, base_url)},
    {"client_id", TEXT, offsetof(struct gct_call, client_id)},
    {"client_secret", TEXT, offsetof(struct gct_call, client_secret)},
    {"user_agent", TEXT, offsetof(struct gct_call, user_agent)},
    {"timeout", SECONDS, offsetof(struct gct_timeouts, timeout)},
    {"connect_timeout", SECONDS,
     offsetof(struct gct_timeouts, connect_timeout)},
    {"headers", HEADERS, 0},
    {"body", BODY, 0},
    {"validate", BOOLEAN, 0},
};

/* The arguments of one call while they are read. */
struct reading {
  lua_State *L;
  const struct gct_operation *operation;
  struct gct_call *call;
  struct gct_timeouts *timeouts;
  int body; /* stack index of the body table, 0: none */
  bool validate;
};

int gct_misuse(lua_State *L, const char *format, ...)
{
  va_list arguments;
  int level = 0;
  bool found = false;
  lua_Debug where;

  /* Functions of ours call each other: the first level with a line is the
     caller's. */
  /* coverage: Lua always has it */
  while (!found && lua_getstack(L, ++level, &where))
    found = lua_getinfo(L, "Sl", &where) && where.currentline > 0;
  luaL_where(L, found ? level : 1);
  va_start(arguments, format);
  lua_pushvfstring(L, format, arguments);
  va_end(arguments);
  lua_concat(L, 2);
  return lua_error(L);
}

const struct gct_operation *gct_arguments_operation(lua_State *L, int index)
{
  const struct gct_operation *operation = NULL;

  if (lua_type(L, index) != LUA_TSTRING)
    gct_misuse(L, "the operation's name must be a string, got %s",
               luaL_typename(L, index));
  if (gct_is_plain_string(L, index))
    operation = gct_operation_find(lua_tostring(L, index));
  if (!operation)
    gct_misuse(L, "there is no operation \"%s\"", lua_tostring(L, index));
  return operation;
}

static int wrong_type(const struct reading *reading, const char *name,
                      const char *expected, int index)
{
  return gct_misuse(reading->L, "%s: %s must be %s, got %s",
                    reading->operation->name, name, expected,
                    luaL_typename(reading->L, index));
}

static struct gct_slice read_text(const struct reading *reading,
                                  const char *name, int index)
{
  struct gct_slice text;

  if (lua_type(reading->L, index) != LUA_TSTRING)
    wrong_type(reading, name, "a string", index);
  text.data = lua_tolstring(reading->L, index, &text.length);
  return text;
}

static double read_seconds(const struct reading *reading, const char *name,
                           int index)
{
  double seconds;

  if (lua_type(reading->L, index) != LUA_TNUMBER)
    wrong_type(reading, name, "a number of seconds", index);
  seconds = lua_tonumber(reading->L, index);
  if (!(seconds > 0))
    gct_misuse(reading->L, "%s: %s must be more than 0 seconds",
               reading->operation->name, name);
  return seconds;
}

static struct gct_slice read_boolean(const struct reading *reading,
                                     const char *name, int index)
{
  if (!lua_isboolean(reading->L, index))
    wrong_type(reading, name, "a boolean", index);
  return gct_slice_from_cstr(lua_toboolean(reading->L, index) ? "true"
                                                              : "false");
}

/* Leaves every name and value on the stack. */
static void read_headers(struct reading *reading, int table)
{
  lua_State *L = reading->L;
  struct gct_call *call = reading->call;

  if (!lua_istable(L, table))
    wrong_type(reading, "headers", "a table", table);
  lua_pushnil(L);
  while (lua_next(L, table)) {
    int value = lua_gettop(L);
    struct gct_header *header = &call->headers[call->header_count];

    if (call->header_count == GCT_MAX_HEADERS)
      gct_misuse(L, "%s: headers has more than %d fields",
                 reading->operation->name, GCT_MAX_HEADERS);
    if (lua_type(L, value - 1) != LUA_TSTRING)
      wrong_type(reading, "a name in headers", "a string", value - 1);
    header->name = read_text(reading, "a name in headers", value - 1);
    header->value = read_text(reading, "a value in headers", value);
    call->header_count++;
    lua_pushvalue(L, value - 1);
  }
}

static bool read_parameter(struct reading *reading, const char *name,
                           int index)
{
  size_t i;

  for (i = 0; i < GCT_MAX_PARAMETERS; i++) {
    const struct gct_parameter *parameter = &reading->operation->parameters[i];

    if (!parameter->argument || strcmp(parameter->argument, name) != 0)
      continue;
    reading->call->parameters[i] = parameter->type == GCT_BOOLEAN
                                       ? read_boolean(reading, name, index)
                                       : read_text(reading, name, index);
    return true;
  }
  return false;
}

static void read_common(struct reading *reading,
                        const struct argument *argument, int index)
{
  switch (argument->type) {
  case TEXT:
    *(struct gct_slice *)(void *)((char *)reading->call + argument->offset) =
        read_text(reading, argument->name, index);
    break;
  case SECONDS:
    *(double *)(void *)((char *)reading->timeouts + argument->offset) =
        read_seconds(reading, argument->name, index);
    break;
  case BOOLEAN:
    reading->validate =
        gct_slice_is(read_boolean(reading, argument->name, index), "true");
    break;
  case HEADERS:
    read_headers(reading, index);
    break;
  default:
    if (!reading->operation->body)
      gct_misuse(reading->L, "%s takes no body", reading->operation->name);
    if (!lua_istable(reading->L, index))
      wrong_type(reading, argument->name, "a table", index);
    reading->body = index;
  }
}

static void read_argument(struct reading *reading, const char *name, int index)
{
  size_t i;

  if (read_parameter(reading, name, index))
    return;
  for (i = 0; i < sizeof(common_arguments) / sizeof(*common_arguments); i++) {
    if (strcmp(common_arguments[i].name, name) == 0) {
      read_common(reading, &common_arguments[i], index);
      return;
    }
  }
  gct_misuse(reading->L, "%s takes no argument \"%s\"",
             reading->operation->name, name);
}

bool gct_arguments_read(lua_State *L, int index,
                        const struct gct_operation *operation,
                        struct gct_call *call, struct gct_timeouts *timeouts,
                        struct gct_error *error)
{
  struct reading reading = {L, operation, call, timeouts, 0, true};

  memset(call, 0, offsetof(struct gct_call, headers));
  memset(timeouts, 0, sizeof(*timeouts));
  call->operation = operation;
  if (lua_isnoneornil(L, index))
    return true;
  if (!lua_istable(L, index))
    gct_misuse(L, "%s: the arguments must be a table, got %s", operation->name,
               luaL_typename(L, index));
  luaL_checkstack(L, 2 * GCT_MAX_HEADERS + 40, "too many arguments");
  lua_pushnil(L);
  while (lua_next(L, index)) {
    int value = lua_gettop(L);

    if (!gct_is_plain_string(L, value - 1))
      gct_misuse(L, "%s: the arguments' names must be strings, without NUL",
                 operation->name);
    read_argument(&reading, lua_tostring(L, value - 1), value);
    lua_pushvalue(L, value - 1); /* the value stays, the key goes on */
  }
  if (reading.body == 0)
    return true;
  if (!gct_body_encode(L, reading.body, operation->body, reading.validate,
                       error))
    return false;
  call->body.data = lua_tolstring(L, -1, &call->body.length);
  return true;
}
