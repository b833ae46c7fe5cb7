/*
** What each libcurl result means in the library's own error kinds.
*/
#ifndef GCT_CURL_ERRORS_H
#define GCT_CURL_ERRORS_H

#include "wire/error.h"

struct gct_curl_error {
  int code; /* a CURLcode */
  const char
      *name; /* its name without "CURLE_", the public `err.cause`; static */
  enum gct_kind kind;
  bool retryable;
};

/* CURLE_TOO_LARGE of libcurl 8.6 and later. */
enum { GCT_CURLE_TOO_LARGE = 100 };

/* Never NULL: codes of later versions of libcurl are transport failures named
   by their number, "CURL_102", and what is no code is one named "UNKNOWN". */
GCT_INTERNAL const struct gct_curl_error *gct_curl_error_of(int code);

#endif
