/*
** Many transfers on one libcurl multi handle. Knows nothing of Lua. One
** thread at a time; different engines may run in different threads.
**
** A transfer is in exactly one list: `idle` (ready for reuse), `queued` (the
** multi handle has as many as it should), `active` (in the multi handle) or
** `finished` (its outcome waits to be taken).
*/
#ifndef GCT_ENGINE_H
#define GCT_ENGINE_H

#include "engine/list.h"
#include "engine/multi.h"
#include "engine/options.h"
#include "engine/stats.h"
#include "engine/transfer.h"
#include "engine/transfer_table.h"

struct gct_engine {
  struct gct_options options; /* owned */
  struct gct_multi multi;     /* owned; open from the first call on */
  struct gct_list idle;       /* of transfers, as are the other three */
  struct gct_list queued;     /* oldest first; empty while `active` has room */
  struct gct_list active;
  struct gct_list finished;            /* oldest first */
  struct gct_transfer_table transfers; /* owned; all that there are */
  double poll_connecting_due; /* gct_now() at which all are looked at */
  double next_deadline;       /* no active transfer is due before; gct_now() */
  int in_flight;              /* lengths of `active` and `queued` */
  struct gct_stats stats;
};

/* Cannot fail, and gct_engine_release may be called from here on. The engine
   stays where it is: libcurl and the transfers point at it. The options are
   filled in afterwards, by its owner. */
GCT_INTERNAL void gct_engine_init(struct gct_engine *engine);

/*
** To be called before the functions below whenever the process may have
** forked since. In a process other than the one that made the connections
** they are left alone, with the calls on them, and the next call makes new
** ones: sharing a TLS connection between processes would garble it.
*/
GCT_INTERNAL void gct_engine_detect_fork(struct gct_engine *engine);

/* Starts a call and returns at once; `*id` names it. */
GCT_INTERNAL bool gct_engine_start(struct gct_engine *engine,
                                   const struct gct_call *call,
                                   const struct gct_timeouts *timeouts,
                                   double *id, struct gct_error *error);

/* Does what can be done now; when nothing is finished then, waits up to
   `wait` seconds for the network and tries once more. 0 never blocks. Serves
   about `limit` sockets, so that the caller is not held up for long; 0 sets
   no limit but the number of calls. */
GCT_INTERNAL void gct_engine_step(struct gct_engine *engine, double wait,
                                  int limit);

/* Seconds until gct_engine_step has something to do though no socket is ready;
   0: at once, negative: there is no call. */
GCT_INTERNAL double gct_engine_timeout(const struct gct_engine *engine);

/* The active or finished transfer of that id, or NULL. Takes the same time
   however many there are. */
GCT_INTERNAL struct gct_transfer *gct_engine_find(struct gct_engine *engine,
                                                  double id);
GCT_INTERNAL bool gct_engine_is_finished(const struct gct_engine *engine,
                                         const struct gct_transfer *transfer);

/* Takes a transfer back, whether finished (its outcome has been used) or
   active (the call is given up; its connection is closed). */
GCT_INTERNAL void gct_engine_recycle(struct gct_engine *engine,
                                     struct gct_transfer *transfer);

/* Frees everything; idempotent. */
GCT_INTERNAL void gct_engine_release(struct gct_engine *engine);

#endif
