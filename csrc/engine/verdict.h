/*
** What libcurl says of a transfer that failed, in the words of one version.
*/
#ifndef GCT_VERDICT_H
#define GCT_VERDICT_H

#include "engine/transfer.h"

struct gct_verdict {
  int code;          /* a CURLcode, perhaps of a later libcurl */
  const char *words; /* static, or the transfer's */
};

/* `code` is what libcurl ended the transfer with; not CURLE_OK. */
GCT_INTERNAL struct gct_verdict
gct_verdict_of(const struct gct_transfer *transfer, CURLcode code);

#endif
