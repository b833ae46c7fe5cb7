/*
** Transfers that a proxy refused.
*/
#ifndef GCT_PROXY_H
#define GCT_PROXY_H

#include "engine/transfer.h"

/* When the transfer ended with `code` because a proxy refused it, fills the
   outcome's error (kind proxy) and returns true. */
GCT_INTERNAL bool gct_proxy_refused(struct gct_transfer *transfer,
                                    CURLcode code);

#endif
