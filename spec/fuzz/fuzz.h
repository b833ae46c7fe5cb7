/*
** For the fuzz targets. A target takes bytes and checks what must be true of
** whatever the library makes of them; a check that fails ends the process,
** and libFuzzer keeps the bytes.
**
** Where a target wants several texts they are one behind the other, with a
** line "--" in between. A text can hold any byte, so that seeds can be
** written by hand.
*/
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_LENGTH(array) (sizeof(array) / sizeof(*(array)))

#define EXPECT(expression)                                                    \
  ((expression) ? (void)0 : fuzz_fail(#expression, __FILE__, __LINE__))

static inline void fuzz_fail(const char *expression, const char *file,
                             int line)
{
  fprintf(stderr, "%s:%d: not true: %s\n", file, line, expression);
  abort();
}

static inline struct gct_slice fuzz_input(const uint8_t *data, size_t size)
{
  struct gct_slice input = {(const char *)data, size};

  if (!data)
    input.data = "";
  return input;
}

/* The first place where `part` stands in the text, or NULL. */
static inline const char *fuzz_find(struct gct_slice text,
                                    struct gct_slice part)
{
  size_t i;

  for (i = 0; i + part.length <= text.length; i++) {
    if (memcmp(text.data + i, part.data, part.length) == 0)
      return text.data + i;
  }
  return NULL;
}

/* Takes the next text off the front; absent when there is none left. */
static inline struct gct_slice fuzz_next(struct gct_slice *rest)
{
  static const struct gct_slice separator = {"\n--\n", 4};
  struct gct_slice text = *rest;
  const char *end = fuzz_find(*rest, separator);

  if (end) {
    text.length = (size_t)(end - text.data);
    rest->data = end + separator.length;
    rest->length -= text.length + separator.length;
  } else {
    *rest = gct_slice_from_cstr(NULL);
  }
  return text;
}

static inline bool fuzz_same(struct gct_slice a, struct gct_slice b)
{
  return a.length == b.length &&
         (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* Neither NUL nor an end of line: what would end a header, or begin one. */
static inline bool fuzz_is_one_line(struct gct_slice text)
{
  size_t i;

  for (i = 0; i < text.length; i++) {
    if (text.data[i] == '\0' || text.data[i] == '\r' || text.data[i] == '\n')
      return false;
  }
  return true;
}

#endif
