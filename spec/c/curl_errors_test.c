/*
** The table of libcurl's result codes.
*/
#include "engine/curl_errors.h"

#include <curl/curl.h>

#include "check.h"

static void test_known(void)
{
  static const struct {
    int code;
    const char *name;
    enum gct_kind kind;
  } rows[] = {
      {CURLE_COULDNT_CONNECT, "COULDNT_CONNECT", GCT_KIND_TRANSPORT},
      {CURLE_COULDNT_RESOLVE_HOST, "COULDNT_RESOLVE_HOST", GCT_KIND_TRANSPORT},
      {CURLE_COULDNT_RESOLVE_PROXY, "COULDNT_RESOLVE_PROXY",
       GCT_KIND_TRANSPORT},
      {CURLE_OPERATION_TIMEDOUT, "OPERATION_TIMEDOUT", GCT_KIND_TIMEOUT},
      {CURLE_GOT_NOTHING, "GOT_NOTHING", GCT_KIND_TRANSPORT},
      {CURLE_RECV_ERROR, "RECV_ERROR", GCT_KIND_TRANSPORT},
      {CURLE_SEND_ERROR, "SEND_ERROR", GCT_KIND_TRANSPORT},
      {CURLE_PARTIAL_FILE, "PARTIAL_FILE", GCT_KIND_TRANSPORT},
      {CURLE_HTTP2, "HTTP2", GCT_KIND_TRANSPORT},
      {CURLE_HTTP2_STREAM, "HTTP2_STREAM", GCT_KIND_TRANSPORT},
      {CURLE_WEIRD_SERVER_REPLY, "WEIRD_SERVER_REPLY", GCT_KIND_TRANSPORT},
      {CURLE_UNSUPPORTED_PROTOCOL, "UNSUPPORTED_PROTOCOL", GCT_KIND_TRANSPORT},
      {CURLE_OUT_OF_MEMORY, "OUT_OF_MEMORY", GCT_KIND_TRANSPORT},
      {CURLE_SSL_CONNECT_ERROR, "SSL_CONNECT_ERROR", GCT_KIND_TLS},
      {CURLE_PEER_FAILED_VERIFICATION, "PEER_FAILED_VERIFICATION",
       GCT_KIND_TLS},
      {CURLE_SSL_CERTPROBLEM, "SSL_CERTPROBLEM", GCT_KIND_TLS},
      {CURLE_SSL_CACERT_BADFILE, "SSL_CACERT_BADFILE", GCT_KIND_TLS},
      {CURLE_SSL_CLIENTCERT, "SSL_CLIENTCERT", GCT_KIND_TLS},
      {CURLE_BAD_CONTENT_ENCODING, "BAD_CONTENT_ENCODING", GCT_KIND_PROTOCOL},
      {CURLE_WRITE_ERROR, "WRITE_ERROR", GCT_KIND_PROTOCOL},
      {CURLE_URL_MALFORMAT, "URL_MALFORMAT", GCT_KIND_ARGUMENT},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    const struct gct_curl_error *cause = gct_curl_error_of(rows[i].code);

    check_row = rows[i].name;
    CHECK(cause->code == rows[i].code);
    CHECK_STRING(cause->name, rows[i].name);
    CHECK(cause->kind == rows[i].kind);
  }
  check_row = "";
}

/* Whatever the header at hand knows: the library may run with a later libcurl
   than it was built with. */
static void test_later(void)
{
  static const struct {
    int code;
    const char *name;
    enum gct_kind kind;
  } rows[] = {
      {GCT_CURLE_TOO_LARGE, "TOO_LARGE", GCT_KIND_TRANSPORT},
      {101, "ECH_REQUIRED", GCT_KIND_TLS},
      {102, "CURL_102", GCT_KIND_TRANSPORT},
      {110, "CURL_110", GCT_KIND_TRANSPORT},
      {199, "CURL_199", GCT_KIND_TRANSPORT},
      /* no longer in use */
      {20, "CURL_20", GCT_KIND_TRANSPORT},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    check_row = rows[i].name;
    CHECK_STRING(gct_curl_error_of(rows[i].code)->name, rows[i].name);
    CHECK(gct_curl_error_of(rows[i].code)->kind == rows[i].kind);
  }
  check_row = "";
#if LIBCURL_VERSION_NUM >= 0x080600
  CHECK((int)CURLE_TOO_LARGE == GCT_CURLE_TOO_LARGE);
#endif
}

static void test_unknown(void)
{
  static const int codes[] = {CURLE_OK, 100000, -1, -100000};
  size_t i;

  for (i = 0; i < LENGTH(codes); i++) {
    CHECK_STRING(gct_curl_error_of(codes[i])->name, "UNKNOWN");
    CHECK(gct_curl_error_of(codes[i])->kind == GCT_KIND_TRANSPORT);
  }
}

/* A code stands in the table once: found by code, it is its own row. */
static void test_all(void)
{
  int code;

  for (code = 1; code < 200; code++) {
    const struct gct_curl_error *cause = gct_curl_error_of(code);

    CHECK(cause->code == code);
    CHECK(cause->kind > GCT_KIND_NONE && cause->kind < GCT_KIND_CLOSED);
  }
}

int main(void)
{
  test_known();
  test_later();
  test_unknown();
  test_all();
  return check_report();
}
