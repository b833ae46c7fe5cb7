/*
** Reading the settings of core.new: one table says which there are, of what
** type, and where they go.
*/
#include "binding/settings_table.h"

#include <string.h>

#include "binding/arguments.h"

enum setting_type { TEXT, SECONDS, COUNT, BOOLEAN };

static const struct setting {
  const char *name;
  enum setting_type type;
  size_t place; /* TEXT: an enum gct_text_setting; others: the offset */
} known_settings[] = {
    {"base_url", TEXT, GCT_BASE_URL},
    {"user_agent", TEXT, GCT_USER_AGENT},
    {"ca_file", TEXT, GCT_CA_FILE},
    {"ca_path", TEXT, GCT_CA_PATH},
    {"client_cert", TEXT, GCT_CLIENT_CERT},
    {"client_key", TEXT, GCT_CLIENT_KEY},
    {"proxy", TEXT, GCT_PROXY},
    {"no_proxy", TEXT, GCT_NO_PROXY},
    {"timeout", SECONDS, offsetof(struct gct_settings, timeout)},
    {"connect_timeout", SECONDS,
     offsetof(struct gct_settings, connect_timeout)},
    {"max_response_bytes", COUNT,
     offsetof(struct gct_settings, max_response_bytes)},
    {"max_connections", COUNT, offsetof(struct gct_settings, max_connections)},
    {"allow_http", BOOLEAN, offsetof(struct gct_settings, allow_http)},
};

static void wrong_type(lua_State *L, const char *name, const char *expected)
{
  gct_misuse(L, "core.new: %s must be %s, got %s", name, expected,
             luaL_typename(L, -1));
}

static void read_text(lua_State *L, struct gct_settings *settings,
                      const struct setting *setting)
{
  if (lua_type(L, -1) != LUA_TSTRING)
    wrong_type(L, setting->name, "a string");
  if (!gct_is_plain_string(L, -1))
    gct_misuse(L, "core.new: %s holds a NUL byte", setting->name);
  if (!gct_settings_set(settings, (enum gct_text_setting)setting->place,
                        lua_tostring(L, -1)))
    luaL_error(L, "not enough memory");
}

/* libcurl takes both times and counts as 32-bit numbers. */
static double read_number(lua_State *L, const struct setting *setting,
                          double minimum)
{
  double number = lua_tonumber(L, -1);

  if (lua_type(L, -1) != LUA_TNUMBER)
    wrong_type(L, setting->name, "a number");
  if (!(number >= minimum && number <= 2147483647.0))
    gct_misuse(L, "core.new: %s is out of range", setting->name);
  return number;
}

/* The value is on top. */
static void read_setting(lua_State *L, struct gct_settings *settings,
                         const struct setting *setting)
{
  void *place = (char *)settings + setting->place;

  switch (setting->type) {
  case TEXT:
    read_text(L, settings, setting);
    break;
  case SECONDS:
    *(double *)place = read_number(L, setting, 1e-3);
    break;
  case COUNT:
    *(size_t *)place = (size_t)read_number(L, setting, 1);
    break;
  default:
    if (!lua_isboolean(L, -1))
      wrong_type(L, setting->name, "a boolean");
    *(bool *)place = lua_toboolean(L, -1);
  }
}

static const struct setting *find_setting(lua_State *L, const char *name)
{
  size_t i;

  for (i = 0; i < sizeof(known_settings) / sizeof(*known_settings); i++) {
    if (strcmp(known_settings[i].name, name) == 0)
      return &known_settings[i];
  }
  gct_misuse(L, "core.new: there is no setting \"%s\"", name);
  return NULL;
}

/* Replaces the given base URL by its normal form. No Lua call in here. */
static bool normalise_base_url(struct gct_settings *settings,
                               struct gct_failure *failure)
{
  struct gct_buffer normal;
  bool fine;

  gct_buffer_init(&normal, GCT_MAX_BASE_URL + 1);
  fine = gct_base_url_normalise(gct_text_of(settings->text[GCT_BASE_URL]),
                                "base_url", settings->allow_http, &normal,
                                failure);
  if (fine && (gct_buffer_append(&normal, "", 1) != GCT_OK ||
               !gct_settings_set(settings, GCT_BASE_URL, normal.data)))
    fine = gct_fail(failure, GCT_KIND_TRANSPORT, "not enough memory");
  gct_buffer_release(&normal);
  return fine;
}

void gct_settings_read(lua_State *L, int index, struct gct_settings *settings)
{
  struct gct_failure failure;

  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (!gct_is_plain_string(L, -2))
      gct_misuse(L, "core.new: the settings' names must be strings, without "
                    "NUL");
    read_setting(L, settings, find_setting(L, lua_tostring(L, -2)));
    lua_pop(L, 1);
  }
  if (!normalise_base_url(settings, &failure))
    gct_misuse(L, "core.new: %s", failure.reason);
}
