/*
** Reading the options of core.new: one table says which there are, of what
** type, and where they go.
*/
#include "binding/options_table.h"

#include <string.h>

#include "binding/arguments.h"

enum setting_type { TEXT, SECONDS, COUNT, BOOLEAN };

static const struct option {
  const char *name;
  enum setting_type type;
  size_t place; /* TEXT: an enum gct_text_option; others: the offset */
} known_settings[] = {
    {"base_url", TEXT, GCT_BASE_URL},
    {"user_agent", TEXT, GCT_USER_AGENT},
    {"ca_file", TEXT, GCT_CA_FILE},
    {"ca_path", TEXT, GCT_CA_PATH},
    {"client_cert", TEXT, GCT_CLIENT_CERT},
    {"client_key", TEXT, GCT_CLIENT_KEY},
    {"proxy", TEXT, GCT_PROXY},
    {"no_proxy", TEXT, GCT_NO_PROXY},
    {"timeout", SECONDS, offsetof(struct gct_options, timeout)},
    {"connect_timeout", SECONDS,
     offsetof(struct gct_options, connect_timeout)},
    {"max_response_bytes", COUNT,
     offsetof(struct gct_options, max_response_bytes)},
    {"max_connections", COUNT, offsetof(struct gct_options, max_connections)},
    {"allow_http", BOOLEAN, offsetof(struct gct_options, allow_http)},
};

static void wrong_type(lua_State *L, const char *name, const char *expected)
{
  gct_misuse(L, "core.new: %s must be %s, got %s", name, expected,
             luaL_typename(L, -1));
} /* coverage: what comes before does not return */

static void read_text(lua_State *L, struct gct_options *options,
                      const struct option *option)
{
  if (lua_type(L, -1) != LUA_TSTRING)
    wrong_type(L, option->name, "a string");
  if (!gct_is_plain_string(L, -1))
    gct_misuse(L, "core.new: %s holds a NUL byte", option->name);
  if (!gct_options_set(options, (enum gct_text_option)option->place,
                       lua_tostring(L, -1)))
    luaL_error(L, "not enough memory");
}

/* libcurl takes both times and counts as 32-bit numbers. */
static double read_number(lua_State *L, const struct option *option,
                          double minimum)
{
  double number = lua_tonumber(L, -1);

  if (lua_type(L, -1) != LUA_TNUMBER)
    wrong_type(L, option->name, "a number");
  if (!(number >= minimum && number <= 2147483647.0))
    gct_misuse(L, "core.new: %s is out of range", option->name);
  return number;
}

/* The value is on top. */
static void read_setting(lua_State *L, struct gct_options *options,
                         const struct option *option)
{
  void *place = (char *)options + option->place;

  switch (option->type) {
  case TEXT:
    read_text(L, options, option);
    break;
  case SECONDS:
    *(double *)place = read_number(L, option, 1e-3);
    break;
  case COUNT:
    *(size_t *)place = (size_t)read_number(L, option, 1);
    break;
  default:
    if (!lua_isboolean(L, -1))
      wrong_type(L, option->name, "a boolean");
    *(bool *)place = lua_toboolean(L, -1);
  }
}

static const struct option *find_setting(lua_State *L, const char *name)
{
  size_t i;

  for (i = 0; i < sizeof(known_settings) / sizeof(*known_settings); i++) {
    if (strcmp(known_settings[i].name, name) == 0)
      return &known_settings[i];
  }
  gct_misuse(L, "core.new: there is no option \"%s\"", name);
  return NULL; /* coverage: what comes before does not return */
}

/* Replaces the given base URL by its normal form. No Lua call in here. */
static bool normalise_base_url(struct gct_options *options,
                               struct gct_error *error)
{
  struct gct_buffer normal;
  bool ok;

  gct_buffer_init(&normal, GCT_MAX_BASE_URL + 1);
  ok = gct_base_url_normalise(gct_slice_from_cstr(options->text[GCT_BASE_URL]),
                              "base_url", options->allow_http, &normal, error);
  /* coverage: fails without memory only */
  if (ok && (gct_buffer_append(&normal, "", 1) != GCT_OK ||
             !gct_options_set(options, GCT_BASE_URL, normal.data)))
    ok = gct_error_set(error, GCT_KIND_TRANSPORT, "not enough memory");
  gct_buffer_release(&normal);
  return ok;
}

void gct_options_read(lua_State *L, int index, struct gct_options *options)
{
  struct gct_error error;

  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (!gct_is_plain_string(L, -2))
      gct_misuse(L, "core.new: the options' names must be strings, without "
                    "NUL");
    read_setting(L, options, find_setting(L, lua_tostring(L, -2)));
    lua_pop(L, 1);
  }
  if (!normalise_base_url(options, &error))
    gct_misuse(L, "core.new: %s", error.message);
}
