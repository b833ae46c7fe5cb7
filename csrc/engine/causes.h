/*
** What each libcurl result means in the library's own error kinds.
*/
#ifndef GCT_CAUSES_H
#define GCT_CAUSES_H

#include "wire/failure.h"

struct gct_cause {
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
GCT_INTERNAL const struct gct_cause *gct_cause_of(int code);

#endif
