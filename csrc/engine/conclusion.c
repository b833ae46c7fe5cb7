/*
** How a transfer ended: from libcurl's verdict, the status and what the
** callbacks saw to an outcome. Declared in transfer.h.
*/
#include "engine/causes.h"
#include "engine/clock.h"
#include "engine/transfer.h"

#include <sys/socket.h>

/* A reply whose status has arrived, but whose bytes the library did not
   take: the status still says what happened unless a body was promised. */
static void conclude_unread(struct gct_transfer *transfer,
                            const struct gct_cause *cause)
{
  struct gct_outcome *outcome = &transfer->outcome;

  if (!gct_outcome_needs_body(outcome))
    return;
  if (transfer->stop == GCT_STOPPED_BY_SIZE)
    gct_outcome_cut(outcome, transfer->body.limit);
  else
    gct_fail(&outcome->failure, GCT_KIND_PROTOCOL,
             "the reply's body cannot be decoded: %s", transfer->error);
  outcome->failure.cause = cause->name;
}

static void conclude_failure(struct gct_transfer *transfer, CURLcode code)
{
  struct gct_outcome *outcome = &transfer->outcome;
  const struct gct_cause *cause = gct_cause_of(
      transfer->stop == GCT_STOPPED_BY_MEMORY ? (int)CURLE_OUT_OF_MEMORY
                                              : (int)code);
  const char *words =
      transfer->error[0] ? transfer->error : curl_easy_strerror(code);

  if (cause->kind == GCT_KIND_PROTOCOL && outcome->status > 0) {
    conclude_unread(transfer, cause);
    return;
  }
  gct_fail(&outcome->failure,
           cause->kind == GCT_KIND_PROTOCOL ? GCT_KIND_TRANSPORT : cause->kind,
           "%s (%s)", words, cause->name);
  outcome->failure.cause = cause->name;
}

/* A connection closed within the headers is a whole reply to libcurl, but
   whoever cut it may have cut off what mattered. */
static void conclude_cut_headers(struct gct_outcome *outcome)
{
  const struct gct_cause *cause = gct_cause_of((int)CURLE_PARTIAL_FILE);

  (void)gct_fail(&outcome->failure, cause->kind,
                 "the reply's headers were cut short (%s)", cause->name);
  outcome->failure.cause = cause->name;
}

/* Some libcurl getinfo calls can only fail when misused; then 0 is right. */
static long get_long(CURL *easy, CURLINFO info)
{
  long value = 0;

  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

static curl_socket_t connection_of(const struct gct_transfer *transfer)
{
  curl_socket_t connection = CURL_SOCKET_BAD;

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
  long version = get_long(transfer->easy, CURLINFO_HTTP_VERSION);
  int port = (int)get_long(transfer->easy, CURLINFO_LOCAL_PORT);
  curl_socket_t connection;

  if ((version != CURL_HTTP_VERSION_1_0 && version != CURL_HTTP_VERSION_1_1) ||
      port <= 0 || gct_kept_has(&transfer->sockets->kept, port))
    return;
  connection = connection_of(transfer);
  if (connection != CURL_SOCKET_BAD)
    gct_kept_add(&transfer->sockets->kept, connection, port);
}

/* A connection with HTTP/2 libcurl goes on using after a time-out, also when
   nobody is at the other end any more and every request to come would time
   out, too. Half of the time is long enough to tell, and leaves out the
   beginning, when settings come. */
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

  outcome->status = get_long(transfer->easy, CURLINFO_RESPONSE_CODE);
  if (code && outcome->status < 200)
    outcome->status = 0; /* an interim reply, and no other came */
  /* libcurl's own count leaves out the wait for a free connection. */
  outcome->elapsed = gct_now() - transfer->started;
  outcome->sent = transfer->sent;
  keep_in_sight(transfer);
  end_silence(transfer, code);
  if (code)
    conclude_failure(transfer, code);
  else if (!transfer->headers_complete)
    conclude_cut_headers(outcome);
  outcome->secrets[0] = gct_request_credentials(&transfer->request);
  outcome->secrets[1] = gct_buffer_text(&transfer->secret);
  gct_outcome_take(outcome, &transfer->headers, &transfer->body);
}
