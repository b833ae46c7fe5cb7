/*
** The arguments of an operation: its own parameters, and those of every call.
*/
#include "binding/arguments.h"

#include "binding/body.h"
#include "binding/misuse.h"
#include "binding/read_table.h"

#define OFFSET(member) offsetof(struct gct_arguments, member)

/* The first GCT_MORE_ARGUMENTS can also stand behind the table. */
static const struct gct_field common_fields[] = {
    {"access_token", GCT_READ_STRING, OFFSET(call.access_token), 0},
    {"headers", GCT_READ_TABLE, OFFSET(headers), 0},
    {"timeout", GCT_READ_SECONDS, OFFSET(timeouts.timeout), 0},
    {"connect_timeout", GCT_READ_SECONDS, OFFSET(timeouts.connect_timeout), 0},
    {"base_url", GCT_READ_STRING, OFFSET(call.base_url), 0},
    {"client_id", GCT_READ_STRING, OFFSET(call.client_id), 0},
    {"client_secret", GCT_READ_STRING, OFFSET(call.client_secret), 0},
    {"user_agent", GCT_READ_STRING, OFFSET(call.user_agent), 0},
    {"body", GCT_READ_TABLE, OFFSET(body), 0},
    {"validate", GCT_READ_BOOLEAN, OFFSET(validate), 0},
};

enum { COMMON_FIELDS = sizeof(common_fields) / sizeof(*common_fields) };

const struct gct_operation *gct_arguments_operation(lua_State *L, int index)
{
  const struct gct_operation *operation = NULL;

  if (lua_type(L, index) != LUA_TSTRING)
    gct_misuse(L, "the operation's name must be a string, got %s",
               luaL_typename(L, index));
  if (gct_is_plain_string(L, index))
    operation = gct_operation_find(lua_tostring(L, index));
  if (!operation)
    gct_misuse(L, "there is no operation \"%s\"",
               gct_shown_name(lua_tostring(L, index)));
  return operation;
}

/* The operation's own parameters first: `fields` has room for all. */
static size_t list_fields(const struct gct_operation *operation,
                          struct gct_field *fields)
{
  size_t count = 0;
  size_t i;

  for (i = 0; i < GCT_MAX_PARAMETERS; i++) {
    const struct gct_parameter *parameter = &operation->parameters[i];

    if (!parameter->argument)
      continue;
    fields[count].name = parameter->argument;
    fields[count].type =
        parameter->type == GCT_BOOLEAN ? GCT_READ_TRUE_FALSE : GCT_READ_STRING;
    fields[count].offset =
        OFFSET(call.parameters) + i * sizeof(struct gct_slice);
    fields[count].maximum = 0;
    count++;
  }
  memcpy(&fields[count], common_fields, sizeof(common_fields));
  return count + COMMON_FIELDS;
}

static struct gct_slice read_header_text(lua_State *L, const char *owner,
                                         const char *what, int index)
{
  if (lua_type(L, index) != LUA_TSTRING)
    gct_misuse(L, "%s: a %s in headers must be a string, got %s", owner, what,
               luaL_typename(L, index));
  return gct_to_slice(L, index);
}

/* Leaves every name and value on the stack. */
static void read_headers(lua_State *L, int table, struct gct_call *call)
{
  const char *owner = call->operation->name;

  luaL_checkstack(L, 2 * GCT_MAX_HEADERS + 20, "too many headers");
  lua_pushnil(L);
  while (lua_next(L, table)) {
    int value = lua_gettop(L);
    struct gct_header *header = &call->headers[call->header_count];

    if (call->header_count == GCT_MAX_HEADERS)
      gct_misuse(L, "%s: headers has more than %d fields", owner,
                 GCT_MAX_HEADERS);
    header->name = read_header_text(L, owner, "name", value - 1);
    header->value = read_header_text(L, owner, "value", value);
    call->header_count++;
    lua_pushvalue(L, value - 1); /* lua_next takes this one */
  }
}

/* The table at `index`. */
static void read_arguments(lua_State *L, int index,
                           struct gct_arguments *arguments)
{
  const struct gct_operation *operation = arguments->call.operation;
  struct gct_field fields[GCT_MAX_PARAMETERS + COMMON_FIELDS];
  struct gct_fields known = {operation->name, "argument", fields, 0};

  if (!lua_istable(L, index))
    gct_misuse(L, "%s: the arguments must be a table, got %s", operation->name,
               luaL_typename(L, index));
  known.count = list_fields(operation, fields);
  gct_read_table(L, index, &known, arguments);
}

bool gct_arguments_read(lua_State *L, int index, bool has_more,
                        const struct gct_operation *operation,
                        struct gct_arguments *arguments,
                        struct gct_error *error)
{
  struct gct_call *call = &arguments->call;
  const struct gct_fields more = {operation->name, "argument", common_fields,
                                  GCT_MORE_ARGUMENTS};

  memset(arguments, 0, OFFSET(call.headers));
  arguments->validate = true;
  call->operation = operation;
  if (!lua_isnoneornil(L, index))
    read_arguments(L, index, arguments);
  if (has_more)
    gct_read_values(L, index + 1, &more, arguments);
  if (arguments->headers)
    read_headers(L, arguments->headers, call);
  if (!arguments->body)
    return true;
  if (!operation->body)
    gct_misuse(L, "%s takes no body", operation->name);
  if (!gct_body_encode(L, arguments->body, operation->body,
                       arguments->validate, error))
    return false;
  call->body = gct_to_slice(L, -1);
  return true;
}
