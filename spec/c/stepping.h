/*
** Stepping an engine until the other side, which a test is itself, has
** something to do.
*/
#ifndef STEPPING_H
#define STEPPING_H

#include <poll.h>

#include "check.h"
#include "engine/engine.h"

static inline bool is_readable(int socket)
{
  struct pollfd entry = {-1, POLLIN, 0};

  entry.fd = socket;
  return poll(&entry, 1, 0) == 1;
}

/* Until something stands at the port or connection. */
static inline void step_until_readable(struct gct_engine *engine, int socket)
{
  while (engine->in_flight > 0 && !is_readable(socket))
    gct_engine_step(engine, 0.01, 0);
  CHECK(is_readable(socket));
}

#endif
