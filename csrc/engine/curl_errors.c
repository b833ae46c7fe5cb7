/*
** libcurl's result codes (CURLcode) as a table. First come those that an HTTP
** transfer can end with, then all others by name, up to libcurl 8.23, and
** those of later versions by number. GCT_KIND_PROTOCOL marks those where a
** response has begun and its body cannot be used. A TLS handshake that broke
** off is retried, and no other TLS error: a certificate that does not verify
** will not verify the next time.
*/
#include "engine/curl_errors.h"

#include <stddef.h>

#include <curl/curl.h>

#define CAUSE(name, kind, retryable)                                          \
  {                                                                           \
    CURLE_##name, #name, kind, retryable                                      \
  }

/* No HTTP transfer is known to end with it. */
#define NAMED(name) CAUSE(name, GCT_KIND_TRANSPORT, true)

/* One that has no name, or none yet. */
#define NUMBERED(code)                                                        \
  {                                                                           \
    code, "CURL_" #code, GCT_KIND_TRANSPORT, true                             \
  }

#define TEN_NUMBERED(tens)                                                    \
  NUMBERED(tens##0), NUMBERED(tens##1), NUMBERED(tens##2), NUMBERED(tens##3), \
      NUMBERED(tens##4), NUMBERED(tens##5), NUMBERED(tens##6),                \
      NUMBERED(tens##7), NUMBERED(tens##8), NUMBERED(tens##9)

static const struct gct_curl_error curl_errors[] = {
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
    /* An HTTP/0.9 response, or a response that is not HTTP at all. */
    CAUSE(UNSUPPORTED_PROTOCOL, GCT_KIND_TRANSPORT, true),
    /* Header lines that libcurl refuses. */
    CAUSE(BAD_FUNCTION_ARGUMENT, GCT_KIND_TRANSPORT, true),
    /* A SOCKS proxy refused, or could not connect: proxy.c decides. */
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
    /* Younger than the oldest libcurl that this builds with. */
    {GCT_CURLE_TOO_LARGE, "TOO_LARGE", GCT_KIND_TRANSPORT, true},
    {101, "ECH_REQUIRED", GCT_KIND_TLS, false},

    NAMED(FAILED_INIT),
    NAMED(NOT_BUILT_IN),
    NAMED(REMOTE_ACCESS_DENIED),
    NAMED(FTP_ACCEPT_FAILED),
    NAMED(FTP_WEIRD_PASS_REPLY),
    NAMED(FTP_ACCEPT_TIMEOUT),
    NAMED(FTP_WEIRD_PASV_REPLY),
    NAMED(FTP_WEIRD_227_FORMAT),
    NAMED(FTP_CANT_GET_HOST),
    NAMED(FTP_COULDNT_SET_TYPE),
    NAMED(FTP_COULDNT_RETR_FILE),
    NAMED(QUOTE_ERROR),
    NAMED(HTTP_RETURNED_ERROR),
    NAMED(UPLOAD_FAILED),
    NAMED(READ_ERROR),
    NAMED(FTP_PORT_FAILED),
    NAMED(FTP_COULDNT_USE_REST),
    NAMED(RANGE_ERROR),
    NAMED(BAD_DOWNLOAD_RESUME),
    NAMED(FILE_COULDNT_READ_FILE),
    NAMED(LDAP_CANNOT_BIND),
    NAMED(LDAP_SEARCH_FAILED),
    NAMED(ABORTED_BY_CALLBACK),
    NAMED(TOO_MANY_REDIRECTS),
    NAMED(UNKNOWN_OPTION),
    NAMED(SETOPT_OPTION_SYNTAX),
    NAMED(FILESIZE_EXCEEDED),
    NAMED(SEND_FAIL_REWIND),
    NAMED(LOGIN_DENIED),
    NAMED(TFTP_NOTFOUND),
    NAMED(TFTP_PERM),
    NAMED(REMOTE_DISK_FULL),
    NAMED(TFTP_ILLEGAL),
    NAMED(TFTP_UNKNOWNID),
    NAMED(REMOTE_FILE_EXISTS),
    NAMED(TFTP_NOSUCHUSER),
    NAMED(REMOTE_FILE_NOT_FOUND),
    NAMED(SSH),
    NAMED(SSL_SHUTDOWN_FAILED),
    NAMED(FTP_PRET_FAILED),
    NAMED(RTSP_CSEQ_ERROR),
    NAMED(RTSP_SESSION_ERROR),
    NAMED(FTP_BAD_FILE_LIST),
    NAMED(CHUNK_FAILED),
    NAMED(RECURSIVE_API_CALL),
    NAMED(AUTH_ERROR),
    NAMED(HTTP3),
    NAMED(QUIC_CONNECT_ERROR),
    NAMED(UNRECOVERABLE_POLL),

    NUMBERED(20),
    NUMBERED(24),
    NUMBERED(29),
    NUMBERED(32),
    NUMBERED(34),
    NUMBERED(40),
    NUMBERED(41),
    NUMBERED(44),
    NUMBERED(46),
    NUMBERED(50),
    NUMBERED(51),
    NUMBERED(57),
    NUMBERED(62),
    NUMBERED(75),
    NUMBERED(76),
    NUMBERED(102),
    NUMBERED(103),
    NUMBERED(104),
    NUMBERED(105),
    NUMBERED(106),
    NUMBERED(107),
    NUMBERED(108),
    NUMBERED(109),
    TEN_NUMBERED(11),
    TEN_NUMBERED(12),
    TEN_NUMBERED(13),
    TEN_NUMBERED(14),
    TEN_NUMBERED(15),
    TEN_NUMBERED(16),
    TEN_NUMBERED(17),
    TEN_NUMBERED(18),
    TEN_NUMBERED(19),
};

static const struct gct_curl_error unknown = {-1, "UNKNOWN",
                                              GCT_KIND_TRANSPORT, true};

const struct gct_curl_error *gct_curl_error_of(int code)
{
  size_t i;

  for (i = 0; i < sizeof(curl_errors) / sizeof(curl_errors[0]); i++) {
    if (curl_errors[i].code == code)
      return &curl_errors[i];
  }
  return &unknown;
}
