/*
** How one attempt ended: all that its result, error and response tables are
** made from. Borrowed pointers; the holder of the bytes outlives it.
*/
#ifndef GCT_OUTCOME_H
#define GCT_OUTCOME_H

#include "wire/failure.h"
#include "wire/operations.h"

enum { GCT_MAX_SECRETS = 2 };

struct gct_outcome {
  const struct gct_operation *operation;
  const char *url;            /* what was asked, or NULL; may be long */
  struct gct_failure failure; /* kind none: a reply arrived */
  long status;                /* HTTP status, 0 when none arrived */
  struct gct_text headers;    /* the reply's header block */
  struct gct_text body;       /* decoded; cut at the size cap */
  /* What must not be shown, should the reply repeat it; or absent. */
  struct gct_text secrets[GCT_MAX_SECRETS];
  long sent;      /* how often the request was put on a connection */
  double elapsed; /* seconds */
};

#endif
