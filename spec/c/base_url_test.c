/*
** Base URLs: what is accepted, in which form, and what is refused.
*/
#include "wire/base_url.h"

#include "check.h"
#include "memory.h"

/* The normal form, or "refused: <reason>". */
static const char *normalise(struct gct_slice url, bool allow_http)
{
  static char answer[4096];
  struct gct_buffer normal;
  struct gct_error error;

  gct_buffer_init(&normal, GCT_MAX_BASE_URL);
  if (gct_base_url_normalise(url, "it", allow_http, &normal, &error)) {
    struct gct_slice text = gct_buffer_slice(&normal);

    snprintf(answer, sizeof(answer), "%.*s", (int)text.length, text.data);
  } else {
    CHECK(error.kind == GCT_KIND_ARGUMENT);
    snprintf(answer, sizeof(answer), "refused: %s", error.message);
  }
  gct_buffer_release(&normal);
  return answer;
}

static void test_accepted(void)
{
  static const struct {
    const char *url;
    bool allow_http;
    const char *expected;
  } rows[] = {
      {"https://api.mypurecloud.com", false, "https://api.mypurecloud.com"},
      {"https://api.mypurecloud.com/", false, "https://api.mypurecloud.com"},
      {"https://api.mypurecloud.com///", false, "https://api.mypurecloud.com"},
      {"https://host/a/b/", false, "https://host/a/b"},
      {"https://host/a//b//", false, "https://host/a//b"},
      {"https://host/a/../b/./c", false, "https://host/b/c"},
      {"https://host:8443", false, "https://host:8443"},
      {"https://host:443/x", false, "https://host:443/x"},
      {"HTTPS://host", false, "https://host"},
      {"hTTp://localhost", false, "http://localhost"},
      {"https://[2001:db8::1]:8443/", false, "https://[2001:db8::1]:8443"},
      {"http://localhost:8080", false, "http://localhost:8080"},
      {"http://127.0.0.1:1", false, "http://127.0.0.1:1"},
      {"http://127.255.255.254", false, "http://127.255.255.254"},
      /* libcurl's parser writes out short forms of addresses. */
      {"http://127.1", false, "http://127.0.0.1"},
      {"http://2130706433", false, "http://127.0.0.1"},
      {"http://0x7f.1", false, "http://127.0.0.1"},
      {"http://127%2e0.0.1", false, "http://127.0.0.1"},
      {"http://[::1]:8080", false, "http://[::1]:8080"},
      {"http://[0:0:0:0:0:0:0:1]", false, "http://[::1]"},
      {"http://api.example.com", true, "http://api.example.com"},
      {"http://127.evil.com", true, "http://127.evil.com"},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    check_row = rows[i].url;
    CHECK_STRING(
        normalise(gct_slice_from_cstr(rows[i].url), rows[i].allow_http),
        rows[i].expected);
  }
  check_row = "";
}

static void test_refused(void)
{
  static const char missing[] = "is missing";
  static const char no_url[] = "is not a URL such as";
  static const char clear_text[] = "in clear text";
  static const char no_https[] = "must be an https URL";
  static const char user[] = "must not hold a user name or password";
  static const char query[] = "must not hold a query or a fragment";
  static const char control[] = "holds a space or control character";
  static const struct {
    struct gct_slice url;
    const char *reason;
  } rows[] = {
      {ABSENT, missing},
      {TEXT(""), missing},
      {TEXT("host"), no_url},
      {TEXT("api.mypurecloud.com/x"), no_url},
      {TEXT("https://"), no_url},
      {TEXT("https:///"), no_url},
      {TEXT("://host"), no_url},
      {TEXT("https://host:port"), no_url},
      {TEXT("https://host:65536"), no_url},
      {TEXT("https://[::1"), no_url},
      {TEXT("https://[::g]"), no_url},
      {TEXT("gopherx://host"), no_url},
      {TEXT("javascript:alert(1)"), no_url},
      {TEXT("ftp://host"), no_https},
      {TEXT("FTP://localhost"), no_https},
      {TEXT("file:///etc/passwd"), "names no host"},
      {TEXT("http://api.mypurecloud.com"), clear_text},
      {TEXT("http://127.evil.com"), clear_text},
      {TEXT("http://127.0.0.1.evil.com"), clear_text},
      {TEXT("http://localhost.evil.com"), clear_text},
      {TEXT("http://128.0.0.1"), clear_text},
      {TEXT("http://12.7.0.1"), clear_text},
      {TEXT("http://0.0.0.0"), clear_text},
      {TEXT("http://[::2]"), clear_text},
      {TEXT("http://[::ffff:8.8.8.8]"), clear_text},
      {TEXT("https://user@host"), user},
      {TEXT("https://user:password@host"), user},
      {TEXT("https://:password@host"), user},
      {TEXT("https://host@evil.com"), user},
      {TEXT("https://host?a=b"), query},
      {TEXT("https://host#top"), query},
      {TEXT("https://host/#@evil.com"), query},
      {TEXT("https://host/a b"), control},
      {TEXT(" https://host"), control},
      {TEXT("https://host\r\nX: y"), control},
      {TEXT("https://host\n"), control},
      {TEXT("https://ho\0st"), control},
      {TEXT("https://host\0"), control},
      {TEXT("https://host/\x7f"), control},
      {TEXT("\t"), control},
      /* An address only once it is decoded: read again it is 12.0.0.7. */
      {TEXT("https://12%2e7"), "is not a usable URL"},
      {TEXT("https://12%2E7:443/a%20b"), "is not a usable URL"},
      {TEXT("https://%31%32.7"), "is not a usable URL"},
      {TEXT("https://0x7f%2e1/"), "is not a usable URL"},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    const char *answer = normalise(rows[i].url, false);

    check_row = rows[i].url.data ? rows[i].url.data : "absent";
    CHECK(strncmp(answer, "refused: it ", 12) == 0);
    CHECK(strstr(answer, rows[i].reason) != NULL);
  }
  check_row = "";
}

static void test_length(void)
{
  char url[GCT_MAX_BASE_URL + 1];
  struct gct_slice text = {url, GCT_MAX_BASE_URL - 1};

  memset(url, 'a', sizeof(url));
  memcpy(url, "https://host/", 13);
  CHECK_TEXT(gct_slice_from_cstr(normalise(text, false)), text);
  text.length++;
  CHECK_STRING(normalise(text, false), "refused: it is too long");
  text.length++;
  CHECK_STRING(normalise(text, false), "refused: it is too long");
}

/* An address that is written out makes the URL longer. */
static void test_growing(void)
{
  static const char tail[] = "aaaaaaaaaa"; /* of what fits */
  char url[GCT_MAX_BASE_URL];
  struct gct_slice text = {url, GCT_MAX_BASE_URL - 1 - strlen("0.0.0.")};
  const char *normal;

  memset(url, 'a', sizeof(url));
  memcpy(url, "https://1/", 10);
  normal = normalise(text, false);
  CHECK(strncmp(normal, "https://0.0.0.1/a", 17) == 0);
  CHECK(strlen(normal) == GCT_MAX_BASE_URL - 1);
  CHECK_STRING(normal + strlen(normal) - strlen(tail), tail);
  text.length++;
  CHECK_STRING(normalise(text, false), "refused: it is too long");
  text.length++;
  CHECK_STRING(normalise(text, false), "refused: it is too long");
}

/* However little memory there is, what must be refused is refused, what is
   given back is the whole normal form, and nothing is left behind. */
static void test_out_of_memory(void)
{
  static const char *const urls[] = {
      "https://user:password@host/path", "https://host/path?query",
      "https://host/path#fragment",      "http://host/path",
      "https://host:8443/path/",
  };
  size_t i;

  for (i = 0; i < LENGTH(urls); i++) {
    bool acceptable = i == LENGTH(urls) - 1;
    long nth = 0;
    bool failed;

    check_row = urls[i];
    do {
      long before = memory_blocks();
      struct gct_buffer normal;
      struct gct_error error;
      bool ok;

      gct_buffer_init(&normal, GCT_MAX_BASE_URL);
      memory_fail(++nth, 1);
      ok = gct_base_url_normalise(gct_slice_from_cstr(urls[i]), "it", false,
                                  &normal, &error);
      failed = memory_heal() > 0;
      CHECK(!ok || acceptable);
      if (ok)
        CHECK(gct_buffer_slice(&normal).length == strlen(urls[i]) - 1);
      else if (acceptable)
        CHECK(error.kind == GCT_KIND_TRANSPORT);
      gct_buffer_release(&normal);
      CHECK(memory_blocks() == before);
    } while (failed);
    CHECK(nth > 5);
  }
  check_row = "";
}

int main(void)
{
  CHECK(memory_use_in_libcurl());
  test_accepted();
  test_refused();
  test_length();
  test_growing();
  test_out_of_memory();
  return check_report();
}
