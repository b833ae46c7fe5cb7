/*
** Idle connections of libcurl's pool that have gone bad in ways that libcurl
** does not check: unsolicited data, and silence. (For unsolicited data libcurl
** checks from 8.0 on, but from 8.22 on only when the connection was last used
** more than a second ago.)
*/
#ifndef GCT_IDLE_CONNECTIONS_H
#define GCT_IDLE_CONNECTIONS_H

#include <stdbool.h>

#include "wire/visibility.h"

enum { GCT_IDLE_CONNECTION_SLOTS = 1024 };

/* The sockets of HTTP/1 connections, where a response before its request is
   unsolicited. They are found by their local port, as libcurl's prerequest
   callback gives no more. One socket may displace another, which is not
   checked then. All zeros: none is known. */
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

/* Whether bytes have arrived on the socket with that local port. Before a
   request is sent they belong to no response of this client, or announce the
   end of the connection. */
GCT_INTERNAL bool gct_idle_connections_has_unsolicited_data(
    const struct gct_idle_connections *connections, int port);

/* Whether nothing has arrived on the socket for that many seconds. False where
   the system has no TCP_INFO. */
GCT_INTERNAL bool gct_is_silent(int socket, double seconds);

#endif
