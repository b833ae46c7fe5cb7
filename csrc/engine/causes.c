/*
** libcurl's result codes as a table. Only codes that an HTTP transfer can end
** with are listed. GCT_KIND_PROTOCOL marks those where a reply has begun and
** its body cannot be used. Of TLS, only a handshake that broke off is retried:
** a certificate that does not verify will not verify the next time.
*/
#include "engine/causes.h"

#include <stddef.h>

#include <curl/curl.h>

#define CAUSE(name, kind, retryable)                                          \
  {                                                                           \
    CURLE_##name, #name, kind, retryable                                      \
  }

static const struct gct_cause causes[] = {
    CAUSE(COULDNT_CONNECT, GCT_KIND_TRANSPORT, true),
    CAUSE(COULDNT_RESOLVE_HOST, GCT_KIND_TRANSPORT, true),
    CAUSE(COULDNT_RESOLVE_PROXY, GCT_KIND_TRANSPORT, true),
    CAUSE(OPERATION_TIMEDOUT, GCT_KIND_TIMEOUT, true),
    CAUSE(GOT_NOTHING, GCT_KIND_TRANSPORT, true),
    CAUSE(RECV_ERROR, GCT_KIND_TRANSPORT, true),
    CAUSE(SEND_ERROR, GCT_KIND_TRANSPORT, true),
    CAUSE(PARTIAL_FILE, GCT_KIND_TRANSPORT, true),
    CAUSE(HTTP2, GCT_KIND_TRANSPORT, true),
    CAUSE(HTTP2_STREAM, GCT_KIND_TRANSPORT, true),
    CAUSE(WEIRD_SERVER_REPLY, GCT_KIND_TRANSPORT, true),
    /* An HTTP/0.9 reply, or a reply that is not HTTP at all. */
    CAUSE(UNSUPPORTED_PROTOCOL, GCT_KIND_TRANSPORT, true),
    /* Header lines that libcurl does not want to keep. */
    CAUSE(BAD_FUNCTION_ARGUMENT, GCT_KIND_TRANSPORT, true),
    /* A SOCKS proxy said no; which no it was decides, see conclusion.c. */
    CAUSE(PROXY, GCT_KIND_PROXY, false),
    CAUSE(INTERFACE_FAILED, GCT_KIND_TRANSPORT, true),
    CAUSE(NO_CONNECTION_AVAILABLE, GCT_KIND_TRANSPORT, true),
    CAUSE(AGAIN, GCT_KIND_TRANSPORT, true),
    CAUSE(OUT_OF_MEMORY, GCT_KIND_TRANSPORT, true),
    CAUSE(SSL_CONNECT_ERROR, GCT_KIND_TLS, true),
    CAUSE(PEER_FAILED_VERIFICATION, GCT_KIND_TLS, false),
    CAUSE(SSL_CERTPROBLEM, GCT_KIND_TLS, false),
    CAUSE(SSL_CIPHER, GCT_KIND_TLS, false),
    CAUSE(SSL_CACERT_BADFILE, GCT_KIND_TLS, false),
    CAUSE(SSL_CRL_BADFILE, GCT_KIND_TLS, false),
    CAUSE(SSL_ISSUER_ERROR, GCT_KIND_TLS, false),
    CAUSE(SSL_INVALIDCERTSTATUS, GCT_KIND_TLS, false),
    CAUSE(SSL_PINNEDPUBKEYNOTMATCH, GCT_KIND_TLS, false),
    CAUSE(SSL_ENGINE_NOTFOUND, GCT_KIND_TLS, false),
    CAUSE(SSL_ENGINE_SETFAILED, GCT_KIND_TLS, false),
    CAUSE(SSL_ENGINE_INITFAILED, GCT_KIND_TLS, false),
    CAUSE(SSL_CLIENTCERT, GCT_KIND_TLS, false),
    CAUSE(USE_SSL_FAILED, GCT_KIND_TLS, false),
    CAUSE(BAD_CONTENT_ENCODING, GCT_KIND_PROTOCOL, false),
    CAUSE(WRITE_ERROR, GCT_KIND_PROTOCOL, false),
    CAUSE(URL_MALFORMAT, GCT_KIND_ARGUMENT, false),
};

static const struct gct_cause unknown = {-1, "UNKNOWN", GCT_KIND_TRANSPORT,
                                         true};

const struct gct_cause *gct_cause_of(int code)
{
  size_t i;

  for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
    if (causes[i].code == code)
      return &causes[i];
  }
  return &unknown;
}
