/*
** A borrowed run of bytes: not owned, not NUL-terminated. `data == NULL`
** means "absent", which is different from empty.
*/
#ifndef GCT_TEXT_H
#define GCT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/visibility.h"

struct gct_text {
  const char *data;
  size_t length; /* bytes */
};

/* The text of a NUL-terminated string; NULL gives the absent text. */
GCT_INTERNAL struct gct_text gct_text_of(const char *string);

/* Byte-wise comparison with a literal; the second ignores the case of ASCII
   letters only, whatever the locale. An absent text equals nothing. */
GCT_INTERNAL bool gct_text_is(struct gct_text text, const char *literal);
GCT_INTERNAL bool gct_text_is_any_case(struct gct_text text,
                                       const char *literal);

/* Without leading and trailing spaces, tabs, CR and LF. */
GCT_INTERNAL struct gct_text gct_text_trim(struct gct_text text);

/* The first place where `part` stands in data[0..length), or NULL. */
GCT_INTERNAL const char *gct_find(const char *data, size_t length,
                                  struct gct_text part);

/* Overwrites every occurrence of `secret` in data[0..length) with '*', so
   that a server that echoes a credential cannot put it into an error. */
GCT_INTERNAL void gct_mask(char *data, size_t length, struct gct_text secret);

/* Whether `secret` stands in the text, each byte as it is or as an escape of
   JSON (RFC 8259 section 7; those of bytes beyond ASCII left out). */
GCT_INTERNAL bool gct_spells(struct gct_text text, struct gct_text secret);

/* ASCII only: the C library's own depend on the locale. */
GCT_INTERNAL char gct_lower(char byte);
GCT_INTERNAL bool gct_is_alphanumeric(char byte);
GCT_INTERNAL bool gct_is_control(char byte);

#endif
