/*
** How a transfer ended.
*/
#ifndef GCT_TRANSFER_DONE_H
#define GCT_TRANSFER_DONE_H

#include "engine/transfer.h"

/* Fills the outcome of a transfer that libcurl has ended with `code`. Asks the
   easy handle, so it comes before that leaves the multi handle. */
GCT_INTERNAL void gct_transfer_conclude(struct gct_transfer *transfer,
                                        CURLcode code);

#endif
