/*
** An engine's multi handle: made for the first call, and anew after libcurl
** has failed or the process has forked.
*/
#ifndef GCT_MULTI_H
#define GCT_MULTI_H

#include "engine/engine.h"

/* Makes what is not there yet: multi handle, share, sockets. */
GCT_INTERNAL bool gct_multi_open(struct gct_engine *engine,
                                 struct gct_error *error);

/* Closes multi handle and sockets; the share stays. Idempotent. No transfer
   may be in it. */
GCT_INTERNAL void gct_multi_close(struct gct_engine *engine);

#endif
