/*
** The one clock of the library.
*/
#ifndef GCT_CLOCK_H
#define GCT_CLOCK_H

#include "wire/visibility.h"

/* Seconds on a clock that only goes forward; its zero means nothing. */
GCT_INTERNAL double gct_now(void);

#endif
