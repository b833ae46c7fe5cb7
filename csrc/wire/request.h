/*
** From an operation and its arguments to the bytes of a request: method, URL,
** header lines, body. No I/O, no lua.h, no libcurl.
*/
#ifndef GCT_REQUEST_H
#define GCT_REQUEST_H

#include "wire/buffer.h"
#include "wire/error.h"
#include "wire/operations.h"

enum {
  GCT_MAX_PARAMETER = 1024,     /* bytes of an id, before encoding */
  GCT_MAX_HEADERS = 64,         /* extra header lines of a caller */
  GCT_MAX_HEADER_BYTES = 65536, /* all request header lines together */
  GCT_MAX_BODY = 512000         /* bytes: Genesys' request.bytes.max */
};

struct gct_header {
  struct gct_slice name;
  struct gct_slice value;
};

/* One call as its caller describes it. Every pointer is borrowed and must
   live until the request is built; the body must live as long as the
   request. */
struct gct_call {
  const struct gct_operation *operation;
  struct gct_slice base_url;      /* of gct_base_url_normalise */
  struct gct_slice access_token;  /* with GCT_BEARER */
  struct gct_slice client_id;     /* with GCT_BASIC */
  struct gct_slice client_secret; /* with GCT_BASIC */
  struct gct_slice user_agent;
  const char *accept_encoding;                     /* or NULL */
  struct gct_slice body;                           /* JSON, or absent */
  struct gct_slice parameters[GCT_MAX_PARAMETERS]; /* booleans as true/false */
  size_t header_count;
  struct gct_header headers[GCT_MAX_HEADERS]; /* the rest need not be set */
};

/* Owned by its holder; init, build any number of times, release. */
struct gct_request {
  const struct gct_operation *operation;
  struct gct_buffer url;     /* ends with a NUL */
  struct gct_buffer headers; /* lines "Name: value", each ended by a NUL */
  struct gct_slice body;     /* borrowed from the call; absent: send none */
  size_t credentials_offset; /* in `headers`: the token, or Basic's base64 */
  size_t credentials_length; /* 0: there are none */
  struct gct_buffer secret;  /* the client secret that went into the base64 */
};

GCT_INTERNAL void gct_request_init(struct gct_request *request);

/* Whether a request could be made of these values: everything that
   gct_request_build refuses, but credentials may be absent. */
GCT_INTERNAL bool gct_call_check(const struct gct_call *call,
                                 struct gct_error *error);

/*
** Builds the request, replacing what was there. False, with kind argument,
** when the call must not be sent: an id that is empty, too long or would
** reach another operation; a token that is not a b64token (RFC 6750 section
** 2.1); a header that is malformed or not the caller's to set. Values are
** never quoted in the message: they may be secrets.
*/
GCT_INTERNAL bool gct_request_build(struct gct_request *request,
                                    const struct gct_call *call,
                                    struct gct_error *error);

/* Forgets the credentials and the body; memory is kept for the next use. */
GCT_INTERNAL void gct_request_reset(struct gct_request *request);

/* Frees everything; idempotent. */
GCT_INTERNAL void gct_request_release(struct gct_request *request);

/* The token, or the base64 of id and secret, of the Authorization line; absent
   where there is none. Borrowed from the request. */
GCT_INTERNAL struct gct_slice
gct_request_credentials(const struct gct_request *request);

/* The next header line behind `line` (NULL for the first), or NULL. */
GCT_INTERNAL char *gct_request_next_header(const struct gct_request *request,
                                           char *line);

#endif
