/*
** Engine options: defaults and ownership.
*/
#include "engine/options.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

/* Every server that compresses knows gzip. To name all that libcurl can decode
   would make each request longer. */
static const char *accept_encoding(void)
{
  /* coverage: Debian's libcurl has zlib */
  return curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_LIBZ
             ? "gzip"
             : NULL;
}

void gct_options_init(struct gct_options *options)
{
  memset(options, 0, sizeof(*options));
  options->timeout = GCT_DEFAULT_TIMEOUT;
  options->connect_timeout = GCT_DEFAULT_CONNECT_TIMEOUT;
  options->max_response_bytes = GCT_DEFAULT_MAX_RESPONSE_BYTES;
  options->max_connections = GCT_DEFAULT_MAX_CONNECTIONS;
  options->accept_encoding = accept_encoding();
}

bool gct_options_set(struct gct_options *options, enum gct_text_option which,
                     const char *value)
{
  size_t size = strlen(value) + 1;
  char *copy = malloc(size);

  if (!copy)
    return false;
  memcpy(copy, value, size);
  free(options->text[which]);
  options->text[which] = copy;
  return true;
}

void gct_options_release(struct gct_options *options)
{
  size_t i;

  for (i = 0; i < GCT_TEXT_OPTIONS; i++) {
    free(options->text[i]);
    options->text[i] = NULL;
  }
}
