/*
** Failures as data: kinds, their names, and which of them are worth a retry.
*/
#include "wire/failure.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const kind_names[] = {
    "none", "argument", "transport", "timeout",
    "tls",  "api",      "protocol",  "closed",
};

const char *gct_kind_name(enum gct_kind kind)
{
  return kind_names[kind];
}

bool gct_is_retryable(enum gct_kind kind, long status)
{
  switch (kind) {
  case GCT_KIND_TRANSPORT:
  case GCT_KIND_TIMEOUT:
    return true;
  case GCT_KIND_API:
    return status == 408 || status == 429 || status == 502 || status == 503 ||
           status == 504;
  default:
    return false;
  }
}

bool gct_fail(struct gct_failure *failure, enum gct_kind kind,
              const char *format, ...)
{
  va_list arguments;
  char *byte;

  failure->kind = kind;
  failure->cause = NULL;
  va_start(arguments, format);
  if (vsnprintf(failure->reason, sizeof(failure->reason), format, arguments) <
      0)
    failure->reason[0] = '\0';
  va_end(arguments);
  for (byte = failure->reason; *byte; byte++) {
    /* A reason may quote what the network said: keep it on one line. */
    if (gct_is_control(*byte))
      *byte = ' ';
  }
  return false;
}
