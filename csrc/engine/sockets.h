/*
** The sockets that an engine waits for: on Linux in an epoll descriptor, so
** that a wait costs what is ready and not what is watched; elsewhere, or with
** GCT_USE_POLL, in an array for poll(2). Knows nothing of libcurl.
*/
#ifndef GCT_SOCKETS_H
#define GCT_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/visibility.h"

#if defined(__linux__) && !defined(GCT_USE_POLL)
#define GCT_USE_EPOLL
#endif

/* What a socket is watched for, and what it is ready for. */
enum { GCT_READABLE = 1, GCT_WRITABLE = 2 };

enum { GCT_MAX_READY = 64 }; /* sockets that one wait reports */

struct gct_ready {
  int socket;
  int events; /* 0: an error or a hang-up; using it says which */
};

struct gct_sockets {
#ifdef GCT_USE_EPOLL
  int epoll; /* owned; -1 when closed */
#else
  struct pollfd *watched; /* owned */
  size_t count;           /* used of `watched` */
  size_t size;            /* allocated */
  size_t next;            /* where a wait begins to look */
#endif
};

/* Makes it a closed set, which may be closed again. */
GCT_INTERNAL void gct_sockets_init(struct gct_sockets *sockets);

/* Opens a closed set, with nothing in it. False: no descriptor or memory. */
GCT_INTERNAL bool gct_sockets_open(struct gct_sockets *sockets);

/* Watches the socket for these events and no others; 0 removes it, which
   cannot fail, and must come before it is closed. False: out of memory or of
   what the system allows. */
GCT_INTERNAL bool gct_sockets_watch(struct gct_sockets *sockets, int socket,
                                    int events);

/* Waits until a socket is ready, a signal comes or the time is over; 0 never
   blocks. Returns how many of `ready` were filled, or -1 when the system
   refuses to wait. When all were, the next wait may report more. */
GCT_INTERNAL int gct_sockets_wait(struct gct_sockets *sockets,
                                  int milliseconds,
                                  struct gct_ready ready[GCT_MAX_READY]);

/* A descriptor that is readable while a socket is ready, for the loop of
   another library; -1 without epoll, or when closed. Still owned by the
   set. */
GCT_INTERNAL int gct_sockets_descriptor(const struct gct_sockets *sockets);

/* Idempotent, and leaves the sockets alone. In a child process it closes only
   the child's own copy: the parent's set, which epoll_ctl would change from
   here, stays as it is. */
GCT_INTERNAL void gct_sockets_close(struct gct_sockets *sockets);

#endif
