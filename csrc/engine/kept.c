/*
** What the system knows of kept connections; see the header.
*/
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* musl: struct tcp_info */
#endif

#include "engine/kept.h"

#include <sys/socket.h>

#ifdef __linux__
#include <netinet/in.h>
#include <netinet/tcp.h>
#endif

void gct_kept_add(struct gct_kept *kept, int socket, int port)
{
  kept->slots[port % GCT_KEPT_SLOTS].socket = socket;
  kept->slots[port % GCT_KEPT_SLOTS].port = port;
}

bool gct_kept_has(const struct gct_kept *kept, int port)
{
  return port > 0 && kept->slots[port % GCT_KEPT_SLOTS].port == port;
}

void gct_kept_remove(struct gct_kept *kept, int socket)
{
  int i;

  for (i = 0; i < GCT_KEPT_SLOTS; i++) {
    if (kept->slots[i].socket == socket)
      kept->slots[i].port = 0;
  }
}

bool gct_kept_has_stray(const struct gct_kept *kept, int port)
{
  char byte;

  return gct_kept_has(kept, port) &&
         recv(kept->slots[port % GCT_KEPT_SLOTS].socket, &byte, 1,
              MSG_PEEK | MSG_DONTWAIT) > 0;
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
