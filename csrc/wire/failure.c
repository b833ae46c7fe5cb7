/*
** Failures as data: kinds, their names, and which of them are worth a retry.
*/
#include "wire/failure.h"

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

static void set(struct gct_failure *failure, enum gct_kind kind,
                const char *option, const char *format, va_list arguments)
    GCT_PRINTF(4, 0);

static void set(struct gct_failure *failure, enum gct_kind kind,
                const char *option, const char *format, va_list arguments)
{
  char *byte;

  failure->kind = kind;
  failure->retryable = kind == GCT_KIND_TRANSPORT || kind == GCT_KIND_TIMEOUT;
  failure->proxy_status = 0;
  failure->cause = NULL;
  failure->option = option;
  if (vsnprintf(failure->reason, sizeof(failure->reason), format, arguments) <
      0)
    failure->reason[0] = '\0';
  for (byte = failure->reason; *byte; byte++) {
    /* A reason may quote what the network said: keep it on one line. */
    if (gct_is_control(*byte))
      *byte = ' ';
  }
}

bool gct_fail(struct gct_failure *failure, enum gct_kind kind,
              const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  set(failure, kind, NULL, format, arguments);
  va_end(arguments);
  return false;
}

bool gct_refuse(struct gct_failure *failure, const char *option,
                const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  set(failure, GCT_KIND_ARGUMENT, option, format, arguments);
  va_end(arguments);
  return false;
}
