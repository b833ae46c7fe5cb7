/*
** An error, in a fixed struct: filling it allocates nothing, so it can be
** filled anywhere, libcurl callbacks included.
*/
#ifndef GCT_ERROR_H
#define GCT_ERROR_H

#include <stdbool.h>

#include "wire/slice.h"

/* The error kinds of the public contract that C code can meet; `auth` is
   the Lua layer's. */
enum gct_kind {
  GCT_KIND_NONE, /* no error */
  GCT_KIND_ARGUMENT,
  GCT_KIND_TRANSPORT,
  GCT_KIND_TIMEOUT,
  GCT_KIND_TLS,
  GCT_KIND_PROXY,
  GCT_KIND_API,
  GCT_KIND_PROTOCOL,
  GCT_KIND_CLOSED
};

struct gct_error {
  enum gct_kind kind;
  bool retryable;     /* another try may succeed; for GCT_KIND_API it is
                         gct_is_retryable_status */
  long proxy_status;  /* of a proxy's response to CONNECT, or 0 */
  const char *cause;  /* libcurl's name for it, static, or NULL */
  const char *option; /* the argument or option at fault, static, or NULL */
  char message[512];  /* one printable line; never a token or a header */
};

/* "argument", "transport", ... */
GCT_INTERNAL const char *gct_kind_name(enum gct_kind kind);

/* Whether the same request may succeed the next time. */
GCT_INTERNAL bool gct_is_retryable_status(long status);

#if defined(__GNUC__)
#define GCT_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define GCT_PRINTF(text, first)
#endif

/* Fills `error` and returns false, so that a check can end with
   `return gct_error_set(...)`. Retryable are GCT_KIND_TRANSPORT and
   GCT_KIND_TIMEOUT. The message is cut to fit. */
GCT_INTERNAL bool gct_error_set(struct gct_error *error, enum gct_kind kind,
                                const char *format, ...) GCT_PRINTF(3, 4);

/* The same for a value that must not be sent: GCT_KIND_ARGUMENT, and `option`,
   a static string, names the argument. */
GCT_INTERNAL bool gct_argument_error(struct gct_error *error,
                                     const char *option, const char *format,
                                     ...) GCT_PRINTF(3, 4);

#endif
