/*
** Base URLs. Input: a URL.
*/
#include "fuzz.h"
#include "wire/base_url.h"

static bool begins_with(struct gct_slice text, const char *start)
{
  size_t length = strlen(start);

  return text.length > length && memcmp(text.data, start, length) == 0;
}

/* The authority: what stands between "//" and the path. */
static struct gct_slice authority_of(struct gct_slice url)
{
  const char *start = memchr(url.data, '/', url.length);
  struct gct_slice authority = {start + 2, 0};
  const char *end = url.data + url.length;

  while (authority.data + authority.length < end &&
         authority.data[authority.length] != '/')
    authority.length++;
  return authority;
}

static bool is_local(struct gct_slice authority)
{
  return begins_with(authority, "127.") ||
         gct_slice_is(authority, "localhost") ||
         begins_with(authority, "localhost:") ||
         gct_slice_is(authority, "[::1]") ||
         begins_with(authority, "[::1]:") ||
         begins_with(authority, "[::1%25"); /* a zone changes no address */
}

static void check_accepted(struct gct_slice url, bool allow_http)
{
  bool secure = begins_with(url, "https://");
  struct gct_slice authority;
  size_t i;

  EXPECT(secure || begins_with(url, "http://"));
  authority = authority_of(url);
  EXPECT(authority.length > 0 && authority.data[0] != ':');
  EXPECT(!memchr(authority.data, '@', authority.length));
  EXPECT(secure || allow_http || is_local(authority));
  EXPECT(url.length < GCT_MAX_BASE_URL);
  EXPECT(url.data[url.length - 1] != '/');
  for (i = 0; i < url.length; i++) {
    EXPECT(!gct_is_control(url.data[i]));
    EXPECT(url.data[i] != ' ' && url.data[i] != '?' && url.data[i] != '#');
  }
}

static bool normalise(struct gct_slice url, bool allow_http,
                      struct gct_buffer *normal)
{
  struct gct_error error;
  bool ok =
      gct_base_url_normalise(url, "base_url", allow_http, normal, &error);

  if (!ok) {
    EXPECT(error.kind == GCT_KIND_ARGUMENT);
    EXPECT(fuzz_is_one_line(gct_slice_from_cstr(error.message)));
    EXPECT(strncmp(error.message, "base_url ", 9) == 0);
  }
  return ok;
}

/* A normal form is its own. */
static void check(struct gct_slice url, bool allow_http)
{
  struct gct_buffer normal, again;

  gct_buffer_init(&normal, GCT_MAX_BASE_URL);
  gct_buffer_init(&again, GCT_MAX_BASE_URL);
  if (normalise(url, allow_http, &normal)) {
    check_accepted(gct_buffer_slice(&normal), allow_http);
    EXPECT(normalise(gct_buffer_slice(&normal), allow_http, &again));
    EXPECT(fuzz_same(gct_buffer_slice(&normal), gct_buffer_slice(&again)));
  }
  gct_buffer_release(&normal);
  gct_buffer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  check(fuzz_input(data, size), false);
  check(fuzz_input(data, size), true);
  return 0;
}
