/*
** Whether it was a proxy that said no.
*/
#ifndef GCT_PROXY_H
#define GCT_PROXY_H

#include "engine/transfer.h"

/* When a proxy refused what the transfer that ended with `code` asked of it,
   fills the outcome's error (kind proxy) and returns true. */
GCT_INTERNAL bool gct_proxy_refused(struct gct_transfer *transfer,
                                    CURLcode code);

#endif
