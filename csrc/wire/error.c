/*
** Errors: the names of their kinds, which are worth a retry, and messages.
*/
#include "wire/error.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const kind_names[] = {
    "none",  "argument", "transport", "timeout", "tls",
    "proxy", "api",      "protocol",  "closed",
};

const char *gct_kind_name(enum gct_kind kind)
{
  return kind_names[kind];
}

bool gct_is_retryable_status(long status)
{
  return status == 408 || status == 429 || status == 502 || status == 503 ||
         status == 504;
}

static void set(struct gct_error *error, enum gct_kind kind,
                const char *option, const char *format, va_list arguments)
    GCT_PRINTF(4, 0);

static void set(struct gct_error *error, enum gct_kind kind,
                const char *option, const char *format, va_list arguments)
{
  char *byte;

  error->kind = kind;
  error->retryable = kind == GCT_KIND_TRANSPORT || kind == GCT_KIND_TIMEOUT;
  error->proxy_status = 0;
  error->cause = NULL;
  error->option = option;
  /* coverage: it fails for no such format */
  if (vsnprintf(error->message, sizeof(error->message), format, arguments) < 0)
    error->message[0] = '\0';
  for (byte = error->message; *byte; byte++) {
    /* A message may quote bytes of the network: it stays on one line. */
    if (gct_is_control(*byte))
      *byte = ' ';
  }
}

bool gct_error_set(struct gct_error *error, enum gct_kind kind,
                   const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  set(error, kind, NULL, format, arguments);
  va_end(arguments);
  return false;
}

bool gct_argument_error(struct gct_error *error, const char *option,
                        const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  set(error, GCT_KIND_ARGUMENT, option, format, arguments);
  va_end(arguments);
  return false;
}
