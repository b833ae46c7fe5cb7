/*
** One transfer: its easy handle with the options that never change, and the
** callbacks, which only fill bounded buffers and set flags.
*/
#include "engine/transfer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOCK_CLOEXEC
#include <fcntl.h>
#endif

#include "engine/clock.h"
#include "engine/curl_errors.h"

enum {
  KEPT_BYTES = 16384,       /* of each buffer, from one request to the next */
  MAX_CONNECT_LOOKS = 65536 /* bytes of a response to CONNECT */
};

/* ---- callbacks: run inside libcurl ------------------------------------- */

static size_t receive(struct gct_transfer *transfer, struct gct_buffer *buffer,
                      const char *data, size_t length)
{
  switch (gct_buffer_append(buffer, data, length)) {
  case GCT_OK:
    return length;
  case GCT_TOO_LARGE:
    transfer->stop = GCT_STOPPED_BY_SIZE;
    return 0;
  default:
    transfer->stop = GCT_STOPPED_BY_MEMORY;
    return 0;
  }
}

/* libcurl 8.14 reads "HTTP/1.1 2000 OK" as 200. */
static bool has_long_status(const char *line, size_t length)
{
  const char *end = line + length;
  const char *status = memchr(line, ' ', length);
  const char *digit = status;

  /* coverage: another version of libcurl does that */
  while (digit && ++digit < end && *digit >= '0' && *digit <= '9')
    ;
  /* coverage: another version of libcurl does that */
  return digit && digit - status > 4;
}

/* libcurl from 8.21 on takes a CR that the connection ends after for the empty
   line that ends the headers. */
static bool is_empty_line(const char *line, size_t length)
{
  /* coverage: another version of libcurl does that */
  return line[0] == '\n' || (length == 2 && memcmp(line, "\r\n", 2) == 0);
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
  struct gct_transfer *transfer = user;
  size_t length = size * count;

  /* A status line begins a new block: what stood there was an interim (1xx)
     response, or one that libcurl replaced by trying again. */
  if (length > 5 && memcmp(data, "HTTP/", 5) == 0 &&
      transfer->body.length == 0) {
    bool is_first = transfer->headers.length == 0;

    /* coverage: another version of libcurl does that */
    if ((is_first || transfer->headers_complete) &&
        has_long_status(data, length)) {
      transfer->stop = GCT_STOPPED_BY_STATUS;
      return 0;
    }
    transfer->headers.length = 0;
    transfer->headers_complete = false;
  } else if (is_empty_line(data, length)) {
    transfer->headers_complete = true;
  }
  return receive(transfer, &transfer->headers, data, length);
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
  struct gct_transfer *transfer = user;

  return receive(transfer, &transfer->body, data, size * count);
}

/* A transfer for which no name is looked up, no socket opened and nothing sent
   is queued: max_connections are in use. */
static void note_connecting(struct gct_transfer *transfer)
{
  if (transfer->connecting == 0)
    transfer->connecting = gct_now();
}

/* Runs each time the request is about to be sent, so also when libcurl repeats
   it by itself because a reused connection was stale. `sent` is 0 only if the
   request cannot have arrived. */
static int on_request(void *user, char *remote, char *local, int remote_port,
                      int local_port)
{
  struct gct_transfer *transfer = user;

  (void)remote;
  (void)local;
  (void)remote_port;
  if (gct_idle_connections_has_unsolicited_data(
          &transfer->multi->idle_connections, local_port)) {
    transfer->stop = GCT_STOPPED_BY_UNSOLICITED_DATA;
    return CURL_PREREQFUNC_ABORT;
  }
  note_connecting(transfer);
  if (transfer->sent == 0)
    transfer->multi->unsent--;
  transfer->sent++;
  return CURL_PREREQFUNC_OK;
}

/* Runs before a name is looked up. */
static int on_resolve(void *resolver, void *reserved, void *user)
{
  struct gct_transfer *transfer = user;

  (void)resolver;
  (void)reserved;
  note_connecting(transfer);
  return 0;
}

/* A program that this process starts must not inherit connections: a copy of a
   socket keeps it open, and in the epoll set. */
static curl_socket_t on_open(void *user, curlsocktype purpose,
                             struct curl_sockaddr *address)
{
  struct gct_transfer *transfer = user;
  int type = address->socktype;
  curl_socket_t opened;

  (void)purpose;
  note_connecting(transfer);
#ifdef SOCK_CLOEXEC
  type |= SOCK_CLOEXEC;
#endif
  opened = socket(address->family, type, address->protocol);
#ifndef SOCK_CLOEXEC
  if (opened != CURL_SOCKET_BAD)
    (void)fcntl(opened, F_SETFD, FD_CLOEXEC);
#endif
  return opened;
}

/* libcurl does not always say that a socket need not be watched any more
   before it closes it, and a forked process may hold a copy of it that keeps
   it in the set. */
static int on_close(void *user, curl_socket_t closed)
{
  struct gct_multi *multi = user;

  (void)gct_sockets_watch(&multi->sockets, closed, 0);
  gct_idle_connections_remove(&multi->idle_connections, closed);
  return close(closed);
}

/* While a proxy sends its response to CONNECT, libcurl reads it byte by byte
   and minds no time-out. It calls this after each byte; a true result ends the
   transfer. No useful response is that long. */
static int on_progress(void *user, curl_off_t to_get, curl_off_t got,
                       curl_off_t to_send, curl_off_t sent)
{
  struct gct_transfer *transfer = user;

  (void)to_get;
  (void)got;
  (void)to_send;
  (void)sent;
  if (transfer->sent > 0)
    return 0;
  transfer->looks++;
  if (transfer->looks <= MAX_CONNECT_LOOKS)
    return 0;
  transfer->stop = GCT_STOPPED_BY_PROXY;
  return 1;
}

/* ---- options that never change ----------------------------------------- */

static const struct {
  CURLoption option;
  long value;
} fixed_options[] = {
    {CURLOPT_NOSIGNAL, 1},       /* threads, and hosts that own the signals */
    {CURLOPT_NOPROGRESS, 0},     /* calls on_progress */
    {CURLOPT_FOLLOWLOCATION, 0}, /* credentials go to one host only */
    {CURLOPT_PATH_AS_IS, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    /* GSS-API, the other one, would block the process. */
    {CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_BASIC},
    /* Headers meant for Genesys are not shown to a CONNECT proxy, and the
       proxy's are not taken for Genesys'. */
    {CURLOPT_HEADEROPT, CURLHEADER_SEPARATE},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
#if LIBCURL_VERSION_NUM >= 0x075700 /* 7.87.0 */
    /* A time-out while a name is being looked up does not wait for it. */
    {CURLOPT_QUICK_EXIT, 1},
#endif
};

static const struct {
  CURLoption option;
  enum gct_text_option text;
} text_options[] = {
    {CURLOPT_SSLCERT, GCT_CLIENT_CERT},
    {CURLOPT_SSLKEY, GCT_CLIENT_KEY},
    {CURLOPT_PROXY, GCT_PROXY},
};

/* Trust, of the API and of a proxy that is spoken to over TLS: what the caller
   names replaces the system's store. Without a directory, CAPATH is switched
   off: with one, libcurl cannot share a parsed bundle between connections and
   parses it anew for each (about 21 ms with Debian's bundle). */
static CURLcode set_trust(CURL *easy, const struct gct_options *options)
{
  const char *file = options->text[GCT_CA_FILE];
  const char *path = options->text[GCT_CA_PATH];
  CURLcode code = CURLE_OK;

  if (file || path) {
    code = curl_easy_setopt(easy, CURLOPT_CAINFO, file);
    if (!code)
      code = curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, file);
    if (!code)
      code = curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, path);
  }
  /* coverage: libcurl fails without memory only */
  if (!code && (file || path || curl_version_info(CURLVERSION_NOW)->cainfo))
    code = curl_easy_setopt(easy, CURLOPT_CAPATH, path);
  return code;
}

/* Options for the callbacks' argument `user`; here each is the transfer. */
static const CURLoption callback_data[] = {
    CURLOPT_RESOLVER_START_DATA,
    CURLOPT_OPENSOCKETDATA,
    CURLOPT_XFERINFODATA,
    CURLOPT_HEADERDATA,
    CURLOPT_WRITEDATA,
    CURLOPT_PREREQDATA,
    CURLOPT_PRIVATE,
};

static CURLcode set_callbacks(struct gct_transfer *transfer)
{
  CURL *easy = transfer->easy;
  CURLcode code =
      curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, on_resolve);
  size_t i;

  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
  for (i = 0; !code && i < sizeof(callback_data) / sizeof(*callback_data); i++)
    code = curl_easy_setopt(easy, callback_data[i], transfer);
  /* A connection may outlive its transfer. */
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer->multi);
  return code;
}

static CURLcode set_once(struct gct_transfer *transfer)
{
  const struct gct_options *options = transfer->options;
  CURL *easy = transfer->easy;
  CURLcode code = set_trust(easy, options);
  size_t i;

  if (!code)
    code = set_callbacks(transfer);
  for (i = 0; !code && i < sizeof(fixed_options) / sizeof(*fixed_options); i++)
    code = curl_easy_setopt(easy, fixed_options[i].option,
                            fixed_options[i].value);
  for (i = 0; !code && i < sizeof(text_options) / sizeof(*text_options); i++) {
    const char *value = options->text[text_options[i].text];

    if (value)
      code = curl_easy_setopt(easy, text_options[i].option, value);
  }
  if (!code) /* coverage: libcurl fails without memory only */
    code = curl_easy_setopt(easy, CURLOPT_SHARE, transfer->multi->share);
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING,
                            options->accept_encoding);
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
  /* What these two point at is filled in before each request. */
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_CURLU, transfer->target);
  if (!code)
    code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->lines);
  return code;
}

struct gct_transfer *gct_transfer_new(const struct gct_options *options,
                                      struct gct_multi *multi,
                                      struct gct_error *error)
{
  struct gct_transfer *transfer = calloc(1, sizeof(*transfer));
  CURLcode code = CURLE_OUT_OF_MEMORY;

  if (transfer) {
    gct_request_init(&transfer->request);
    gct_buffer_init(&transfer->url, transfer->request.url.limit);
    memcpy(transfer->no_type, "Content-Type:", sizeof(transfer->no_type));
    gct_buffer_init(&transfer->body_copy, GCT_MAX_BODY);
    gct_buffer_init(&transfer->headers, GCT_MAX_RESPONSE_HEADER_BYTES);
    gct_buffer_init(&transfer->body, options->max_response_bytes);
    transfer->options = options;
    transfer->multi = multi;
    transfer->target = curl_url();
    transfer->easy = curl_easy_init();
    if (transfer->target && transfer->easy)
      code = set_once(transfer);
    if (!code)
      return transfer;
    gct_transfer_free(transfer);
  }
  gct_error_set(error, GCT_KIND_TRANSPORT, "could not set up libcurl: %s",
                curl_easy_strerror(code));
  error->cause = gct_curl_error_of((int)code)->name;
  return NULL;
}

long gct_transfer_info(const struct gct_transfer *transfer, CURLINFO info)
{
  long value = 0;

  return curl_easy_getinfo(transfer->easy, info, &value) == CURLE_OK ? value
                                                                     : 0;
}

/* ---- reuse and end ------------------------------------------------------ */

void gct_transfer_reset(struct gct_transfer *transfer)
{
  gct_request_reset(&transfer->request);
  gct_buffer_reset(&transfer->body_copy, KEPT_BYTES);
  gct_buffer_reset(&transfer->headers, KEPT_BYTES);
  gct_buffer_reset(&transfer->body, KEPT_BYTES);
  transfer->stop = GCT_NOT_STOPPED;
  transfer->headers_complete = false;
  transfer->connecting = 0;
  transfer->sent = 0;
  transfer->looks = 0;
  transfer->error[0] = '\0';
  memset(&transfer->outcome, 0, sizeof(transfer->outcome));
}

void gct_transfer_free(struct gct_transfer *transfer)
{
  gct_list_remove(&transfer->node);
  /* The handle first: it points at the rest. */
  curl_easy_cleanup(transfer->easy);
  curl_url_cleanup(transfer->target);
  gct_request_release(&transfer->request);
  gct_buffer_release(&transfer->url);
  gct_buffer_release(&transfer->body_copy);
  gct_buffer_release(&transfer->headers);
  gct_buffer_release(&transfer->body);
  free(transfer);
}
