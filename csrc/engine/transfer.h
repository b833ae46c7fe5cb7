/*
** One request and its response on a libcurl easy handle, which is used again
** for later requests.
*/
#ifndef GCT_TRANSFER_H
#define GCT_TRANSFER_H

#include <curl/curl.h>

#include "engine/list.h"
#include "engine/multi.h"
#include "engine/options.h"
#include "wire/outcome.h"
#include "wire/request.h"

/* Why the callbacks stopped a transfer. */
enum gct_stop {
  GCT_NOT_STOPPED,
  GCT_STOPPED_BY_SIZE,
  GCT_STOPPED_BY_MEMORY,          /* also by the engine's */
  GCT_STOPPED_BY_STATUS,          /* it is no number of three digits */
  GCT_STOPPED_BY_PROXY,           /* whose response to CONNECT does not end */
  GCT_STOPPED_BY_UNSOLICITED_DATA /* before it was sent; see
                                     gct_transfer_restart */
};

/* Those of a caller, and five of our own. */
enum { GCT_MAX_LINES = GCT_MAX_HEADERS + 5 };

struct gct_transfer {
  struct gct_list_node node; /* first, for gct_transfer_of */
  size_t place;              /* in the engine's table of transfers */
  double id;                 /* what Lua knows it by: a whole number */
  CURL *easy;                /* owned */
  CURLU *target;             /* owned; the URL that `easy` asks for, parsed */
  struct gct_buffer url; /* the same as text, with a NUL; empty: none yet */
  const struct gct_options *options; /* the engine's */
  struct gct_multi *multi;           /* the engine's */
  struct gct_request request;
  /* The request's header lines as CURLOPT_HTTPHEADER takes them: a list whose
     texts are in `request`. libcurl does not free such a list, so it need not
     be allocated. */
  struct curl_slist lines[GCT_MAX_LINES];
  char no_type[sizeof("Content-Type:")]; /* removes libcurl's own */
  struct gct_buffer body_copy;           /* request body bytes */
  struct gct_buffer headers;             /* response header block */
  struct gct_buffer body;                /* response body, decompressed */
  enum gct_stop stop;
  bool headers_complete; /* the empty line behind them has arrived, whole */
  double connecting;     /* gct_now() when libcurl began to connect it, or to
                            reuse a connection; 0: it is queued */
  long sent;             /* how often the request was put on a connection */
  long looks;            /* of libcurl at its connection, before that */
  double started;        /* gct_now() */
  double deadline;       /* gct_now() at which it must be over */
  struct gct_outcome outcome;
  char error[CURL_ERROR_SIZE]; /* CURLOPT_ERRORBUFFER */
};

/* The transfer that a node of a list is embedded in; NULL for NULL. */
static inline struct gct_transfer *gct_transfer_of(struct gct_list_node *node)
{
  return (struct gct_transfer *)(void *)node;
}

/* `options` and `multi` must outlive it. NULL: out of memory, or libcurl lacks
   something (`error` says what). */
GCT_INTERNAL struct gct_transfer *
gct_transfer_new(const struct gct_options *options, struct gct_multi *multi,
                 struct gct_error *error);

/* A number of curl_easy_getinfo; 0, which means "unknown" for all of them,
   when it fails. */
GCT_INTERNAL long gct_transfer_info(const struct gct_transfer *transfer,
                                    CURLINFO info);

/* Forgets request, credentials and response, keeping the handle. */
GCT_INTERNAL void gct_transfer_reset(struct gct_transfer *transfer);

/* Takes it out of its list. It must not be in the multi handle any more. */
GCT_INTERNAL void gct_transfer_free(struct gct_transfer *transfer);

#endif
