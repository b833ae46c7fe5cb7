/*
** Why something did not work, in a fixed struct: filling it allocates
** nothing, so it can be filled anywhere, libcurl callbacks included.
*/
#ifndef GCT_FAILURE_H
#define GCT_FAILURE_H

#include <stdbool.h>

#include "wire/text.h"

/* The error kinds of the public contract that C code can meet; `auth` is
   the Lua layer's. */
enum gct_kind {
  GCT_KIND_NONE, /* no failure */
  GCT_KIND_ARGUMENT,
  GCT_KIND_TRANSPORT,
  GCT_KIND_TIMEOUT,
  GCT_KIND_TLS,
  GCT_KIND_API,
  GCT_KIND_PROTOCOL,
  GCT_KIND_CLOSED
};

struct gct_failure {
  enum gct_kind kind;
  const char *cause; /* libcurl's name for it, static, or NULL */
  char reason[400];  /* one printable line; never a token or a header */
};

/* "argument", "transport", ... */
GCT_INTERNAL const char *gct_kind_name(enum gct_kind kind);

/* Whether another try may succeed: transport and time-outs always, an answer
   only with status 408, 429, 502, 503 or 504. */
GCT_INTERNAL bool gct_is_retryable(enum gct_kind kind, long status);

/* Fills `failure` and returns false, so that a check can end with
   `return gct_fail(...)`. The reason is cut to fit. */
GCT_INTERNAL bool gct_fail(struct gct_failure *failure, enum gct_kind kind,
                           const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#endif
