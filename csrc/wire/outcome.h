/*
** How one attempt ended: all that its result, error and response tables are
** made from. Borrowed pointers; the holder of the bytes outlives it.
*/
#ifndef GCT_OUTCOME_H
#define GCT_OUTCOME_H

#include "wire/buffer.h"
#include "wire/error.h"
#include "wire/request.h"

enum {
  GCT_MAX_SECRETS = 2,
  GCT_MAX_RESPONSE_HEADER_BYTES = 65536 /* all header lines of a response */
};

struct gct_outcome {
  const struct gct_operation *operation;
  const char *url;          /* of the request, or NULL; may be long */
  struct gct_error error;   /* kind none: a response arrived */
  long status;              /* HTTP status, 0 when none arrived */
  struct gct_slice headers; /* the response's header block */
  struct gct_slice body;    /* decoded; cut where it exceeds the cap */
  /* What must not be shown, should the response repeat it; empty or absent:
     none. */
  struct gct_slice secrets[GCT_MAX_SECRETS];
  bool truncated; /* headers or body are incomplete */
  long sent;      /* how often the request was sent */
  double elapsed; /* seconds */
  double queued;  /* of those, until a connection was free for it */
};

/* Sets operation, URL and secrets, all borrowed from the request. */
GCT_INTERNAL void gct_outcome_set_request(struct gct_outcome *outcome,
                                          const struct gct_request *request);

/* Whether the status is one that the operation calls success. */
GCT_INTERNAL bool gct_outcome_is_success(const struct gct_outcome *outcome);

/* Whether what the status says depends on the response's body. */
GCT_INTERNAL bool gct_outcome_needs_body(const struct gct_outcome *outcome);

/* A proxy refused the tunnel with `status`: an error of kind proxy. A 4xx is
   not retried: some accounts are locked after a few wrong logins. `schemes`
   are the authentication schemes that it offers, "Basic, NTLM", or "". */
GCT_INTERNAL void gct_outcome_refused_by_proxy(struct gct_outcome *outcome,
                                               long status,
                                               const char *schemes);

/* The response did not fit and was cut, a body to no more than `limit` bytes:
   an error of kind protocol, unless the status alone says what happened. */
GCT_INTERNAL void gct_outcome_truncated(struct gct_outcome *outcome,
                                        size_t limit);

/* Gives the outcome its response, once the outcome's secrets are redacted in
   it. The buffers must outlive the outcome. */
GCT_INTERNAL void gct_outcome_set_response(struct gct_outcome *outcome,
                                           struct gct_buffer *headers,
                                           struct gct_buffer *body);

#endif
