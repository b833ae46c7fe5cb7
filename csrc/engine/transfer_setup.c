/*
** The options of a transfer's easy handle that change from request to request.
*/
#include "engine/transfer_setup.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "engine/clock.h"
#include "engine/curl_errors.h"

/* Seconds to libcurl's milliseconds: never 0, which would mean its own
   default (300 s to connect) or no limit at all. */
static long milliseconds(double seconds)
{
  double value = ceil(seconds * 1000);

  if (!(value > 1))
    return 1;
  /* coverage: limits before this one are lower */
  return value < INT_MAX ? (long)value : INT_MAX;
}

static CURLcode set_method(struct gct_transfer *transfer)
{
  CURL *easy = transfer->easy;
  const char *method = transfer->request.operation->method;
  const char *custom = NULL;
  CURLcode code;

  if (strcmp(method, "HEAD") == 0) {
    code = curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0) {
    struct gct_slice body = gct_buffer_slice(&transfer->body_copy);

    custom = strcmp(method, "PUT") == 0 ? method : NULL;
    code = curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (!code) /* coverage: libcurl fails without memory only */
      code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                              (curl_off_t)body.length);
    if (!code) /* coverage: libcurl fails without memory only */
      code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data);
  } else {
    custom = strcmp(method, "GET") == 0 ? NULL : method;
    code = curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, custom);
  return code;
}

/* A PUT without a body has no Content-Type; libcurl would add a form's. */
static CURLcode set_lines(struct gct_transfer *transfer)
{
  struct gct_request *request = &transfer->request;
  struct curl_slist *lines = transfer->lines;
  bool is_empty_put =
      strcmp(request->operation->method, "PUT") == 0 && !request->body.data;
  char *line = is_empty_put ? transfer->no_type
                            : gct_request_next_header(request, NULL);
  size_t count = 0;

  /* coverage: limits before this one are lower */
  while (line && count < GCT_MAX_LINES) {
    lines[count].data = line;
    lines[count].next = NULL;
    if (count > 0)
      lines[count - 1].next = &lines[count];
    line = gct_request_next_header(request,
                                   line == transfer->no_type ? NULL : line);
    count++;
  }
  /* None, or more than there can be. */
  /* coverage: libcurl fails without memory only */
  return line || count == 0 ? CURLE_BAD_FUNCTION_ARGUMENT : CURLE_OK;
}

/* Without allow_http, clear text goes to this machine only: no proxy, not even
   one of the environment, may see the token. */
static CURLcode set_no_proxy(CURL *easy, const char *url,
                             const struct gct_options *options)
{
  bool direct = strncmp(url, "http:", 5) == 0 && !options->allow_http;

  return curl_easy_setopt(easy, CURLOPT_NOPROXY,
                          direct ? "*" : options->text[GCT_NO_PROXY]);
}

/* libcurl takes the URL from CURLOPT_CURLU; it needs CURLOPT_URL, too, for its
   own retries and its messages. */
static CURLcode set_target(struct gct_transfer *transfer, const char *url)
{
  CURL *easy = transfer->easy;
  CURLUcode parsed =
      curl_url_set(transfer->target, CURLUPART_URL, url, CURLU_PATH_AS_IS);
  CURLcode code;

  /* coverage: libcurl fails without memory only */
  if (parsed)
    return parsed == CURLUE_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY
                                          : CURLE_URL_MALFORMAT;
  code = curl_easy_setopt(easy, CURLOPT_URL, url);
  if (!code)
    code = set_no_proxy(easy, url, transfer->options);
  /* Over TLS a new connection may turn out to be HTTP/2 and serve all
     transfers that wait for it. Clear text never does, so no transfer waits
     there. */
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_PIPEWAIT,
                            strncmp(url, "https:", 6) == 0 ? 1L : 0L);
  return code;
}

/* Most requests of a handle have the same URL. Parsing it is a tenth of
   libcurl's work for a request, so it is parsed only when it changes. */
static CURLcode set_url(struct gct_transfer *transfer)
{
  struct gct_buffer *url = &transfer->request.url; /* ends with a NUL */
  struct gct_buffer *known = &transfer->url;
  CURLcode code;

  if (known->length == url->length &&
      memcmp(known->data, url->data, url->length) == 0)
    return CURLE_OK;
  known->length = 0; /* on an error the next request parses again */
  code = set_target(transfer, url->data);
  if (!code && gct_buffer_append(known, url->data, url->length) != GCT_OK)
    code = CURLE_OUT_OF_MEMORY;
  return code;
}

static CURLcode set_request(struct gct_transfer *transfer,
                            const struct gct_timeouts *timeouts)
{
  const struct gct_options *options = transfer->options;
  CURL *easy = transfer->easy;
  double timeout =
      timeouts->timeout > 0 ? timeouts->timeout : options->timeout;
  double connect_timeout = timeouts->connect_timeout > 0
                               ? timeouts->connect_timeout
                               : options->connect_timeout;
  CURLcode code = set_url(transfer);

  if (!code)
    code = set_method(transfer);
  if (!code)
    code = set_lines(transfer);
  transfer->started = gct_now();
  transfer->deadline = transfer->started + timeout;
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(timeout));
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            milliseconds(connect_timeout));
  return code;
}

bool gct_transfer_prepare(struct gct_transfer *transfer,
                          const struct gct_call *call,
                          const struct gct_timeouts *timeouts,
                          struct gct_error *error)
{
  struct gct_slice body;
  CURLcode code;

  gct_transfer_reset(transfer);
  if (!gct_request_build(&transfer->request, call, error))
    return false;
  body = transfer->request.body;
  if (!gct_append(&transfer->body_copy, body.data, body.length, error))
    return false;
  code = set_request(transfer, timeouts);
  if (code) {
    gct_error_set(error, GCT_KIND_TRANSPORT,
                  "could not set up the request: %s",
                  curl_easy_strerror(code));
    error->cause = gct_curl_error_of((int)code)->name;
    return false;
  }
  gct_outcome_set_request(&transfer->outcome, &transfer->request);
  return true;
}

void gct_transfer_restart(struct gct_transfer *transfer)
{
  transfer->stop = GCT_NOT_STOPPED;
  transfer->error[0] = '\0';
  /* Cannot fail: it stores a number. */
  (void)curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS,
                         milliseconds(transfer->deadline - gct_now()));
}
