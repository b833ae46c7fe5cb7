/*
** What each libcurl result means in the library's own error kinds.
*/
#ifndef GCT_CAUSES_H
#define GCT_CAUSES_H

#include "wire/failure.h"

struct gct_cause {
  int code;         /* a CURLcode */
  const char *name; /* its name without "CURLE_", the public `err.cause` */
  enum gct_kind kind;
  bool retryable;
};

/* Never NULL: an unknown code is a transport failure named "UNKNOWN". */
GCT_INTERNAL const struct gct_cause *gct_cause_of(int code);

#endif
