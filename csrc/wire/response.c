/*
** Retry-After, correlation id and rate limit, read from response headers.
*/
#include "wire/response.h"

#include <curl/curl.h>

#include "wire/fields.h"

/* A number of ASCII digits only, or GCT_UNKNOWN. What would not fit becomes
   the largest number: a huge wait must not turn into a short one. */
static long read_digits(struct gct_slice text)
{
  enum { LARGEST = 2000000000 };
  long number = 0;
  size_t i;

  if (text.length == 0)
    return GCT_UNKNOWN;
  for (i = 0; i < text.length; i++) {
    if (text.data[i] < '0' || text.data[i] > '9')
      return GCT_UNKNOWN;
    number =
        number >= LARGEST / 10 ? LARGEST : number * 10 + (text.data[i] - '0');
  }
  return number;
}

/* An HTTP-date in any of its three forms (RFC 9110 section 5.6.7), each of
   which begins with the name of a day; -1 for anything else. */
static time_t read_date(struct gct_slice text)
{
  char copy[64]; /* the longest form has 33 bytes */
  size_t i;

  if (text.length < 3 || text.length >= sizeof(copy) ||
      gct_lower(text.data[0]) < 'a' || gct_lower(text.data[0]) > 'z')
    return -1;
  /* libcurl 8.23 knows time zones in capitals only. */
  for (i = 0; i < text.length; i++)
    copy[i] = gct_upper(text.data[i]);
  copy[text.length] = '\0';
  return curl_getdate(copy, NULL);
}

/* By the first Date of the response, or by the local clock. */
static time_t server_time(struct gct_slice headers, time_t local)
{
  struct gct_slice name, value;
  time_t date = -1;
  bool found = false;

  while (!found && gct_fields_next(&headers, &name, &value)) {
    found = gct_slice_is_any_case(name, "Date");
    if (found)
      date = read_date(value);
  }
  return date == -1 ? local : date;
}

void gct_response_read(struct gct_slice headers, time_t now,
                       struct gct_response_facts *facts)
{
  struct gct_slice block = headers;
  struct gct_slice name, value;
  time_t latest = -1; /* of the dates in Retry-After */

  facts->retry_after = GCT_UNKNOWN;
  facts->correlation_id = gct_slice_from_cstr(NULL);
  facts->rate_limit_count = GCT_UNKNOWN;
  facts->rate_limit_allowed = GCT_UNKNOWN;
  facts->rate_limit_reset = GCT_UNKNOWN;
  while (gct_fields_next(&block, &name, &value)) {
    char first = gct_lower(name.data[0]);

    /* Skips nearly all headers of a response. */
    if (first != 'i' && first != 'r')
      continue;
    if (gct_slice_is_any_case(name, "ININ-Correlation-Id") &&
        value.length > 0) {
      facts->correlation_id = value;
    } else if (gct_slice_is_any_case(name, "inin-ratelimit-count")) {
      facts->rate_limit_count = read_digits(value);
    } else if (gct_slice_is_any_case(name, "inin-ratelimit-allowed")) {
      facts->rate_limit_allowed = read_digits(value);
    } else if (gct_slice_is_any_case(name, "inin-ratelimit-reset")) {
      facts->rate_limit_reset = read_digits(value);
    } else if (gct_slice_is_any_case(name, "Retry-After")) {
      long seconds = read_digits(value);
      time_t date = seconds == GCT_UNKNOWN ? read_date(value) : -1;

      if ((double)seconds > facts->retry_after)
        facts->retry_after = (double)seconds;
      if (date > latest)
        latest = date;
    }
  }
  /* Date is searched once, and only if Retry-After is a date. */
  if (latest != -1) {
    double wait = difftime(latest, server_time(headers, now));

    if (wait < 0)
      wait = 0;
    if (wait > facts->retry_after)
      facts->retry_after = wait;
  }
}
