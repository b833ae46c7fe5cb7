/*
** Response headers: what is read from them.
*/
#include "wire/response.h"

#include "check.h"

/* 784111777 is the instant of RFC 9110's examples of dates. */
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static void test_retry_after(void)
{
  enum { NOW = 784111777, LATER = 784111777 + 500000000 };
  static const struct {
    const char *block;
    time_t now;
    double expected;
  } rows[] = {
      {"", NOW, GCT_UNKNOWN},
      {"Retry-After: 0\r\n", NOW, 0},
      {"Retry-After: 120\r\n", NOW, 120},
      {"retry-after: 3\r\n", NOW, 3},
      {"RETRY-AFTER:007\n", NOW, 7},
      {"Retry-After:  8 \t\r\n", NOW, 8},
      /* All three forms of an HTTP-date, RFC 9110 section 5.6.7. */
      {"Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n", NOW, 30},
      {"Retry-After: Sunday, 06-Nov-94 08:50:07 GMT\r\n", NOW, 30},
      {"Retry-After: Sun Nov  6 08:50:07 1994\r\n", NOW, 30},
      {"Retry-After: sun, 06 nov 1994 08:50:07 gmt\r\n", NOW, 30},
      {"Retry-After: sunday, 06-nov-94 08:50:07 gmt\r\n", NOW, 30},
      {"Retry-After: SUN NOV  6 08:50:07 1994\r\n", NOW, 30},
      /* Measured against the response's own clock, wherever it stands. */
      {DATE "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n", LATER, 30},
      {"Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n" DATE, LATER, 30},
      {"Retry-After: Sunday, 06-Nov-94 08:50:07 GMT\r\n" DATE, LATER, 30},
      {"Retry-After: Sun Nov  6 08:50:07 1994\r\n" DATE, LATER, 30},
      {DATE "Retry-After: 12\r\n", LATER, 12},
      {"Date: nonsense\r\nRetry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n", NOW,
       30},
      /* Over already. */
      {"Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", NOW, 0},
      {"Retry-After: Sun, 06 Nov 1994 08:49:07 GMT\r\n", NOW, 0},
      {DATE "Retry-After: Sat, 05 Nov 1994 08:49:37 GMT\r\n", LATER, 0},
      /* Malformed is as if absent. */
      {"Retry-After: -1\r\n", NOW, GCT_UNKNOWN},
      {"Retry-After: +1\r\n", NOW, GCT_UNKNOWN},
      {"Retry-After: 1.5\r\n", NOW, GCT_UNKNOWN},
      {"Retry-After: 1e3\r\n", NOW, GCT_UNKNOWN},
      {"Retry-After: 0x10\r\n", NOW, GCT_UNKNOWN},
      {"Retry-After: 1 2\r\n", NOW, GCT_UNKNOWN},
      {"Retry-After: 5s\r\n", NOW, GCT_UNKNOWN},
      {"Retry-After: soon\r\n", NOW, GCT_UNKNOWN},
      {"Retry-After:\r\n", NOW, GCT_UNKNOWN},
      {"Retry-After: 20241106\r\n", NOW, 20241106},
      {"Retry-After: 06 Nov 1994 08:50:07 GMT\r\n", NOW, GCT_UNKNOWN},
      {"Retry-After: {Sun, 06 Nov 1994 08:50:07 GMT\r\n", NOW, GCT_UNKNOWN},
      {"Retry-After: Sun, 06 Nov 1994 08:50:07 GMT, and then as much text as "
       "makes it longer than any date\r\n",
       NOW, GCT_UNKNOWN},
      /* libcurl knows more forms of a date; what begins with a letter is one
         or none by its judgement. */
      {DATE "Retry-After: Aug 06 08:50:07 1995\r\n", LATER, 23587230},
      {DATE "Retry-After: Z 06 Nov 1994 08:50:07\r\n", LATER, 30},
      {"X-Retry-After: 5\r\nRetry-Afters: 6\r\n", NOW, GCT_UNKNOWN},
      /* Too large to be a number of seconds: never a short wait. */
      {"Retry-After: 1999999999\r\n", NOW, 1999999999},
      {"Retry-After: 9999999999\r\n", NOW, 2e9},
      {"Retry-After: 99999999999\r\n", NOW, 2e9},
      {"Retry-After: 18446744073709551617\r\n", NOW, 2e9},
      {"Retry-After: 99999999999999999999999999999999999999999999\r\n", NOW,
       2e9},
      /* Where it is repeated, the longest counts. */
      {"Retry-After: 5\r\nRetry-After: 30\r\nretry-after: 7\r\n", NOW, 30},
      {"Retry-After: soon\r\nRetry-After: 5\r\nRetry-After: -9\r\n", NOW, 5},
      {DATE "Retry-After: 5\r\n"
            "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n",
       LATER, 30},
      {DATE "Retry-After: 50\r\n"
            "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n",
       LATER, 50},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    struct gct_response_facts facts;

    check_row = rows[i].block;
    gct_response_read(gct_slice_from_cstr(rows[i].block), rows[i].now, &facts);
    CHECK(facts.retry_after == rows[i].expected);
  }
  check_row = "";
}

static void test_rate_limits(void)
{
  static const struct {
    const char *block;
    long count, allowed, reset;
  } rows[] = {
      {"", GCT_UNKNOWN, GCT_UNKNOWN, GCT_UNKNOWN},
      {"inin-ratelimit-count: 12\r\ninin-ratelimit-allowed: 300\r\n"
       "inin-ratelimit-reset: 42\r\n",
       12, 300, 42},
      {"ININ-RateLimit-Count: 0\r\nInin-Ratelimit-Reset:1\r\n", 0, GCT_UNKNOWN,
       1},
      {"inin-ratelimit-count: many\r\ninin-ratelimit-allowed: -1\r\n"
       "inin-ratelimit-reset:\r\n",
       GCT_UNKNOWN, GCT_UNKNOWN, GCT_UNKNOWN},
      {"inin-ratelimit-allowed: 99999999999999999999\r\n", GCT_UNKNOWN,
       2000000000, GCT_UNKNOWN},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    struct gct_response_facts facts;

    check_row = rows[i].block;
    gct_response_read(gct_slice_from_cstr(rows[i].block), 0, &facts);
    CHECK(facts.rate_limit_count == rows[i].count);
    CHECK(facts.rate_limit_allowed == rows[i].allowed);
    CHECK(facts.rate_limit_reset == rows[i].reset);
  }
  check_row = "";
}

static void test_correlation_id(void)
{
  static const struct {
    const char *block;
    struct gct_slice expected;
  } rows[] = {
      {"", ABSENT},
      {"ININ-Correlation-Id: 5f3b-1\r\n", TEXT("5f3b-1")},
      {"inin-correlation-id:5f3b-1", TEXT("5f3b-1")},
      {"X-Correlation-Id: 5f3b-1\r\n", ABSENT},
      {"ININ-Correlation-Id: \r\n", ABSENT},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    struct gct_response_facts facts;

    check_row = rows[i].block;
    gct_response_read(gct_slice_from_cstr(rows[i].block), 0, &facts);
    CHECK_TEXT(facts.correlation_id, rows[i].expected);
  }
  check_row = "";
}

int main(void)
{
  test_retry_after();
  test_rate_limits();
  test_correlation_id();
  return check_report();
}
