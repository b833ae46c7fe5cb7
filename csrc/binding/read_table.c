/*
** Reading a Lua table by a list of its fields.
*/
#include "binding/read_table.h"

#include "binding/misuse.h"

/* One field of one table, whose value is at `index`. */
struct reading {
  lua_State *L;
  const char *owner;
  const struct gct_field *field;
  int index;
};

static void check_type(const struct reading *reading, int type,
                       const char *expected)
{
  if (lua_type(reading->L, reading->index) != type)
    gct_misuse(reading->L, "%s: %s must be %s, got %s", reading->owner,
               reading->field->name, expected,
               luaL_typename(reading->L, reading->index));
}

static struct gct_slice read_string(const struct reading *reading)
{
  check_type(reading, LUA_TSTRING, "a string");
  if (reading->field->type == GCT_READ_CSTR &&
      !gct_is_plain_string(reading->L, reading->index))
    gct_misuse(reading->L, "%s: %s holds a NUL byte", reading->owner,
               reading->field->name);
  return gct_to_slice(reading->L, reading->index);
}

static bool read_boolean(const struct reading *reading)
{
  check_type(reading, LUA_TBOOLEAN, "a boolean");
  return lua_toboolean(reading->L, reading->index);
}

static void check_range(const struct reading *reading, bool ok)
{
  if (!ok)
    gct_misuse(reading->L, "%s: %s is out of range", reading->owner,
               reading->field->name);
}

static double read_seconds(const struct reading *reading)
{
  double seconds = lua_tonumber(reading->L, reading->index);
  double maximum = reading->field->maximum;

  check_type(reading, LUA_TNUMBER, "a number of seconds");
  if (!(seconds > 0))
    gct_misuse(reading->L, "%s: %s must be more than 0 seconds",
               reading->owner, reading->field->name);
  check_range(reading, maximum == 0 || seconds <= maximum);
  return seconds;
}

static size_t read_count(const struct reading *reading)
{
  double count = lua_tonumber(reading->L, reading->index);

  check_type(reading, LUA_TNUMBER, "a number");
  check_range(reading, count >= 1 && count <= reading->field->maximum);
  return (size_t)count;
}

static void read_field(const struct reading *reading, void *place)
{
  switch (reading->field->type) {
  case GCT_READ_SECONDS:
    *(double *)place = read_seconds(reading);
    break;
  case GCT_READ_COUNT:
    *(size_t *)place = read_count(reading);
    break;
  case GCT_READ_BOOLEAN:
    *(bool *)place = read_boolean(reading);
    break;
  case GCT_READ_TRUE_FALSE:
    *(struct gct_slice *)place =
        gct_slice_from_cstr(read_boolean(reading) ? "true" : "false");
    break;
  case GCT_READ_TABLE:
    check_type(reading, LUA_TTABLE, "a table");
    *(int *)place = reading->index;
    break;
  default:
    *(struct gct_slice *)place = read_string(reading);
  }
}

/* The field that the key at `index` names. */
static const struct gct_field *find_field(lua_State *L, int index,
                                          const struct gct_fields *known)
{
  const char *name;
  size_t i;

  if (!gct_is_plain_string(L, index))
    gct_misuse(L, "%s: %s names must be strings, without NUL", known->owner,
               known->noun);
  name = lua_tostring(L, index);
  for (i = 0; i < known->count; i++) {
    if (strcmp(known->fields[i].name, name) == 0)
      return &known->fields[i];
  }
  gct_misuse(L, "%s takes no %s \"%s\"", known->owner, known->noun,
             gct_shown_name(name));
  return NULL;
}

void gct_read_values(lua_State *L, int first, const struct gct_fields *known,
                     void *target)
{
  struct reading reading = {L, known->owner, NULL, 0};
  size_t i;

  for (i = 0; i < known->count; i++) {
    reading.index = first + (int)i;
    reading.field = &known->fields[i];
    if (!lua_isnoneornil(L, reading.index))
      read_field(&reading, (char *)target + reading.field->offset);
  }
}

void gct_read_table(lua_State *L, int index, const struct gct_fields *known,
                    void *target)
{
  struct reading reading = {L, known->owner, NULL, 0};

  /* A key and a value of each, and what messages take. */
  luaL_checkstack(L, 2 * (int)known->count + 20, "too many fields");
  lua_pushnil(L);
  while (lua_next(L, index)) {
    reading.index = lua_gettop(L);
    reading.field = find_field(L, reading.index - 1, known);
    read_field(&reading, (char *)target + reading.field->offset);
    lua_pushvalue(L, reading.index - 1); /* lua_next takes this one */
  }
}
