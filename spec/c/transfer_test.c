/*
** One transfer, never performed: making, preparing, concluding, memory.
*/
#include "engine/curl_errors.h"
#include "engine/transfer_done.h"
#include "engine/transfer_setup.h"

#include "check.h"
#include "memory.h"

static const struct gct_timeouts no_timeouts;
static struct gct_multi no_multi; /* never opened */

static struct gct_call call_of(const char *operation)
{
  struct gct_call call;

  memset(&call, 0, sizeof(call));
  call.operation = gct_operation_find(operation);
  call.base_url = gct_slice_from_cstr("https://host");
  call.access_token = gct_slice_from_cstr("token");
  call.client_id = gct_slice_from_cstr("id");
  call.client_secret = gct_slice_from_cstr("secret");
  return call;
}

/* A new transfer, prepared for the operation; freed by the caller. */
static struct gct_transfer *prepared(const struct gct_options *options,
                                     const char *operation)
{
  struct gct_error error;
  struct gct_call call = call_of(operation);
  struct gct_transfer *transfer = gct_transfer_new(options, &no_multi, &error);

  CHECK(transfer &&
        gct_transfer_prepare(transfer, &call, &no_timeouts, &error));
  return transfer;
}

static void test_prepare(const struct gct_options *options)
{
  struct gct_error error;
  struct gct_call call = call_of("put_tokens_timeout");
  struct gct_call refused = call_of("delete_token");
  struct gct_transfer *transfer = gct_transfer_new(options, &no_multi, &error);
  char body[] = "{\"a\":1}";
  size_t i;

  CHECK(transfer != NULL);
  call.body = gct_slice_from_cstr(body);
  CHECK(gct_transfer_prepare(transfer, &call, &no_timeouts, &error));
  CHECK(transfer->outcome.operation == call.operation);
  CHECK_STRING(transfer->outcome.url, "https://host/api/v2/tokens/timeout");
  CHECK(transfer->outcome.error.kind == GCT_KIND_NONE);
  /* The caller's bytes are not needed any more. */
  memset(body, 'x', sizeof(body));
  CHECK_TEXT(gct_buffer_slice(&transfer->body_copy),
             gct_slice_from_cstr("{\"a\":1}"));
  CHECK_TEXT(gct_request_credentials(&transfer->request),
             gct_slice_from_cstr("token"));

  CHECK(!gct_transfer_prepare(transfer, &refused, &no_timeouts, &error));
  CHECK(error.kind == GCT_KIND_ARGUMENT);
  CHECK(!transfer->outcome.operation);

  for (i = 0; i < gct_operation_count; i++) {
    call = call_of(gct_operations[i].name);
    call.parameters[0] = gct_slice_from_cstr("x");
    check_row = gct_operations[i].name;
    CHECK(gct_transfer_prepare(transfer, &call, &no_timeouts, &error));
    CHECK(transfer->outcome.operation == &gct_operations[i]);
    CHECK_TEXT(transfer->outcome.secrets[1],
               gct_slice_from_cstr(gct_operations[i].credentials == GCT_BASIC
                                       ? "secret"
                                       : ""));
  }
  check_row = "";

  gct_transfer_reset(transfer);
  gct_transfer_reset(transfer);
  CHECK(!transfer->outcome.operation);
  CHECK(transfer->request.secret.length == 0 &&
        transfer->body_copy.length == 0);
  gct_transfer_free(transfer);
}

/* What the transfer's handle is set to: the URL in both forms, and the line of
   the credentials. */
static void check_request(struct gct_transfer *transfer, const char *url,
                          const char *authorization)
{
  char *parsed = NULL;

  CHECK(curl_url_get(transfer->target, CURLUPART_URL, &parsed, 0) ==
        CURLUE_OK);
  CHECK_STRING(parsed, url);
  curl_free(parsed);
  CHECK_STRING(transfer->url.data, url);
  CHECK_STRING(transfer->lines[0].data, authorization);
}

/* A handle that is used again asks for what the last call says, whether it
   has to parse the URL or knows it. */
static void test_another_request(const struct gct_options *options)
{
  static const struct {
    const char *operation, *user_id, *token, *url, *authorization;
  } rows[] = {
      {"delete_token", "1", "a", "https://host/api/v2/tokens/1",
       "Authorization: Bearer a"},
      {"delete_token", "1", "b", "https://host/api/v2/tokens/1",
       "Authorization: Bearer b"},
      {"delete_token", "2", "b", "https://host/api/v2/tokens/2",
       "Authorization: Bearer b"},
      {"delete_token", "..%2F", "b", "https://host/api/v2/tokens/..%252F",
       "Authorization: Bearer b"},
      {"get_tokens_me", NULL, "b", "https://host/api/v2/tokens/me",
       "Authorization: Bearer b"},
      {"delete_token", "2", "a", "https://host/api/v2/tokens/2",
       "Authorization: Bearer a"},
  };
  struct gct_transfer *transfer = prepared(options, "get_tokens_me");
  struct gct_error error;
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    struct gct_call call = call_of(rows[i].operation);

    check_row = rows[i].url;
    call.parameters[0] = gct_slice_from_cstr(rows[i].user_id);
    call.access_token = gct_slice_from_cstr(rows[i].token);
    CHECK(gct_transfer_prepare(transfer, &call, &no_timeouts, &error));
    check_request(transfer, rows[i].url, rows[i].authorization);
  }
  check_row = "";
  gct_transfer_free(transfer);
}

/* However little memory there is for another URL: the one after that is not
   taken for known. */
static void test_url_out_of_memory(const struct gct_options *options)
{
  long nth = 0;
  long failures;

  do {
    struct gct_transfer *transfer = prepared(options, "get_tokens_me");
    struct gct_call call = call_of("get_tokens_timeout");
    struct gct_error error;
    bool ok;

    memory_fail(++nth, 1);
    ok = gct_transfer_prepare(transfer, &call, &no_timeouts, &error);
    failures = memory_heal();
    CHECK(ok == (failures == 0));
    call = call_of("get_tokens_me");
    CHECK(gct_transfer_prepare(transfer, &call, &no_timeouts, &error));
    check_request(transfer, "https://host/api/v2/tokens/me",
                  "Authorization: Bearer token");
    gct_transfer_free(transfer);
  } while (failures > 0);
  CHECK(nth > 3);
}

/* No status has arrived: what libcurl says is what the error says. */
static void test_conclude(const struct gct_options *options)
{
  static const struct {
    CURLcode code;
    enum gct_stop stop;
    const char *message;
    enum gct_kind kind;
    const char *cause;
    const char *reason;
  } rows[] = {
      {CURLE_COULDNT_CONNECT, GCT_NOT_STOPPED, "no route", GCT_KIND_TRANSPORT,
       "COULDNT_CONNECT", "no route (COULDNT_CONNECT)"},
      {CURLE_OPERATION_TIMEDOUT, GCT_NOT_STOPPED, "too\nslow",
       GCT_KIND_TIMEOUT, "OPERATION_TIMEDOUT",
       "too slow (OPERATION_TIMEDOUT)"},
      {CURLE_PEER_FAILED_VERIFICATION, GCT_NOT_STOPPED, "expired",
       GCT_KIND_TLS, "PEER_FAILED_VERIFICATION",
       "expired (PEER_FAILED_VERIFICATION)"},
      {CURLE_WRITE_ERROR, GCT_STOPPED_BY_MEMORY, "stopped", GCT_KIND_TRANSPORT,
       "OUT_OF_MEMORY", "stopped (OUT_OF_MEMORY)"},
      {CURLE_WRITE_ERROR, GCT_NOT_STOPPED, "odd", GCT_KIND_TRANSPORT,
       "WRITE_ERROR", "odd (WRITE_ERROR)"},
      {CURLE_FTP_COULDNT_USE_REST, GCT_NOT_STOPPED, "odd", GCT_KIND_TRANSPORT,
       "FTP_COULDNT_USE_REST", "odd (FTP_COULDNT_USE_REST)"},
      {CURLE_OUT_OF_MEMORY, GCT_NOT_STOPPED, "", GCT_KIND_TRANSPORT,
       "OUT_OF_MEMORY", "Out of memory (OUT_OF_MEMORY)"},
      /* what one version of libcurl or another ends transfers with */
      {CURLE_URL_MALFORMAT, GCT_NOT_STOPPED, "No URL set", GCT_KIND_TRANSPORT,
       "OUT_OF_MEMORY", "Out of memory (OUT_OF_MEMORY)"},
      {CURLE_ABORTED_BY_CALLBACK, GCT_NOT_STOPPED, "odd", GCT_KIND_TRANSPORT,
       "OUT_OF_MEMORY", "Out of memory (OUT_OF_MEMORY)"},
      {CURLE_WRITE_ERROR, GCT_STOPPED_BY_STATUS, "stopped", GCT_KIND_TRANSPORT,
       "UNSUPPORTED_PROTOCOL",
       "the response's status has more than three digits "
       "(UNSUPPORTED_PROTOCOL)"},
      {CURLE_WEIRD_SERVER_REPLY, GCT_NOT_STOPPED, "a proxy's",
       GCT_KIND_TRANSPORT, "RECV_ERROR", "a proxy's (RECV_ERROR)"},
      {(CURLcode)GCT_CURLE_TOO_LARGE, GCT_NOT_STOPPED, "a proxy's headers",
       GCT_KIND_TRANSPORT, "RECV_ERROR", "a proxy's headers (RECV_ERROR)"},
      {(CURLcode)150, GCT_NOT_STOPPED, "new", GCT_KIND_TRANSPORT, "CURL_150",
       "new (CURL_150)"},
      {CURLE_OK, GCT_NOT_STOPPED, "", GCT_KIND_TRANSPORT, "PARTIAL_FILE",
       "the response's headers were cut short (PARTIAL_FILE)"},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    struct gct_transfer *transfer = prepared(options, "get_tokens_me");

    check_row = rows[i].reason;
    strcpy(transfer->error, rows[i].message);
    transfer->stop = rows[i].stop;
    transfer->connecting = transfer->started;
    gct_transfer_conclude(transfer, rows[i].code);
    CHECK(transfer->outcome.error.kind == rows[i].kind);
    CHECK_STRING(transfer->outcome.error.cause, rows[i].cause);
    CHECK_STRING(transfer->outcome.error.message, rows[i].reason);
    CHECK(transfer->outcome.status == 0);
    gct_transfer_free(transfer);
  }
  check_row = "";
}

/* What never got a connection says that it waited for one, whatever libcurl
   says; only a time-out can end it so. */
static void test_queued(const struct gct_options *options)
{
  struct gct_transfer *transfer = prepared(options, "get_tokens_me");

  strcpy(transfer->error, "Failed to resolve host after 0 ms");
  transfer->started -= 1.5;
  gct_transfer_conclude(transfer, CURLE_OPERATION_TIMEDOUT);
  CHECK(transfer->outcome.error.kind == GCT_KIND_TIMEOUT);
  CHECK(transfer->outcome.error.retryable);
  CHECK(strncmp(transfer->outcome.error.message, "waited 1.5", 10) == 0);
  CHECK(transfer->outcome.queued >= 1.5 && transfer->outcome.queued < 5);
  gct_transfer_free(transfer);
}

static void test_success(const struct gct_options *options)
{
  struct gct_transfer *transfer = prepared(options, "get_tokens_me");

  transfer->headers_complete = true;
  gct_transfer_conclude(transfer, CURLE_OK);
  CHECK(transfer->outcome.error.kind == GCT_KIND_NONE);
  CHECK(!transfer->outcome.error.cause);
  CHECK(transfer->outcome.elapsed >= 0 && transfer->outcome.elapsed < 5);
  gct_transfer_free(transfer);
}

/* Credentials that a server sends back stay out of the outcome. */
static void test_redaction(const struct gct_options *options)
{
  struct gct_transfer *transfer = prepared(options, "get_tokens_me");
  struct gct_outcome *outcome = &transfer->outcome;

  (void)gct_buffer_append(&transfer->headers, "X: token\r\n",
                          sizeof("X: token\r\n") - 1);
  (void)gct_buffer_append(&transfer->body, "no token, my token",
                          sizeof("no token, my token") - 1);
  gct_transfer_conclude(transfer, CURLE_OK);
  CHECK_TEXT(outcome->headers, gct_slice_from_cstr("X: *****\r\n"));
  CHECK_TEXT(outcome->body, gct_slice_from_cstr("no *****, my *****"));
  gct_transfer_free(transfer);

  transfer = prepared(options, "post_oauth_token");
  (void)gct_buffer_append(&transfer->body, "id and secret",
                          sizeof("id and secret") - 1);
  gct_transfer_conclude(transfer, CURLE_OK);
  CHECK_TEXT(transfer->outcome.body, gct_slice_from_cstr("id and ******"));
  gct_transfer_free(transfer);
}

/* With however little memory: made and prepared, or a transport error, and
   nothing left behind. */
static void test_out_of_memory(const struct gct_options *options)
{
  long before = memory_blocks();
  long nth = 0;
  long failures;

  do {
    struct gct_error error;
    struct gct_call call = call_of("put_tokens_timeout");
    struct gct_transfer *transfer;
    bool ok;

    call.body = gct_slice_from_cstr("{}");
    memory_fail(++nth, 1);
    transfer = gct_transfer_new(options, &no_multi, &error);
    ok = transfer &&
         gct_transfer_prepare(transfer, &call, &no_timeouts, &error);
    failures = memory_heal();
    CHECK(ok == (failures == 0));
    CHECK(ok || error.kind == GCT_KIND_TRANSPORT);
    if (transfer) {
      CHECK(gct_transfer_prepare(transfer, &call, &no_timeouts, &error));
      gct_transfer_free(transfer);
    }
    CHECK(memory_blocks() == before);
  } while (failures > 0);
  CHECK(nth > 10);
}

int main(void)
{
  struct gct_options options;
  long before;

  CHECK(memory_use_in_libcurl());
  before = memory_blocks();
  gct_options_init(&options);
  CHECK(gct_options_set(&options, GCT_PROXY, ""));
  CHECK(gct_options_set(&options, GCT_CA_FILE, "/none"));
  test_prepare(&options);
  test_another_request(&options);
  test_url_out_of_memory(&options);
  test_conclude(&options);
  test_queued(&options);
  test_success(&options);
  test_redaction(&options);
  test_out_of_memory(&options);
  gct_options_release(&options);
  CHECK(memory_blocks() == before);
  return check_report();
}
