/*
** Connections that libcurl keeps for later requests and that have gone wrong
** meanwhile, in ways that libcurl does not look for: bytes that nobody has
** asked for, and silence. (For such bytes it looks from 8.0 on, but from 8.22
** on only when the connection was last used more than a second ago.)
*/
#ifndef GCT_KEPT_H
#define GCT_KEPT_H

#include <stdbool.h>

#include "wire/visibility.h"

enum { GCT_KEPT_SLOTS = 1024 };

/* The sockets that speak HTTP/1, where nothing may come before it is asked
   for, by their local port: when a request is about to be sent, libcurl tells
   no more. A socket may be forgotten for another; then it is not looked at.
   All zeros: none is known. */
struct gct_kept {
  struct {
    int socket;
    int port; /* 0: nothing is in this slot */
  } slots[GCT_KEPT_SLOTS];
};

GCT_INTERNAL void gct_kept_add(struct gct_kept *kept, int socket, int port);

/* Whether the socket with that local port is known. */
GCT_INTERNAL bool gct_kept_has(const struct gct_kept *kept, int port);

/* To be called before the socket is closed. */
GCT_INTERNAL void gct_kept_remove(struct gct_kept *kept, int socket);

/* Whether bytes have come in on the socket with that local port. Before a
   request is sent that is a reply to another, or the end of the connection. */
GCT_INTERNAL bool gct_kept_has_stray(const struct gct_kept *kept, int port);

/* Whether nothing has come in on the socket for so many seconds. False where
   the system does not tell. */
GCT_INTERNAL bool gct_is_silent(int socket, double seconds);

#endif
