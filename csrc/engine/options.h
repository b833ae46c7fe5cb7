/*
** The options of an engine, which do not change. The strings are its own
** copies.
*/
#ifndef GCT_OPTIONS_H
#define GCT_OPTIONS_H

#include "wire/base_url.h"

/* Text options, an index into gct_options.text. */
enum gct_text_option {
  GCT_BASE_URL,
  GCT_USER_AGENT,
  GCT_CA_FILE,
  GCT_CA_PATH,
  GCT_CLIENT_CERT,
  GCT_CLIENT_KEY,
  GCT_PROXY,
  GCT_NO_PROXY,
  GCT_TEXT_OPTIONS
};

struct gct_options {
  char *text[GCT_TEXT_OPTIONS]; /* owned; NULL: not given */
  double timeout;               /* seconds, one attempt */
  double connect_timeout;       /* seconds */
  size_t max_response_bytes;    /* of a body, after decompression */
  size_t max_connections;
  bool allow_http;             /* to hosts other than the local machine */
  const char *accept_encoding; /* NULL: libcurl decodes none */
};

/* Times of one call, in seconds; 0 means the options' own. */
struct gct_timeouts {
  double timeout;
  double connect_timeout;
};

enum {
  GCT_DEFAULT_TIMEOUT = 15,                 /* seconds */
  GCT_DEFAULT_CONNECT_TIMEOUT = 5,          /* seconds */
  GCT_DEFAULT_MAX_RESPONSE_BYTES = 1 << 20, /* 1 MiB */
  GCT_DEFAULT_MAX_CONNECTIONS = 64
};

/* The defaults above and no texts. */
GCT_INTERNAL void gct_options_init(struct gct_options *options);

/* Replaces one text by a copy of `value`. False: out of memory. */
GCT_INTERNAL bool gct_options_set(struct gct_options *options,
                                  enum gct_text_option which,
                                  const char *value);

GCT_INTERNAL void gct_options_release(struct gct_options *options);

#endif
