/*
** One libcurl multi handle with what it needs around it: the sockets that it
** watches, its timer, its share. Driven by curl_multi_socket_action, so that a
** step costs what is ready and not what is in flight.
**
** A multi handle is made for the first transfer, and anew after libcurl has
** failed or the process has forked.
*/
#ifndef GCT_MULTI_H
#define GCT_MULTI_H

#include <stdbool.h>
#include <sys/types.h>

#include <curl/curl.h>

#include "engine/idle_connections.h"
#include "engine/sockets.h"
#include "wire/error.h"

struct gct_multi {
  CURLM *handle;              /* owned; NULL: not open */
  CURLSH *share;              /* owned; TLS sessions */
  struct gct_sockets sockets; /* owned; open while there is a handle */
  struct gct_idle_connections idle_connections; /* of `handle` */
  size_t unsent;    /* transfers in it whose request was not sent yet */
  double timer_due; /* gct_now() at which libcurl wants to be called */
  pid_t owner;      /* the process that opened it */
};

/* Makes it closed; it stays where it is, as libcurl points at it. */
GCT_INTERNAL void gct_multi_init(struct gct_multi *multi);

/* Makes what is not there yet: handle, share, sockets. */
GCT_INTERNAL bool gct_multi_open(struct gct_multi *multi,
                                 size_t max_connections,
                                 struct gct_error *error);

/* Closes handle and sockets; the share stays. Idempotent. No easy handle may
   be in it. */
GCT_INTERNAL void gct_multi_close(struct gct_multi *multi);

/* Closes it and frees the share; idempotent. No easy handle may use that. */
GCT_INTERNAL void gct_multi_release(struct gct_multi *multi);

/*
** Whether it is open and another process opened it. Then it is closed, and
** handle and share are leaked on purpose: cleanup in the child would send
** close_notify and GOAWAY on the parent's sockets.
*/
GCT_INTERNAL bool gct_multi_detect_fork(struct gct_multi *multi);

/* The functions below let libcurl work. False: it has failed for good (in
   practice: out of memory), and the multi handle must be closed. */

/* What is due by the timer. `now` is gct_now(). */
GCT_INTERNAL bool gct_multi_serve_timer(struct gct_multi *multi, double now);

/*
** What sockets are ready for, after a wait of up to `milliseconds` for the
** first. Serves about `limit` sockets, so that servers that send without a
** pause do not hold up the caller. Sets `broken` when one of the sockets has
** an error or a hang-up, and else leaves it alone.
*/
GCT_INTERNAL bool gct_multi_serve_sockets(struct gct_multi *multi,
                                          int milliseconds, int limit,
                                          bool *broken);

/* Every transfer, whether its socket is ready or not. */
GCT_INTERNAL bool gct_multi_serve_all(struct gct_multi *multi);

#endif
