/*
** Errors: names of kinds, what is worth a retry, messages.
*/
#include "wire/error.h"

#include "check.h"

static void test_kinds(void)
{
  static const struct {
    enum gct_kind kind;
    const char *name;
    bool retryable;
  } rows[] = {
      {GCT_KIND_NONE, "none", false},
      {GCT_KIND_ARGUMENT, "argument", false},
      {GCT_KIND_TRANSPORT, "transport", true},
      {GCT_KIND_TIMEOUT, "timeout", true},
      {GCT_KIND_TLS, "tls", false},
      {GCT_KIND_PROXY, "proxy", false},
      {GCT_KIND_API, "api", false},
      {GCT_KIND_PROTOCOL, "protocol", false},
      {GCT_KIND_CLOSED, "closed", false},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    struct gct_error error;

    check_row = rows[i].name;
    memset(&error, 'x', sizeof(error));
    CHECK(!gct_error_set(&error, rows[i].kind, "no"));
    CHECK_STRING(gct_kind_name(rows[i].kind), rows[i].name);
    CHECK(error.retryable == rows[i].retryable);
    CHECK(error.proxy_status == 0);
    CHECK(!error.option);
  }
  check_row = "";
}

static void test_statuses(void)
{
  static const long worth_it[] = {408, 429, 502, 503, 504};
  static const long not_worth_it[] = {0,   100, 200, 301, 400, 401, 403,
                                      404, 407, 413, 425, 500, 501, 505};
  size_t i;

  for (i = 0; i < LENGTH(worth_it); i++)
    CHECK(gct_is_retryable_status(worth_it[i]));
  for (i = 0; i < LENGTH(not_worth_it); i++)
    CHECK(!gct_is_retryable_status(not_worth_it[i]));
}

static void test_refusal(void)
{
  struct gct_error error;

  memset(&error, 'x', sizeof(error));
  CHECK(!gct_argument_error(&error, "user_id", "user_id has %d bytes", 7));
  CHECK(error.kind == GCT_KIND_ARGUMENT);
  CHECK(!error.retryable);
  CHECK(!error.cause);
  CHECK_STRING(error.option, "user_id");
  CHECK_STRING(error.message, "user_id has 7 bytes");
}

static void test_reason(void)
{
  struct gct_error error;
  char letters[2 * sizeof(error.message)];

  memset(&error, 'x', sizeof(error));
  CHECK(!gct_error_set(&error, GCT_KIND_TLS, "%s: %d of %lu", "seen", 1, 2UL));
  CHECK(error.kind == GCT_KIND_TLS);
  CHECK(!error.cause);
  CHECK_STRING(error.message, "seen: 1 of 2");

  CHECK(!gct_error_set(&error, GCT_KIND_API, "a\r\nb\tc\x1b[d\x7f%c", '\x01'));
  CHECK_STRING(error.message, "a  b c [d  ");

  CHECK(!gct_error_set(&error, GCT_KIND_API, "%s", "\xc3\xa4\xff"));
  CHECK_STRING(error.message, "\xc3\xa4\xff");

  memset(letters, 'a', sizeof(letters) - 1);
  letters[sizeof(letters) - 1] = '\0';
  CHECK(!gct_error_set(&error, GCT_KIND_API, "%s", letters));
  CHECK(strlen(error.message) == sizeof(error.message) - 1);
  CHECK(strspn(error.message, "a") == sizeof(error.message) - 1);

  CHECK(!gct_error_set(&error, GCT_KIND_ARGUMENT, "%s", ""));
  CHECK_STRING(error.message, "");
}

int main(void)
{
  test_kinds();
  test_statuses();
  test_refusal();
  test_reason();
  return check_report();
}
