/*
** The table of CURLcode: name and error kind of each.
*/
#ifndef GCT_CURL_ERRORS_H
#define GCT_CURL_ERRORS_H

#include "wire/error.h"

struct gct_curl_error {
  int code;         /* a CURLcode */
  const char *name; /* without "CURLE_": the public err.cause; static */
  enum gct_kind kind;
  bool retryable;
};

/* CURLE_TOO_LARGE of libcurl 8.6 and later. */
enum { GCT_CURLE_TOO_LARGE = 100 };

/* Never NULL: codes of later versions of libcurl are transport errors named by
   their number, "CURL_102"; any other number is one named "UNKNOWN". */
GCT_INTERNAL const struct gct_curl_error *gct_curl_error_of(int code);

#endif
