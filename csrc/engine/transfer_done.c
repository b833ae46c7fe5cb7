/*
** How a transfer ended: from libcurl's result, the status and what the
** callbacks saw to an outcome. Declared in transfer.h.
*/
#include <string.h>
#include <sys/socket.h>

#include "engine/curl_errors.h"
#include "engine/clock.h"
#include "engine/proxy.h"
#include "engine/transfer.h"
#include "engine/curl_result.h"

/* A response whose status has arrived, but whose bytes the library did not
   take: the status still says what happened unless a body was promised. */
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

/* libcurl quotes a proxy that it cannot use whole, with its password, in
   words that say what is wrong with it. */
static void hide_quoted(char *words)
{
  char *begin = strchr(words, '\'');
  const char *end = strrchr(words, '\'');

  if (begin && begin < end)
    memmove(begin + 1, end, strlen(end) + 1);
}

/* The option that says which certificates are trusted, and its value: what
   the engine was told, or where libcurl looks by itself. */
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

/* What OpenSSL says of a chain of certificates that does not end in a trusted
   one (X509_V_ERR_... in openssl/x509_vfy.h). Of others, expired ones say, a
   store of more certificates makes nothing good. */
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

/* For a certificate that does not verify: which ones were trusted. For files
   that cannot be used: whose they are. */
static void tell_trust(struct gct_transfer *transfer, const char *words,
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
                        words, cause->name,
                        store ? store : "the system's store", option);
    error->option = option;
  }
}

static void conclude_failure(struct gct_transfer *transfer, CURLcode code)
{
  struct gct_outcome *outcome = &transfer->outcome;
  struct gct_curl_result result = gct_curl_result_of(transfer, code);
  const struct gct_curl_error *cause = gct_curl_error_of(result.code);

  if (cause->kind == GCT_KIND_PROTOCOL && outcome->status > 0) {
    conclude_unread(transfer, cause);
    return;
  }
  if (cause->kind != GCT_KIND_TLS)
    hide_quoted(transfer->error);
  /* What a proxy has not refused, and what is no response yet, is the
     network's trouble. */
  gct_error_set(&outcome->error,
                cause->kind == GCT_KIND_PROTOCOL ||
                        cause->kind == GCT_KIND_PROXY
                    ? GCT_KIND_TRANSPORT
                    : cause->kind,
                "%s (%s)", result.words, cause->name);
  if (cause->kind == GCT_KIND_TLS) {
    outcome->error.retryable = cause->retryable;
    tell_trust(transfer, result.words, cause);
  }
  if (code == CURLE_COULDNT_RESOLVE_PROXY)
    outcome->error.option = "proxy";
  outcome->error.cause = cause->name;
}

/* All connections were in use, or one that others can join was still being
   opened. libcurl speaks of a name that it has not begun to look up. */
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

/* A connection closed within the headers is a whole response to libcurl, but
   whoever cut it may have cut off what mattered. */
static void conclude_cut_headers(struct gct_outcome *outcome)
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

/* What libcurl will not see of a connection that it may keep: bytes that come
   unasked. To find the socket libcurl looks through all connections, so it is
   asked once for each. */
static void keep_in_sight(const struct gct_transfer *transfer)
{
  long version = gct_transfer_info(transfer, CURLINFO_HTTP_VERSION);
  int port = (int)gct_transfer_info(transfer, CURLINFO_LOCAL_PORT);
  curl_socket_t connection;

  /* coverage: libcurl fails without memory only */
  if ((version != CURL_HTTP_VERSION_1_0 && version != CURL_HTTP_VERSION_1_1) ||
      port <= 0 ||
      gct_idle_connections_has(&transfer->sockets->idle_connections, port))
    return;
  connection = connection_of(transfer);
  if (connection != CURL_SOCKET_BAD)
    gct_idle_connections_add(&transfer->sockets->idle_connections, connection,
                             port);
}

/* A connection with HTTP/2 libcurl goes on using after a time-out, also when
   nobody is at the other end any more and every request to come would time
   out, too. Half of the time is long enough to tell, and leaves out the
   beginning, when options come. */
static void end_silence(const struct gct_transfer *transfer, CURLcode code)
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

  outcome->status = gct_transfer_info(transfer, CURLINFO_RESPONSE_CODE);
  /* An interim response, and no other came; or a status that is none. */
  /* coverage: another version of libcurl does that */
  if ((code || !transfer->headers_complete) &&
      (outcome->status < 200 || transfer->stop == GCT_STOPPED_BY_STATUS))
    outcome->status = 0;
  /* libcurl's own count leaves out the wait for a free connection. */
  outcome->elapsed = gct_now() - transfer->started;
  outcome->queued = transfer->connecting > 0
                        ? transfer->connecting - transfer->started
                        : outcome->elapsed;
  outcome->sent = transfer->sent;
  keep_in_sight(transfer);
  end_silence(transfer, code);
  outcome->truncated = code != CURLE_OK || !transfer->headers_complete;
  if (!gct_proxy_refused(transfer, code)) {
    if (code == CURLE_OPERATION_TIMEDOUT && transfer->connecting == 0)
      conclude_queued(transfer);
    else if (code)
      conclude_failure(transfer, code);
    else if (!transfer->headers_complete)
      conclude_cut_headers(outcome);
  }
  outcome->secrets[0] = gct_request_credentials(&transfer->request);
  outcome->secrets[1] = gct_buffer_slice(&transfer->secret);
  gct_outcome_set_response(outcome, &transfer->headers, &transfer->body);
}
