/*
** Refusals of HTTP and SOCKS proxies, distinguished from network errors.
*/
#include "engine/proxy.h"

#include <string.h>

#include "engine/curl_errors.h"

/* Authentication schemes that a proxy may offer, by libcurl's bits. */
static const struct {
  unsigned long bit;
  const char *name;
} schemes[] = {
    {CURLAUTH_BASIC, "Basic"},   {CURLAUTH_DIGEST, "Digest"},
    {CURLAUTH_NTLM, "NTLM"},     {CURLAUTH_NEGOTIATE, "Negotiate"},
    {CURLAUTH_BEARER, "Bearer"},
};

/* Responses of a SOCKS proxy that report the network behind it, or none at
   all: temporary. All others are refusals, a wrong password among them. */
static const long temporary[] = {
    CURLPX_CLOSED,
    CURLPX_RECV_ADDRESS,
    CURLPX_RECV_AUTH,
    CURLPX_RECV_CONNECT,
    CURLPX_RECV_REQACK,
    CURLPX_REPLY_CONNECTION_REFUSED,
    CURLPX_REPLY_GENERAL_SERVER_FAILURE,
    CURLPX_REPLY_HOST_UNREACHABLE,
    CURLPX_REPLY_NETWORK_UNREACHABLE,
    CURLPX_REPLY_TTL_EXPIRED,
    CURLPX_REQUEST_FAILED, /* all that SOCKS 4 has for them */
    CURLPX_RESOLVE_HOST,
    CURLPX_SEND_AUTH,
    CURLPX_SEND_CONNECT,
    CURLPX_SEND_REQUEST,
};

/* "Basic, NTLM": what CURLINFO_PROXYAUTH_AVAIL says. */
static void name_schemes(unsigned long offered, char text[], size_t size)
{
  size_t i;

  text[0] = '\0';
  for (i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
    if (!(offered & schemes[i].bit))
      continue;
    if (text[0])
      (void)strncat(text, ", ", size - strlen(text) - 1);
    (void)strncat(text, schemes[i].name, size - strlen(text) - 1);
  }
}

static bool is_temporary(long error)
{
  size_t i;

  for (i = 0; i < sizeof(temporary) / sizeof(*temporary); i++) {
    if (temporary[i] == error)
      return true;
  }
  return false;
}

/* A SOCKS proxy's refusal has no status. */
static bool socks_refused(struct gct_transfer *transfer)
{
  struct gct_error *error = &transfer->outcome.error;
  const struct gct_curl_error *cause = gct_curl_error_of((int)CURLE_PROXY);

  if (is_temporary(gct_transfer_info(transfer, CURLINFO_PROXY_ERROR)))
    return false;
  /* coverage: libcurl fails without memory only */
  (void)gct_error_set(error, GCT_KIND_PROXY, "%s",
                      transfer->error[0] ? transfer->error
                                         : curl_easy_strerror(CURLE_PROXY));
  error->cause = cause->name;
  error->option = "proxy";
  return true;
}

bool gct_proxy_refused(struct gct_transfer *transfer, CURLcode code)
{
  struct gct_outcome *outcome = &transfer->outcome;
  long status = gct_transfer_info(transfer, CURLINFO_HTTP_CONNECTCODE);
  char offered[64];

  if (code == CURLE_PROXY && socks_refused(transfer))
    return true;
  if (code == CURLE_OK || status < 300)
    return false;
  name_schemes(
      (unsigned long)gct_transfer_info(transfer, CURLINFO_PROXYAUTH_AVAIL),
      offered, sizeof(offered));
  gct_outcome_refused_by_proxy(outcome, status, offered);
  return true;
}
