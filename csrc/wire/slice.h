/*
** A borrowed run of bytes: not owned, not NUL-terminated. `data == NULL`
** means "absent", which is different from empty.
*/
#ifndef GCT_SLICE_H
#define GCT_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "wire/visibility.h"

struct gct_slice {
  const char *data;
  size_t length; /* bytes */
};

/* The slice of a NUL-terminated string; NULL gives the absent one. */
GCT_INTERNAL struct gct_slice gct_slice_from_cstr(const char *string);

/* ASCII only: those of the C library depend on the locale. Inline, as they run
   on every byte of a response. */
static inline char gct_lower(char byte)
{
  return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

static inline char gct_upper(char byte)
{
  return byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
}

static inline bool gct_is_alphanumeric(char byte)
{
  char lower = gct_lower(byte);

  return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9');
}

static inline bool gct_is_control(char byte)
{
  unsigned char value = (unsigned char)byte;

  return value < 0x20 || value == 0x7f;
}

/* Whether the first bytes are the same but for the case of ASCII letters. */
GCT_INTERNAL bool gct_same_any_case(const char *a, const char *b,
                                    size_t length);

/* Comparison with a literal, whose length the compiler knows: most slices
   differ in that. The second ignores the case of ASCII letters only, whatever
   the locale. An absent slice equals nothing. */
static inline bool gct_slice_is(struct gct_slice text, const char *literal)
{
  return text.data && text.length == strlen(literal) &&
         memcmp(text.data, literal, text.length) == 0;
}

static inline bool gct_slice_is_any_case(struct gct_slice text,
                                         const char *literal)
{
  return text.data && text.length == strlen(literal) &&
         gct_same_any_case(text.data, literal, text.length);
}

/* Without leading and trailing spaces, tabs, CR and LF. */
GCT_INTERNAL struct gct_slice gct_slice_trim(struct gct_slice text);

#endif
