/*
** Encoding and checking request bodies in one walk. lua-cjson escapes the
** strings; all else is written here: exact numbers, and arrays, because the
** lua-cjson that Debian ships cannot write an empty array.
*/
#include "binding/body.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binding/json.h"
#include "binding/scratch.h"

/* One walk over one body. */
struct walk {
  lua_State *L;
  struct gct_buffer *out; /* in a scratch userdata on the Lua stack */
  bool validate;
  struct gct_error *error;
  int depth;
  size_t path_length;
  char path[160]; /* of the value at hand, "body.groups[2]"; may be cut */
};

static bool write_value(struct walk *walk, int index,
                        const struct gct_schema *schema);

static bool fail(struct walk *walk, const char *what)
{
  return gct_argument_error(walk->error, "body", "%s %s", walk->path, what);
}

static bool write(struct walk *walk, const char *data, size_t length)
{
  if (length > walk->out->limit - walk->out->length)
    return gct_argument_error(walk->error, "body",
                              "body is longer than %lu bytes of JSON",
                              (unsigned long)walk->out->limit);
  return gct_append(walk->out, data, length, walk->error);
}

static bool write_string(struct walk *walk, const char *string)
{
  return write(walk, string, strlen(string));
}

/* Counts what snprintf has put behind the path; the caller of the functions
   below puts the length back. A path too long to show is cut. */
static void lengthen(struct walk *walk, int added, size_t room)
{
  if (added > 0) /* coverage: what is added is never empty */
    walk->path_length += (size_t)added < room ? (size_t)added : room - 1;
}

static void enter_field(struct walk *walk, const char *name)
{
  size_t room = sizeof(walk->path) - walk->path_length;

  lengthen(walk, snprintf(walk->path + walk->path_length, room, ".%s", name),
           room);
}

static void enter_element(struct walk *walk, int position)
{
  size_t room = sizeof(walk->path) - walk->path_length;

  lengthen(walk,
           snprintf(walk->path + walk->path_length, room, "[%d]", position),
           room);
}

static void leave(struct walk *walk, size_t path_length)
{
  walk->path_length = path_length;
  walk->path[path_length] = '\0';
}

/* ---- scalars ----------------------------------------------------------- */

/* Pushes nothing in the end. Invalid UTF-8 is sent as it is: the server
   decides. */
static bool write_json_string(struct walk *walk, int index)
{
  size_t length;
  const char *json;
  bool ok;

  lua_pushvalue(walk->L, index);
  ok = gct_json_encode_string(walk->L);
  json = lua_tolstring(walk->L, -1, &length);
  /* coverage: lua-cjson writes any string */
  ok = ok && json ? write(walk, json, length)
                  : fail(walk, "cannot be written as JSON");
  lua_pop(walk->L, 1);
  return ok;
}

/* The locale may have put something else there. */
static void use_decimal_point(char *digits)
{
  size_t sound = strspn(digits, "0123456789+-e");

  if (digits[sound] != '\0')
    digits[sound] = '.';
}

static bool write_number(struct walk *walk, int index)
{
  double number = lua_tonumber(walk->L, index);
  char digits[32];

  if (!isfinite(number))
    return fail(walk, "is not a finite number");
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(walk->L, index)) {
    snprintf(digits, sizeof(digits), "%lld",
             (long long)lua_tointeger(walk->L, index));
    return write_string(walk, digits);
  }
#endif
  /* A whole number has no exponent up to 2^53, where doubles stop being exact.
     For others 15 digits are mostly enough, and 17 always. */
  if (floor(number) == number && fabs(number) <= 9007199254740992.0)
    snprintf(digits, sizeof(digits), "%.0f", number);
  /* coverage: it fails for no such format */
  else if (snprintf(digits, sizeof(digits), "%.15g", number) < 0 ||
           strtod(digits, NULL) != number)
    snprintf(digits, sizeof(digits), "%.17g", number);
  use_decimal_point(digits);
  return write_string(walk, digits);
}

static bool check_integer(struct walk *walk, int index,
                          const struct gct_schema *schema)
{
  double number = lua_tonumber(walk->L, index);

  if (lua_type(walk->L, index) == LUA_TNUMBER && floor(number) == number &&
      number >= (double)schema->minimum && number <= (double)schema->maximum)
    return true;
  return gct_argument_error(walk->error, "body",
                            "%s must be a whole number from %ld to %ld",
                            walk->path, schema->minimum, schema->maximum);
}

static bool check_string(struct walk *walk, int index,
                         const struct gct_schema *schema)
{
  const char *const *value = schema->values;
  const char *string;

  if (lua_type(walk->L, index) != LUA_TSTRING)
    return fail(walk, "must be a string");
  if (!value)
    return true;
  string = lua_tostring(walk->L, index);
  for (; *value; value++) {
    if (strcmp(*value, string) == 0 && gct_is_plain_string(walk->L, index))
      return true;
  }
  return gct_argument_error(walk->error, "body", "%s must be \"%s\" or \"%s\"",
                            walk->path, schema->values[0], schema->values[1]);
}

static bool check_type(struct walk *walk, int index,
                       const struct gct_schema *schema)
{
  switch (schema->type) {
  case GCT_BOOLEAN:
    /* coverage: it is always false */
    /* coverage: gct_fail is always false */
    return lua_isboolean(walk->L, index) || fail(walk, "must be a boolean");
  case GCT_INTEGER:
    return check_integer(walk, index, schema);
  case GCT_STRING:
    return check_string(walk, index, schema);
  case GCT_ARRAY:
    /* coverage: it is always false */
    /* coverage: gct_fail is always false */
    return lua_istable(walk->L, index) || fail(walk, "must be an array");
  default:
    /* coverage: it is always false */
    /* coverage: gct_fail is always false */
    return lua_istable(walk->L, index) || fail(walk, "must be a table");
  }
}

/* ---- arrays and objects ------------------------------------------------ */

/* What the keys of a table say of it. */
struct keys {
  size_t count;    /* all keys */
  size_t elements; /* those that are whole numbers from 1 */
  double highest;  /* of those */
  bool other;      /* neither such a number nor a string */
};

static struct keys look_at_keys(lua_State *L, int table)
{
  struct keys keys = {0, 0, 0, false};

  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    keys.count++;
    if (lua_type(L, -1) == LUA_TNUMBER) {
      double key = lua_tonumber(L, -1);

      if (floor(key) == key && key >= 1) {
        keys.elements++;
        keys.highest = key > keys.highest ? key : keys.highest;
      } else {
        keys.other = true;
      }
    } else if (lua_type(L, -1) != LUA_TSTRING) {
      keys.other = true;
    }
  }
  return keys;
}

static bool write_array(struct walk *walk, int table, size_t length,
                        const struct gct_schema *items)
{
  size_t path_length = walk->path_length;
  size_t i;
  bool ok = write_string(walk, "[");

  for (i = 1; ok && i <= length; i++) {
    enter_element(walk, (int)i);
    lua_rawgeti(walk->L, table, (int)i);
    ok = (i == 1 || write_string(walk, ",")) &&
         write_value(walk, lua_gettop(walk->L), items);
    lua_pop(walk->L, 1);
    leave(walk, path_length);
  }
  /* coverage: fails without memory only */
  return ok && write_string(walk, "]");
}

static const struct gct_property *
find_property(const struct gct_schema *schema, const char *name)
{
  const struct gct_property *property = schema ? schema->properties : NULL;

  while (property && property->name && strcmp(property->name, name) != 0)
    property++;
  return property && property->name ? property : NULL;
}

static bool check_required(struct walk *walk, int table,
                           const struct gct_schema *schema)
{
  const struct gct_property *property = schema->properties;

  for (; property->name; property++) {
    bool present;

    lua_pushstring(walk->L, property->name);
    lua_rawget(walk->L, table);
    present = !lua_isnil(walk->L, -1);
    lua_pop(walk->L, 1);
    if (property->required && !present) {
      enter_field(walk, property->name);
      return fail(walk, "is required");
    }
  }
  return true;
}

static bool write_object(struct walk *walk, int table,
                         const struct gct_schema *schema)
{
  size_t path_length = walk->path_length;
  bool first = true;
  bool ok = write_string(walk, "{");

  lua_pushnil(walk->L);
  while (ok && lua_next(walk->L, table)) {
    int value = lua_gettop(walk->L);
    const struct gct_property *property;
    const char *name;

    /* Encoding calls Lua, and what runs then may have changed the table. */
    if (lua_type(walk->L, value - 1) != LUA_TSTRING)
      return fail(walk, "must have strings as keys");
    name = lua_tostring(walk->L, value - 1);
    property = gct_is_plain_string(walk->L, value - 1)
                   ? find_property(schema, name)
                   : NULL;
    enter_field(walk, name);
    /* coverage: fails without memory only */
    ok = (first || write_string(walk, ",")) &&
         write_json_string(walk, value - 1) && write_string(walk, ":") &&
         write_value(walk, value, property ? &property->schema : NULL);
    leave(walk, path_length);
    first = false;
    lua_pop(walk->L, 1);
  }
  /* coverage: fails without memory only */
  return ok && write_string(walk, "}");
}

/* Without validation the schema only says what an empty table is. */
static bool is_array_table(struct walk *walk, int table,
                           const struct gct_schema *schema,
                           const struct keys *keys)
{
  if (schema && (walk->validate || keys->count == 0))
    return schema->type == GCT_ARRAY;
  return keys->elements > 0 || gct_json_is_marked_array(walk->L, table);
}

static bool write_table(struct walk *walk, int table,
                        const struct gct_schema *schema)
{
  struct keys keys = look_at_keys(walk->L, table);
  bool is_array = is_array_table(walk, table, schema, &keys);

  if (is_array && keys.count != keys.elements)
    return fail(walk, "must be an array: only the keys 1, 2, 3...");
  if (is_array && keys.highest != (double)keys.elements)
    return fail(walk, "must be an array without holes");
  if (!is_array && (keys.other || keys.elements > 0))
    return fail(walk, "must have strings as keys");
  if (is_array)
    return write_array(walk, table, keys.elements,
                       schema && schema->type == GCT_ARRAY ? schema->items
                                                           : NULL);
  return (!schema || !walk->validate || check_required(walk, table, schema)) &&
         write_object(walk, table, schema);
}

static bool is_container(const struct gct_schema *schema)
{
  return schema->type == GCT_ARRAY || schema->type == GCT_OBJECT;
}

/* `schema` may be NULL: nothing is known of the value. */
static bool write_value(struct walk *walk, int index,
                        const struct gct_schema *schema)
{
  bool ok;

  if (schema && walk->validate && !check_type(walk, index, schema))
    return false;
  if (gct_json_is_null(walk->L, index))
    return write_string(walk, "null");
  switch (lua_type(walk->L, index)) {
  case LUA_TBOOLEAN:
    return write_string(walk,
                        lua_toboolean(walk->L, index) ? "true" : "false");
  case LUA_TNUMBER:
    return write_number(walk, index);
  case LUA_TSTRING:
    return write_json_string(walk, index);
  case LUA_TTABLE:
    if (walk->depth == GCT_JSON_DEPTH)
      return fail(walk, "is nested too deeply, or contains itself");
    luaL_checkstack(walk->L, 8, "the body is nested too deeply");
    walk->depth++;
    ok = write_table(walk, index,
                     schema && is_container(schema) ? schema : NULL);
    walk->depth--;
    return ok;
  default:
    return fail(walk, "cannot be written as JSON");
  }
}

bool gct_body_encode(lua_State *L, int index, const struct gct_schema *schema,
                     bool validate, struct gct_error *error)
{
  struct walk walk = {L, NULL, validate, error, 0, 4, "body"};
  int top;
  struct gct_scratch *scratch;

  index = gct_absindex(L, index);
  top = lua_gettop(L);
  scratch = gct_scratch_new(L, GCT_MAX_BODY);
  walk.out = &scratch->buffer;
  if (!write_value(&walk, index, schema)) {
    gct_scratch_release(scratch);
    lua_settop(L, top);
    return false;
  }
  lua_pushlstring(L, scratch->buffer.data, scratch->buffer.length);
  gct_scratch_release(scratch);
  lua_remove(L, top + 1);
  return true;
}
