/*
** The options of core.new.
*/
#include "binding/engine_options.h"

#include "binding/misuse.h"
#include "binding/read_table.h"

/* The options while they are read: texts are borrowed from the Lua stack, and
   `options` has everything else. */
struct given {
  struct gct_slice text[GCT_TEXT_OPTIONS];
  struct gct_options options;
};

#define TEXT(which) offsetof(struct given, text[which])
#define OFFSET(member) offsetof(struct given, options.member)

/* libcurl takes both times and counts as 32-bit numbers. */
#define MAXIMUM 2147483647.0

static const struct gct_field known_fields[] = {
    {"base_url", GCT_READ_CSTR, TEXT(GCT_BASE_URL), 0},
    {"user_agent", GCT_READ_CSTR, TEXT(GCT_USER_AGENT), 0},
    {"ca_file", GCT_READ_CSTR, TEXT(GCT_CA_FILE), 0},
    {"ca_path", GCT_READ_CSTR, TEXT(GCT_CA_PATH), 0},
    {"client_cert", GCT_READ_CSTR, TEXT(GCT_CLIENT_CERT), 0},
    {"client_key", GCT_READ_CSTR, TEXT(GCT_CLIENT_KEY), 0},
    {"proxy", GCT_READ_CSTR, TEXT(GCT_PROXY), 0},
    {"no_proxy", GCT_READ_CSTR, TEXT(GCT_NO_PROXY), 0},
    {"timeout", GCT_READ_SECONDS, OFFSET(timeout), MAXIMUM},
    {"connect_timeout", GCT_READ_SECONDS, OFFSET(connect_timeout), MAXIMUM},
    {"max_response_bytes", GCT_READ_COUNT, OFFSET(max_response_bytes),
     MAXIMUM},
    {"max_connections", GCT_READ_COUNT, OFFSET(max_connections), MAXIMUM},
    {"allow_http", GCT_READ_BOOLEAN, OFFSET(allow_http), 0},
};

static const struct gct_fields known = {
    "core.new",
    "option",
    known_fields,
    sizeof(known_fields) / sizeof(*known_fields),
};

/* Replaces the given base URL by its normal form. No Lua call in here. */
static bool normalise_base_url(struct gct_options *options,
                               struct gct_error *error)
{
  struct gct_buffer normal;
  bool ok;

  gct_buffer_init(&normal, GCT_MAX_BASE_URL + 1);
  ok = gct_base_url_normalise(gct_slice_from_cstr(options->text[GCT_BASE_URL]),
                              "base_url", options->allow_http, &normal,
                              error) &&
       gct_append(&normal, "", 1, error);
  if (ok && !gct_options_set(options, GCT_BASE_URL, normal.data))
    ok = gct_error_set(error, GCT_KIND_TRANSPORT, "out of memory");
  gct_buffer_release(&normal);
  return ok;
}

void gct_engine_options_read(lua_State *L, int index,
                             struct gct_options *options)
{
  struct given given;
  struct gct_error error;
  int i;

  memset(&given, 0, sizeof(given));
  given.options = *options;
  gct_read_table(L, index, &known, &given);
  *options = given.options;
  for (i = 0; i < GCT_TEXT_OPTIONS; i++) {
    if (given.text[i].data &&
        !gct_options_set(options, (enum gct_text_option)i, given.text[i].data))
      luaL_error(L, "not enough memory");
  }
  if (!normalise_base_url(options, &error))
    gct_misuse(L, "core.new: %s", error.message);
}
