/*
** Counting connections and bytes.
*/
#include "engine/stats.h"

void gct_stats_count(struct gct_stats *stats, CURL *easy)
{
  long number = 0;
  curl_off_t bytes = 0;

  /* coverage: libcurl fails without memory only */
  if (curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &number) == CURLE_OK)
    stats->connections_opened += (double)number;
  /* coverage: libcurl fails without memory only */
  if (curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &number) == CURLE_OK)
    stats->bytes_sent += (double)number;
  /* coverage: libcurl fails without memory only */
  if (curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &number) == CURLE_OK)
    stats->bytes_received += (double)number;
  /* coverage: libcurl fails without memory only */
  if (curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes) == CURLE_OK)
    stats->bytes_received += (double)bytes;
}
