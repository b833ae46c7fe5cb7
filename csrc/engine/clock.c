/*
** The monotonic clock.
*/
#include "engine/clock.h"

#include <time.h>

double gct_now(void)
{
  struct timespec now = {0, 0};

  (void)clock_gettime(CLOCK_MONOTONIC, &now); /* POSIX: cannot fail */
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
