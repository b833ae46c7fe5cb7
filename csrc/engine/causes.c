/*
** libcurl's result codes as a table. Only codes that an HTTP transfer can end
** with are listed. GCT_KIND_PROTOCOL marks those where a reply has begun and
** its body cannot be used.
*/
#include "engine/causes.h"

#include <stddef.h>

#include <curl/curl.h>

#define CAUSE(name, kind)                                                     \
  {                                                                           \
    CURLE_##name, #name, kind                                                 \
  }

static const struct gct_cause causes[] = {
    CAUSE(COULDNT_CONNECT, GCT_KIND_TRANSPORT),
    CAUSE(COULDNT_RESOLVE_HOST, GCT_KIND_TRANSPORT),
    CAUSE(COULDNT_RESOLVE_PROXY, GCT_KIND_TRANSPORT),
    CAUSE(OPERATION_TIMEDOUT, GCT_KIND_TIMEOUT),
    CAUSE(GOT_NOTHING, GCT_KIND_TRANSPORT),
    CAUSE(RECV_ERROR, GCT_KIND_TRANSPORT),
    CAUSE(SEND_ERROR, GCT_KIND_TRANSPORT),
    CAUSE(PARTIAL_FILE, GCT_KIND_TRANSPORT),
    CAUSE(HTTP2, GCT_KIND_TRANSPORT),
    CAUSE(HTTP2_STREAM, GCT_KIND_TRANSPORT),
    CAUSE(WEIRD_SERVER_REPLY, GCT_KIND_TRANSPORT),
    /* An HTTP/0.9 reply, or a reply that is not HTTP at all. */
    CAUSE(UNSUPPORTED_PROTOCOL, GCT_KIND_TRANSPORT),
    /* Header lines that libcurl does not want to keep. */
    CAUSE(BAD_FUNCTION_ARGUMENT, GCT_KIND_TRANSPORT),
    CAUSE(PROXY, GCT_KIND_TRANSPORT),
    CAUSE(INTERFACE_FAILED, GCT_KIND_TRANSPORT),
    CAUSE(NO_CONNECTION_AVAILABLE, GCT_KIND_TRANSPORT),
    CAUSE(AGAIN, GCT_KIND_TRANSPORT),
    CAUSE(OUT_OF_MEMORY, GCT_KIND_TRANSPORT),
    CAUSE(SSL_CONNECT_ERROR, GCT_KIND_TLS),
    CAUSE(PEER_FAILED_VERIFICATION, GCT_KIND_TLS),
    CAUSE(SSL_CERTPROBLEM, GCT_KIND_TLS),
    CAUSE(SSL_CIPHER, GCT_KIND_TLS),
    CAUSE(SSL_CACERT_BADFILE, GCT_KIND_TLS),
    CAUSE(SSL_CRL_BADFILE, GCT_KIND_TLS),
    CAUSE(SSL_ISSUER_ERROR, GCT_KIND_TLS),
    CAUSE(SSL_INVALIDCERTSTATUS, GCT_KIND_TLS),
    CAUSE(SSL_PINNEDPUBKEYNOTMATCH, GCT_KIND_TLS),
    CAUSE(SSL_ENGINE_NOTFOUND, GCT_KIND_TLS),
    CAUSE(SSL_ENGINE_SETFAILED, GCT_KIND_TLS),
    CAUSE(SSL_ENGINE_INITFAILED, GCT_KIND_TLS),
    CAUSE(SSL_CLIENTCERT, GCT_KIND_TLS),
    CAUSE(USE_SSL_FAILED, GCT_KIND_TLS),
    CAUSE(BAD_CONTENT_ENCODING, GCT_KIND_PROTOCOL),
    CAUSE(WRITE_ERROR, GCT_KIND_PROTOCOL),
    CAUSE(URL_MALFORMAT, GCT_KIND_ARGUMENT),
};

static const struct gct_cause unknown = {-1, "UNKNOWN", GCT_KIND_TRANSPORT};

const struct gct_cause *gct_cause_of(int code)
{
  size_t i;

  for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
    if (causes[i].code == code)
      return &causes[i];
  }
  return &unknown;
}
