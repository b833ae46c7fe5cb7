/*
** The facts that the library reads from a response's header block. No I/O, no
** lua.h; libcurl only for reading dates.
*/
#ifndef GCT_RESPONSE_H
#define GCT_RESPONSE_H

#include <time.h>

#include "wire/slice.h"

enum { GCT_UNKNOWN = -1 }; /* a number that the response does not give */

struct gct_response_facts {
  double retry_after;              /* seconds, or GCT_UNKNOWN */
  struct gct_slice correlation_id; /* of ININ-Correlation-Id, borrowed */
  long rate_limit_count;           /* requests used in this window */
  long rate_limit_allowed;         /* requests allowed in a window */
  long rate_limit_reset;           /* seconds until the next window */
};

/*
** Reads the header block `headers` (lines ended by LF or CR LF). Names are
** compared in any letter case. `now` is the local time; a Retry-After date is
** measured against the response's own Date where there is one, so that a wrong
** local clock cannot shorten the wait. Where Retry-After is repeated, the
** longest counts. What is malformed is as if absent.
*/
GCT_INTERNAL void gct_response_read(struct gct_slice headers, time_t now,
                                    struct gct_response_facts *facts);

#endif
