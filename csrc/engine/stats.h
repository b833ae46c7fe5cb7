/*
** What an engine has done, as numbers.
*/
#ifndef GCT_STATS_H
#define GCT_STATS_H

#include <curl/curl.h>

#include "wire/visibility.h"

struct gct_stats {
  double calls;              /* started */
  double connections_opened; /* those a call had to open, not reuse */
  double bytes_sent;
  double bytes_received;
};

/* Adds what the transfer that has just ended on `easy` took. */
GCT_INTERNAL void gct_stats_count(struct gct_stats *stats, CURL *easy);

#endif
