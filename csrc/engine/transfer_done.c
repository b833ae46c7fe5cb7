/*
** How a transfer ended: from libcurl's result code, the status and what the
** callbacks saw to an outcome.
*/
#include "engine/transfer_done.h"

#include <string.h>
#include <sys/socket.h>

#include "engine/clock.h"
#include "engine/curl_errors.h"
#include "engine/curl_result.h"
#include "engine/proxy.h"

/* A response whose status has arrived, but whose body was not read: an error
   only where the operation needs a body. */
static void conclude_unread(struct gct_transfer *transfer,
                            const struct gct_curl_error *cause)
{
  struct gct_outcome *outcome = &transfer->outcome;

  if (!gct_outcome_needs_body(outcome))
    return;
  if (transfer->stop == GCT_STOPPED_BY_SIZE)
    gct_outcome_truncated(outcome, transfer->body.limit);
  else
    gct_error_set(&outcome->error, GCT_KIND_PROTOCOL,
                  "the response's body cannot be decoded: %s",
                  transfer->error);
  outcome->error.cause = cause->name;
}

/* In its message about a proxy URL that it cannot use, libcurl quotes the
   whole URL, with the password. */
static void remove_quoted(char *message)
{
  char *begin = strchr(message, '\'');
  const char *end = strrchr(message, '\'');

  if (begin && begin < end)
    memmove(begin + 1, end, strlen(end) + 1);
}

/* The option that says which certificates are trusted, and its value or, where
   it is not set, libcurl's default. */
static const char *trust_option(const struct gct_options *options,
                                const char **value)
{
  const curl_version_info_data *libcurl = curl_version_info(CURLVERSION_NOW);

  if (options->text[GCT_CA_FILE] || !options->text[GCT_CA_PATH]) {
    *value = options->text[GCT_CA_FILE];
    if (!*value)
      *value = libcurl->cainfo ? libcurl->cainfo : libcurl->capath;
    return "ca_file";
  }
  *value = options->text[GCT_CA_PATH];
  return "ca_path";
}

/* OpenSSL's codes for a certificate chain that does not end in a trusted one
   (X509_V_ERR_... in openssl/x509_vfy.h). Trusting more certificates does not
   help against the others, an expired certificate for example. */
static const long untrusted[] = {2, 18, 19, 20, 21, 27};

static bool is_untrusted(const struct gct_transfer *transfer, CURLINFO info)
{
  long result = gct_transfer_info(transfer, info);
  size_t i;

  for (i = 0; i < sizeof(untrusted) / sizeof(*untrusted); i++) {
    if (untrusted[i] == result)
      return true;
  }
  return false;
}

/* Adds to an error of kind tls which certificates are trusted, or which option
   names a file that cannot be used. */
static void add_trust(struct gct_transfer *transfer, const char *message,
                      const struct gct_curl_error *cause)
{
  struct gct_error *error = &transfer->outcome.error;
  const char *store;
  const char *option = trust_option(transfer->options, &store);

  if (cause->code == CURLE_SSL_CACERT_BADFILE) {
    error->option = option;
  } else if (cause->code == CURLE_SSL_CERTPROBLEM) {
    error->option = "client_cert";
    /* coverage: libcurl fails without memory only */
  } else if (cause->code == CURLE_PEER_FAILED_VERIFICATION &&
             (is_untrusted(transfer, CURLINFO_SSL_VERIFYRESULT) ||
              is_untrusted(transfer, CURLINFO_PROXY_SSL_VERIFYRESULT))) {
    (void)gct_error_set(error, GCT_KIND_TLS,
                        "%.200s (%s); the certificates in %.200s are trusted, "
                        "%s can name others",
                        message, cause->name,
                        store ? store : "the system's store", option);
    error->option = option;
  }
}

static void conclude_error(struct gct_transfer *transfer, CURLcode code)
{
  struct gct_outcome *outcome = &transfer->outcome;
  struct gct_curl_result result = gct_curl_result_of(transfer, code);
  const struct gct_curl_error *cause = gct_curl_error_of(result.code);

  if (cause->kind == GCT_KIND_PROTOCOL && outcome->status > 0) {
    conclude_unread(transfer, cause);
    return;
  }
  if (cause->kind != GCT_KIND_TLS)
    remove_quoted(transfer->error);
  /* Without a refusal of the proxy, or without a status, it is the network. */
  gct_error_set(&outcome->error,
                cause->kind == GCT_KIND_PROTOCOL ||
                        cause->kind == GCT_KIND_PROXY
                    ? GCT_KIND_TRANSPORT
                    : cause->kind,
                "%s (%s)", result.message, cause->name);
  if (cause->kind == GCT_KIND_TLS) {
    outcome->error.retryable = cause->retryable;
    add_trust(transfer, result.message, cause);
  }
  if (code == CURLE_COULDNT_RESOLVE_PROXY)
    outcome->error.option = "proxy";
  outcome->error.cause = cause->name;
}

/* All connections were in use, or one that others can share was still being
   opened. libcurl's own message would be about a name lookup. */
static void conclude_queued(struct gct_transfer *transfer)
{
  struct gct_outcome *outcome = &transfer->outcome;
  const struct gct_curl_error *cause =
      gct_curl_error_of((int)CURLE_OPERATION_TIMEDOUT);

  (void)gct_error_set(
      &outcome->error, cause->kind,
      "waited %.3f s for a free connection, max_connections is "
      "%lu (%s)",
      outcome->queued, (unsigned long)transfer->options->max_connections,
      cause->name);
  outcome->error.cause = cause->name;
}

/* libcurl takes a connection that was closed within the headers for a complete
   response, but headers may be missing. */
static void conclude_truncated_headers(struct gct_outcome *outcome)
{
  const struct gct_curl_error *cause =
      gct_curl_error_of((int)CURLE_PARTIAL_FILE);

  (void)gct_error_set(&outcome->error, cause->kind,
                      "the response's headers were cut short (%s)",
                      cause->name);
  outcome->error.cause = cause->name;
}

static curl_socket_t connection_of(const struct gct_transfer *transfer)
{
  curl_socket_t connection = CURL_SOCKET_BAD;

  /* coverage: libcurl fails without memory only */
  return curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET,
                           &connection) == CURLE_OK
             ? connection
             : CURL_SOCKET_BAD;
}

/* Notes the socket, to check it for unsolicited data before it is reused.
   CURLINFO_ACTIVESOCKET searches all connections, so it is read once for
   each. */
static void note_connection(const struct gct_transfer *transfer)
{
  long version = gct_transfer_info(transfer, CURLINFO_HTTP_VERSION);
  int port = (int)gct_transfer_info(transfer, CURLINFO_LOCAL_PORT);
  curl_socket_t connection;

  /* coverage: libcurl fails without memory only */
  if ((version != CURL_HTTP_VERSION_1_0 && version != CURL_HTTP_VERSION_1_1) ||
      port <= 0 ||
      gct_idle_connections_has(&transfer->multi->idle_connections, port))
    return;
  connection = connection_of(transfer);
  if (connection != CURL_SOCKET_BAD)
    gct_idle_connections_add(&transfer->multi->idle_connections, connection,
                             port);
}

/* libcurl goes on using an HTTP/2 connection after a time-out, even when the
   peer is gone and every later request would time out, too. Silence for half
   of the attempt's time is taken for a peer that is gone; the first half may
   have brought the peer's SETTINGS. */
static void close_silent(const struct gct_transfer *transfer, CURLcode code)
{
  curl_socket_t connection;

  if (code != CURLE_OPERATION_TIMEDOUT || transfer->sent == 0)
    return;
  connection = connection_of(transfer);
  if (connection != CURL_SOCKET_BAD &&
      gct_is_silent(connection, transfer->outcome.elapsed / 2))
    (void)shutdown(connection, SHUT_RDWR);
}

void gct_transfer_conclude(struct gct_transfer *transfer, CURLcode code)
{
  struct gct_outcome *outcome = &transfer->outcome;

  /* Before libcurl began with it, this is the last transfer's. */
  if (transfer->connecting > 0)
    outcome->status = gct_transfer_info(transfer, CURLINFO_RESPONSE_CODE);
  /* An interim response, and no other came; or a status that is none. */
  /* coverage: another version of libcurl does that */
  if ((code || !transfer->headers_complete) &&
      (outcome->status < 200 || transfer->stop == GCT_STOPPED_BY_STATUS))
    outcome->status = 0;
  /* CURLINFO_TOTAL_TIME leaves out the time in the queue. */
  outcome->elapsed = gct_now() - transfer->started;
  outcome->queued = transfer->connecting > 0
                        ? transfer->connecting - transfer->started
                        : outcome->elapsed;
  outcome->sent = transfer->sent;
  if (transfer->connecting > 0)
    note_connection(transfer);
  close_silent(transfer, code);
  outcome->truncated = code != CURLE_OK || !transfer->headers_complete;
  if (code == CURLE_OPERATION_TIMEDOUT && transfer->connecting == 0) {
    conclude_queued(transfer);
  } else if (!gct_proxy_refused(transfer, code)) {
    if (code)
      conclude_error(transfer, code);
    else if (!transfer->headers_complete)
      conclude_truncated_headers(outcome);
  }
  gct_outcome_set_response(outcome, &transfer->headers, &transfer->body);
}
