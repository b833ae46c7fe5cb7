/*
** Checks for the unit tests. One that fails says where and what, and the test
** goes on; check_report gives the exit status.
*/
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "wire/slice.h"

/* A struct gct_slice from a string literal, which may hold NUL bytes. */
#define TEXT(literal)                                                         \
  {                                                                           \
    (literal), sizeof(literal) - 1                                            \
  }
#define ABSENT                                                                \
  {                                                                           \
    NULL, 0                                                                   \
  }

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static int checks_passed;
static int checks_failed;
static const char *check_row = ""; /* the row of a table that is at work */

static inline void check_that(bool ok, const char *expression,
                              const char *file, int line)
{
  if (ok) {
    checks_passed++;
  } else {
    checks_failed++;
    printf("%s:%d: failed: %s%s%s\n", file, line, expression,
           *check_row ? " in the row " : "", check_row);
  }
}

static inline void check_text(struct gct_slice text, struct gct_slice expected,
                              const char *expression, const char *file,
                              int line)
{
  bool same =
      text.length == expected.length && !text.data == !expected.data &&
      (text.length == 0 || memcmp(text.data, expected.data, text.length) == 0);

  check_that(same, expression, file, line);
  if (!same)
    printf("  expected \"%.*s\", not \"%.*s\"\n", (int)expected.length,
           expected.data ? expected.data : "", (int)text.length,
           text.data ? text.data : "");
}

#define CHECK(expression)                                                     \
  check_that((expression), #expression, __FILE__, __LINE__)

/* That the text holds these very bytes; absent and empty differ. */
#define CHECK_TEXT(text, expected)                                            \
  check_text((text), (expected), #text, __FILE__, __LINE__)

/* The same for NUL-terminated strings. */
#define CHECK_STRING(string, expected)                                        \
  check_text(gct_slice_from_cstr(string), gct_slice_from_cstr(expected),      \
             #string, __FILE__, __LINE__)

/* Non-zero when a check failed, for main to return. */
static inline int check_report(void)
{
  printf("%d checks passed, %d failed\n", checks_passed, checks_failed);
  return checks_failed > 0;
}

#endif
