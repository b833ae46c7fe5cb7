/*
** Readying a transfer's easy handle for a request.
*/
#ifndef GCT_TRANSFER_SETUP_H
#define GCT_TRANSFER_SETUP_H

#include "engine/transfer.h"

/* Builds the request of `call` and sets the easy handle's options. Nothing of
   the call is needed afterwards. On false the transfer can be prepared
   again. */
GCT_INTERNAL bool gct_transfer_prepare(struct gct_transfer *transfer,
                                       const struct gct_call *call,
                                       const struct gct_timeouts *timeouts,
                                       struct gct_error *error);

/* Readies a transfer once more whose `stop` is
   GCT_STOPPED_BY_UNSOLICITED_DATA. It must be out of the multi handle: libcurl
   has closed the connection that it was given, and will find another. */
GCT_INTERNAL void gct_transfer_restart(struct gct_transfer *transfer);

#endif
