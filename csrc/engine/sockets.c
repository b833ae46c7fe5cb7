/*
** The set of watched sockets, for epoll and for poll(2). An error or a hang-up
** is reported even of a socket that is not watched for anything else, so that
** no wait is in vain. It is reported as no event (0).
*/
#include "engine/sockets.h"

#include <errno.h>
#include <unistd.h>

#ifdef GCT_USE_EPOLL

#include <string.h>
#include <sys/epoll.h>

void gct_sockets_init(struct gct_sockets *sockets)
{
  memset(sockets, 0, sizeof(*sockets));
  sockets->epoll = -1;
}

bool gct_sockets_open(struct gct_sockets *sockets)
{
  gct_sockets_init(sockets);
  sockets->epoll = epoll_create1(EPOLL_CLOEXEC);
  return sockets->epoll >= 0;
}

/* Adds first, as most are added once and then removed. Removing a socket that
   is not in the set is no error. */
bool gct_sockets_watch(struct gct_sockets *sockets, int socket, int events)
{
  struct epoll_event event;

  memset(&event, 0, sizeof(event));
  event.data.fd = socket;
  if (events & GCT_READABLE)
    event.events |= EPOLLIN;
  if (events & GCT_WRITABLE)
    event.events |= EPOLLOUT;
  if (!events) {
    (void)epoll_ctl(sockets->epoll, EPOLL_CTL_DEL, socket, &event);
    return true;
  }
  /* coverage: the system does not refuse it */
  return epoll_ctl(sockets->epoll, EPOLL_CTL_ADD, socket, &event) == 0 ||
         (errno == EEXIST &&
          epoll_ctl(sockets->epoll, EPOLL_CTL_MOD, socket, &event) == 0);
}

static int events_of(const struct epoll_event *event)
{
  int events = 0;

  if (event->events & (EPOLLERR | EPOLLHUP))
    return 0;
  if (event->events & EPOLLIN)
    events |= GCT_READABLE;
  if (event->events & EPOLLOUT)
    events |= GCT_WRITABLE;
  return events;
}

int gct_sockets_wait(struct gct_sockets *sockets, int milliseconds,
                     struct gct_ready ready[GCT_MAX_READY])
{
  struct epoll_event found[GCT_MAX_READY];
  int count = epoll_wait(sockets->epoll, found, GCT_MAX_READY, milliseconds);
  int i;

  if (count < 0)
    return errno == EINTR ? 0 : -1;
  for (i = 0; i < count; i++) {
    ready[i].socket = found[i].data.fd;
    ready[i].events = events_of(&found[i]);
  }
  return count;
}

int gct_sockets_descriptor(const struct gct_sockets *sockets)
{
  return sockets->epoll;
}

void gct_sockets_close(struct gct_sockets *sockets)
{
  if (sockets->epoll >= 0)
    (void)close(sockets->epoll); /* gone even when interrupted */
  sockets->epoll = -1;
}

#else

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 16 }; /* sockets */

void gct_sockets_init(struct gct_sockets *sockets)
{
  memset(sockets, 0, sizeof(*sockets));
}

bool gct_sockets_open(struct gct_sockets *sockets)
{
  gct_sockets_init(sockets);
  return true;
}

static bool grow(struct gct_sockets *sockets)
{
  size_t size = sockets->size ? 2 * sockets->size : FIRST_SIZE;
  struct pollfd *watched =
      realloc(sockets->watched, size * sizeof(*sockets->watched));

  if (!watched)
    return false;
  sockets->watched = watched;
  sockets->size = size;
  return true;
}

static struct pollfd *find(struct gct_sockets *sockets, int socket)
{
  size_t i;

  for (i = 0; i < sockets->count; i++) {
    if (sockets->watched[i].fd == socket)
      return &sockets->watched[i];
  }
  return NULL;
}

bool gct_sockets_watch(struct gct_sockets *sockets, int socket, int events)
{
  struct pollfd *entry = find(sockets, socket);

  if (!events) {
    if (entry)
      *entry = sockets->watched[--sockets->count];
    return true;
  }
  if (!entry) {
    if (sockets->count == sockets->size && !grow(sockets))
      return false;
    entry = &sockets->watched[sockets->count++];
  }
  memset(entry, 0, sizeof(*entry));
  entry->fd = socket;
  if (events & GCT_READABLE)
    entry->events |= POLLIN;
  if (events & GCT_WRITABLE)
    entry->events |= POLLOUT;
  return true;
}

static int events_of(const struct pollfd *entry)
{
  int events = 0;

  if (entry->revents & (POLLERR | POLLHUP | POLLNVAL))
    return 0;
  if (entry->revents & POLLIN)
    events |= GCT_READABLE;
  if (entry->revents & POLLOUT)
    events |= GCT_WRITABLE;
  return events;
}

/* Begins where the last wait stopped: otherwise sockets at the end would never
   be reported while enough others are always ready. */
int gct_sockets_wait(struct gct_sockets *sockets, int milliseconds,
                     struct gct_ready ready[GCT_MAX_READY])
{
  size_t first = sockets->next;
  int count = 0;
  size_t i;

  if (poll(sockets->watched, (nfds_t)sockets->count, milliseconds) < 0)
    return errno == EINTR ? 0 : -1;
  for (i = 0; i < sockets->count && count < GCT_MAX_READY; i++) {
    size_t index = (first + i) % sockets->count;
    const struct pollfd *entry = &sockets->watched[index];

    if (entry->revents) {
      ready[count].socket = entry->fd;
      ready[count].events = events_of(entry);
      count++;
      sockets->next = index + 1;
    }
  }
  return count;
}

int gct_sockets_descriptor(const struct gct_sockets *sockets)
{
  (void)sockets;
  return -1;
}

void gct_sockets_close(struct gct_sockets *sockets)
{
  free(sockets->watched);
  gct_sockets_init(sockets);
}

#endif
