/*
** libcurl's result code of a failed transfer, the same for all its versions.
*/
#ifndef GCT_CURL_RESULT_H
#define GCT_CURL_RESULT_H

#include "engine/transfer.h"

struct gct_curl_result {
  int code;            /* a CURLcode, perhaps of a later libcurl */
  const char *message; /* static, or the transfer's */
};

/* `code` is the one that libcurl ended the transfer with; not CURLE_OK. */
GCT_INTERNAL struct gct_curl_result
gct_curl_result_of(const struct gct_transfer *transfer, CURLcode code);

#endif
