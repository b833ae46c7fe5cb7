/*
** The list of operations that clients make their methods of.
*/
#include "binding/operation_list.h"

#include "binding/table_fields.h"
#include "wire/operations.h"

static const char *const credentials_names[] = {
    [GCT_BEARER] = "bearer",
    [GCT_BASIC] = "basic",
    [GCT_ANONYMOUS] = "none",
};

static void set_string(lua_State *L, const char *name, const char *value)
{
  gct_set_text(L, name, gct_slice_from_cstr(value));
}

/* Sets `parameter` of the table on top. */
static void set_parameter(lua_State *L, const char *name, const char *type,
                          bool is_optional)
{
  lua_createtable(L, 0, 3);
  set_string(L, "name", name);
  set_string(L, "type", type);
  lua_pushboolean(L, is_optional);
  lua_setfield(L, -2, "is_optional");
  lua_setfield(L, -2, "parameter");
}

static void push_operation(lua_State *L, const struct gct_operation *operation)
{
  const struct gct_parameter *first = operation->parameters;

  lua_createtable(L, 0, 3);
  set_string(L, "name", operation->name);
  set_string(L, "credentials", credentials_names[operation->credentials]);
  if (first->argument && first->place == GCT_IN_PATH)
    set_parameter(L, first->argument, "string", false);
  else if (operation->body)
    set_parameter(L, "body", "table", true);
}

void gct_operation_list_push(lua_State *L)
{
  size_t i;

  lua_createtable(L, (int)gct_operation_count, 0);
  for (i = 0; i < gct_operation_count; i++) {
    push_operation(L, &gct_operations[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
}
