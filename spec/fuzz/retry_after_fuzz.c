/*
** Retry-After. Input: a value; besides, its first bytes say when and in which
** of the three forms (RFC 9110 section 5.6.7) a date is written, which must
** be read as the very same time.
*/
#include "fuzz.h"

#include <time.h>

#include "wire/response.h"

enum {
  LONGEST = 2000000000,
  YEAR_1972 = 63072000 /* from here to 2026 two digits say a year */
};

static double read_block(struct gct_slice block, time_t now)
{
  struct gct_response_facts facts;

  gct_response_read(block, now, &facts);
  EXPECT(facts.retry_after == GCT_UNKNOWN || facts.retry_after >= 0);
  return facts.retry_after;
}

static bool is_digits(struct gct_slice text)
{
  size_t i;

  for (i = 0; i < text.length; i++) {
    if (text.data[i] < '0' || text.data[i] > '9')
      return false;
  }
  return text.length > 0;
}

/* Seconds are read as they stand, however many; a sign, a fraction or a unit
   makes it no number. */
static void check_value(struct gct_slice value)
{
  char line[300];
  struct gct_slice block = {line, 0};
  struct gct_slice trimmed;
  double wait;

  if (value.length > 200)
    value.length = 200;
  if (!fuzz_is_one_line(value))
    return;
  block.length = (size_t)snprintf(line, sizeof(line), "Retry-After: %.*s\r\n",
                                  (int)value.length, value.data);
  wait = read_block(block, 0);
  trimmed = gct_slice_trim(value);
  if (is_digits(trimmed)) {
    char digits[201] = "";
    double expected;

    memcpy(digits, trimmed.data, trimmed.length);
    expected = strtod(digits, NULL);
    EXPECT(wait == (expected < LONGEST ? expected : LONGEST));
  } else if (trimmed.length > 0 && !gct_is_alphanumeric(trimmed.data[0])) {
    EXPECT(wait == GCT_UNKNOWN);
  }
}

static void write_date(char *text, size_t size, time_t instant, unsigned form)
{
  static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT",
                                      "%A, %d-%b-%y %H:%M:%S GMT",
                                      "%a %b %e %H:%M:%S %Y"};
  struct tm parts;

  gmtime_r(&instant, &parts);
  EXPECT(strftime(text, size, forms[form % 3], &parts) > 0);
}

/* The server's clock, and it alone, says how long that is. */
static void check_dates(const uint8_t *data)
{
  char now[64], later[64], block[200];
  time_t date =
      YEAR_1972 + (time_t)((data[0] << 16 | data[1] << 8 | data[2]) * 100);
  long wait = (data[3] << 8 | data[4]) - 1000;
  int length;

  write_date(now, sizeof(now), date, data[5]);
  write_date(later, sizeof(later), date + wait, data[6]);
  length = snprintf(block, sizeof(block), "Date: %s\r\nRetry-After: %s\r\n",
                    now, later);
  EXPECT(read_block((struct gct_slice){block, (size_t)length}, data[7]) ==
         (wait > 0 ? wait : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  check_value(fuzz_input(data, size));
  if (size >= 8)
    check_dates(data);
  return 0;
}
