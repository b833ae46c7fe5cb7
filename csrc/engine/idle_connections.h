/*
** Connections that libcurl keeps for later requests and that have gone wrong
** meanwhile, in ways that libcurl does not look for: bytes that nobody has
** asked for, and silence. (For such bytes it looks from 8.0 on, but from 8.22
** on only when the connection was last used more than a second ago.)
*/
#ifndef GCT_IDLE_CONNECTIONS_H
#define GCT_IDLE_CONNECTIONS_H

#include <stdbool.h>

#include "wire/visibility.h"

enum { GCT_IDLE_CONNECTION_SLOTS = 1024 };

/* The sockets that speak HTTP/1, where nothing may come before it is asked
   for, by their local port: when a request is about to be sent, libcurl tells
   no more. A socket may be forgotten for another; then it is not looked at.
   All zeros: none is known. */
struct gct_idle_connections {
  struct {
    int socket;
    int port; /* 0: nothing is in this slot */
  } slots[GCT_IDLE_CONNECTION_SLOTS];
};

GCT_INTERNAL void
gct_idle_connections_add(struct gct_idle_connections *connections, int socket,
                         int port);

/* Whether the socket with that local port is known. */
GCT_INTERNAL bool
gct_idle_connections_has(const struct gct_idle_connections *connections,
                         int port);

/* To be called before the socket is closed. */
GCT_INTERNAL void
gct_idle_connections_remove(struct gct_idle_connections *connections,
                            int socket);

/* Whether bytes have come in on the socket with that local port. Before a
   request is sent that is a response to another, or the end of the connection.
 */
GCT_INTERNAL bool gct_idle_connections_has_unsolicited_data(
    const struct gct_idle_connections *connections, int port);

/* Whether nothing has come in on the socket for so many seconds. False where
   the system does not tell. */
GCT_INTERNAL bool gct_is_silent(int socket, double seconds);

#endif
