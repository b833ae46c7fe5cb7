/*
** The clock: forward only, in seconds.
*/
#include "engine/clock.h"

#include <time.h>

#include "check.h"

int main(void)
{
  static const struct timespec pause = {0, 20000000}; /* 20 ms */
  double before = gct_now();
  double last = before;
  int i;

  for (i = 0; i < 1000; i++) {
    double now = gct_now();

    CHECK(now >= last);
    last = now;
  }
  (void)nanosleep(&pause, NULL);
  CHECK(gct_now() - before >= 0.02);
  CHECK(gct_now() - before < 60);
  return check_report();
}
