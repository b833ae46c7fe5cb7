/*
** One request on its way, on one libcurl easy handle that is kept and used
** again for later requests.
*/
#ifndef GCT_TRANSFER_H
#define GCT_TRANSFER_H

#include <curl/curl.h>

#include "engine/options.h"
#include "engine/sockets.h"
#include "wire/outcome.h"
#include "wire/request.h"

/* Why the callbacks stopped a transfer. */
enum gct_stop {
  GCT_NOT_STOPPED,
  GCT_STOPPED_BY_SIZE,
  GCT_STOPPED_BY_MEMORY,          /* also by the engine's */
  GCT_STOPPED_BY_STATUS,          /* it is no number of three digits */
  GCT_STOPPED_BY_PROXY,           /* whose answer does not end */
  GCT_STOPPED_BY_UNSOLICITED_DATA /* before it was sent; see
                                     gct_transfer_restart */
};

/* Those of a caller, and four of our own. */
enum { GCT_MAX_LINES = GCT_MAX_HEADERS + 4 };

struct gct_list;

struct gct_transfer {
  struct gct_list *list; /* one of the engine's, or NULL; see list.h */
  struct gct_transfer *previous, *next; /* in that list */
  double id;             /* what Lua knows it by; 2^53 are enough */
  CURL *easy;            /* owned */
  CURLU *target;         /* owned; the URL that `easy` asks for, parsed */
  struct gct_buffer url; /* the same as text, with a NUL; empty: none yet */
  const struct gct_options *options; /* the engine's */
  struct gct_sockets *sockets;       /* the engine's */
  struct gct_request request;
  /* The request's header lines as libcurl wants them: a list whose texts are
     in `request`. It is the owner who frees such a list, so it may be made
     without allocating. */
  struct curl_slist lines[GCT_MAX_LINES];
  char no_type[sizeof("Content-Type:")]; /* the line that removes libcurl's */
  struct gct_buffer body_copy;           /* request body bytes */
  struct gct_buffer headers;             /* response header block */
  struct gct_buffer body;                /* response body, decompressed */
  enum gct_stop stop;
  bool headers_complete; /* the empty line behind them has arrived, whole */
  double connecting; /* gct_now() when libcurl began to get it a connection,
                        new or kept; 0: it waits for one to become free */
  long sent;         /* how often the request was put on a connection */
  long looks;        /* of libcurl at its connection, before that */
  double started;    /* gct_now() */
  double deadline;   /* gct_now() at which it must be over */
  struct gct_outcome outcome;
  char error[CURL_ERROR_SIZE]; /* libcurl's words for an error */
};

/* Per-call times in seconds; 0 means the options' own. */
struct gct_timeouts {
  double timeout;
  double connect_timeout;
};

/* `share` holds what all transfers of an engine share, and outlives them, as
   `options` and `sockets` do, where those are watched that libcurl opens.
   NULL: out of memory, or libcurl lacks something (`error` says what). */
GCT_INTERNAL struct gct_transfer *
gct_transfer_new(const struct gct_options *options, CURLSH *share,
                 struct gct_sockets *sockets, struct gct_error *error);

/* Builds the request of `call` and readies the easy handle. Nothing of the
   call is needed afterwards. On false the transfer can be prepared again. */
GCT_INTERNAL bool gct_transfer_prepare(struct gct_transfer *transfer,
                                       const struct gct_call *call,
                                       const struct gct_timeouts *timeouts,
                                       const struct gct_options *options,
                                       struct gct_error *error);

/* Readies a transfer once more that GCT_STOPPED_BY_UNSOLICITED_DATA, when it
   is out of libcurl's hands: the connection that it was given, which brought
   bytes that belong to no request, is closed, and there will be another. */
GCT_INTERNAL void gct_transfer_restart(struct gct_transfer *transfer);

/* Fills `outcome` when libcurl is done with the handle: `code` is a
   CURLcode. Copies all that is needed out of the handle. */
GCT_INTERNAL void gct_transfer_conclude(struct gct_transfer *transfer,
                                        CURLcode code);

/* What libcurl knows of the transfer, a number. Such a question can only be
   misused; then it is 0, which says "unknown" everywhere. */
GCT_INTERNAL long gct_transfer_info(const struct gct_transfer *transfer,
                                    CURLINFO info);

/* Forgets request, credentials and response, keeping the handle. */
GCT_INTERNAL void gct_transfer_reset(struct gct_transfer *transfer);

GCT_INTERNAL void gct_transfer_free(struct gct_transfer *transfer);

#endif
