/*
** The monotonic clock that all times of the library are read from.
*/
#ifndef GCT_CLOCK_H
#define GCT_CLOCK_H

#include "wire/visibility.h"

/* Seconds since an arbitrary instant; never goes back. */
GCT_INTERNAL double gct_now(void);

#endif
