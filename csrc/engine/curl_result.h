/*
** What libcurl says of a transfer that failed, in the words of one version.
*/
#ifndef GCT_CURL_RESULT_H
#define GCT_CURL_RESULT_H

#include "engine/transfer.h"

struct gct_curl_result {
  int code;          /* a CURLcode, perhaps of a later libcurl */
  const char *words; /* static, or the transfer's */
};

/* `code` is what libcurl ended the transfer with; not CURLE_OK. */
GCT_INTERNAL struct gct_curl_result
gct_curl_result_of(const struct gct_transfer *transfer, CURLcode code);

#endif
