/*
** Versions of libcurl end a transfer with different codes for the same fault.
** Each fault gets one of them: mostly that of the oldest version.
*/
#include "engine/curl_result.h"

#include "engine/curl_errors.h"

/* Whether the transfer ended within the headers of its response. */
static bool is_in_headers(const struct gct_transfer *transfer)
{
  return transfer->sent > 0 && !transfer->headers_complete;
}

/* HTTP/2 packs headers: of many libcurl 7.88 unpacks none, and says that it
   could not receive them. */
static bool has_large_http2_headers(const struct gct_transfer *transfer)
{
  return transfer->stop == GCT_STOPPED_BY_SIZE && is_in_headers(transfer) &&
         gct_transfer_info(transfer, CURLINFO_HTTP_VERSION) ==
             CURL_HTTP_VERSION_2_0;
}

/* A header line that is too long for libcurl before 8.6, which takes its own
   limit for the end of memory. It is the likelier of the two. */
static bool has_long_line(const struct gct_transfer *transfer, CURLcode code)
{
  /* coverage: another version of libcurl does that */
  return code == CURLE_OUT_OF_MEMORY && is_in_headers(transfer) &&
         curl_version_info(CURLVERSION_NOW)->version_num < 0x080600;
}

/* The URL was parsed before the transfer began: CURLE_URL_MALFORMAT of libcurl
   8.14 means that a copy of it could not be allocated. 8.23 aborts the
   transfer whose socket cannot be watched, where 8.14 fails all of them. */
static bool has_no_memory(CURLcode code)
{
  return code == CURLE_URL_MALFORMAT || code == CURLE_ABORTED_BY_CALLBACK;
}

/* Older versions of libcurl end with CURLE_RECV_ERROR whatever is wrong with a
   proxy's response to CONNECT, or with a response behind its headers. */
static bool is_unreceived(const struct gct_transfer *transfer, CURLcode code,
                          long status)
{
  if (transfer->sent == 0)
    return code == CURLE_WEIRD_SERVER_REPLY ||
           (int)code == GCT_CURLE_TOO_LARGE;
  /* coverage: another version of libcurl does that */
  return transfer->headers_complete && status >= 200 &&
         (code == CURLE_WEIRD_SERVER_REPLY ||
          code == CURLE_BAD_FUNCTION_ARGUMENT ||
          (int)code == GCT_CURLE_TOO_LARGE);
}

static struct gct_curl_result result(int code, const char *message)
{
  struct gct_curl_result value;

  value.code = code;
  value.message = message;
  return value;
}

struct gct_curl_result gct_curl_result_of(const struct gct_transfer *transfer,
                                          CURLcode code)
{
  const char *message =
      transfer->error[0] ? transfer->error : curl_easy_strerror(code);
  long status = gct_transfer_info(transfer, CURLINFO_RESPONSE_CODE);

  if (transfer->stop == GCT_STOPPED_BY_MEMORY)
    return result(CURLE_OUT_OF_MEMORY, message);
  if (transfer->stop == GCT_STOPPED_BY_STATUS)
    return result(CURLE_UNSUPPORTED_PROTOCOL,
                  "the response's status has more than three digits");
  if (transfer->stop == GCT_STOPPED_BY_PROXY)
    return result(CURLE_RECV_ERROR, "the proxy's response does not end");
  if (has_large_http2_headers(transfer))
    return result(CURLE_RECV_ERROR, "the response's headers are too large");
  if (has_long_line(transfer, code))
    return result(GCT_CURLE_TOO_LARGE, "a header line of the response is too "
                                       "long, or memory ran out");
  if (has_no_memory(code))
    return result(CURLE_OUT_OF_MEMORY,
                  curl_easy_strerror(CURLE_OUT_OF_MEMORY));
  /* coverage: another version of libcurl does that */
  if (code == CURLE_WEIRD_SERVER_REPLY && status >= 100 && status < 200)
    return result(CURLE_UNSUPPORTED_PROTOCOL, message);
  return result(is_unreceived(transfer, code, status) ? CURLE_RECV_ERROR
                                                      : (int)code,
                message);
}
