/*
** Idle connections: unsolicited data by MSG_PEEK, silence by TCP_INFO.
*/
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* musl: struct tcp_info */
#endif

#include "engine/idle_connections.h"

#include <sys/socket.h>

#ifdef __linux__
#include <netinet/in.h>
#include <netinet/tcp.h>
#endif

void gct_idle_connections_add(struct gct_idle_connections *connections,
                              int socket, int port)
{
  connections->slots[port % GCT_IDLE_CONNECTION_SLOTS].socket = socket;
  connections->slots[port % GCT_IDLE_CONNECTION_SLOTS].port = port;
}

bool gct_idle_connections_has(const struct gct_idle_connections *connections,
                              int port)
{
  return port > 0 &&
         connections->slots[port % GCT_IDLE_CONNECTION_SLOTS].port == port;
}

void gct_idle_connections_remove(struct gct_idle_connections *connections,
                                 int socket)
{
  int i;

  for (i = 0; i < GCT_IDLE_CONNECTION_SLOTS; i++) {
    if (connections->slots[i].socket == socket)
      connections->slots[i].port = 0;
  }
}

bool gct_idle_connections_has_unsolicited_data(
    const struct gct_idle_connections *connections, int port)
{
  char byte;

  return gct_idle_connections_has(connections, port) &&
         recv(connections->slots[port % GCT_IDLE_CONNECTION_SLOTS].socket,
              &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool gct_is_silent(int socket, double seconds)
{
#ifdef __linux__
  struct tcp_info info;
  socklen_t length = sizeof(info);

  return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
         info.tcpi_last_data_recv >= seconds * 1000; /* ms */
#else
  (void)socket;
  (void)seconds;
  return false;
#endif
}
