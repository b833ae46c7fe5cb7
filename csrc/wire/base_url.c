/*
** Base URLs; see the header.
*/
#include "wire/base_url.h"

#include <string.h>

#include <curl/curl.h>

static bool is_loopback(const char *host)
{
  if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
    return true;
  /* Digits and dots only: "127.example.com" is somebody's host. */
  return strncmp(host, "127.", 4) == 0 &&
         strspn(host, "0123456789.") == strlen(host);
}

/* Whether the parsed URL has this part, which a base URL may not have. */
static bool has_part(CURLU *url, CURLUPart part)
{
  char *value = NULL;
  CURLUcode code = curl_url_get(url, part, &value, 0);

  curl_free(value);
  return code == CURLUE_OK;
}

static bool check_scheme(CURLU *url, const char *name, bool allow_http,
                         struct gct_failure *failure)
{
  char *scheme = NULL;
  char *host = NULL;
  bool fine = false;

  if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
      curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    gct_fail(failure, GCT_KIND_ARGUMENT, "%s names no host", name);
  } else if (strcmp(scheme, "https") == 0) {
    fine = true;
  } else if (strcmp(scheme, "http") != 0) {
    gct_fail(failure, GCT_KIND_ARGUMENT, "%s must be an https URL", name);
  } else if (allow_http || is_loopback(host)) {
    fine = true;
  } else {
    gct_fail(failure, GCT_KIND_ARGUMENT,
             "%s would send credentials to %.100s in clear text: use https, "
             "or set allow_http",
             name, host);
  }
  curl_free(scheme);
  curl_free(host);
  return fine;
}

static bool write_normal_form(CURLU *url, const char *name,
                              struct gct_buffer *normal,
                              struct gct_failure *failure)
{
  char *whole = NULL;
  size_t length;
  enum gct_status status;

  if (curl_url_get(url, CURLUPART_URL, &whole, 0) != CURLUE_OK)
    return gct_fail(failure, GCT_KIND_ARGUMENT, "%s is not a usable URL",
                    name);
  length = strlen(whole);
  while (length > 0 && whole[length - 1] == '/')
    length--;
  gct_buffer_reset(normal, GCT_MAX_BASE_URL);
  status = gct_buffer_append(normal, whole, length);
  curl_free(whole);
  if (status != GCT_OK)
    return gct_fail(failure, GCT_KIND_ARGUMENT, "%s is too long", name);
  return true;
}

static bool judge(CURLU *url, const char *name, bool allow_http,
                  struct gct_buffer *normal, struct gct_failure *failure)
{
  /* The buffer holds the URL to parse, and gets the normal form. */
  if (curl_url_set(url, CURLUPART_URL, normal->data, 0) != CURLUE_OK)
    return gct_fail(failure, GCT_KIND_ARGUMENT,
                    "%s is not a URL such as https://api.mypurecloud.com",
                    name);
  if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
    return gct_fail(failure, GCT_KIND_ARGUMENT,
                    "%s must not hold a user name or password", name);
  if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
    return gct_fail(failure, GCT_KIND_ARGUMENT,
                    "%s must not hold a query or a fragment", name);
  return check_scheme(url, name, allow_http, failure) &&
         write_normal_form(url, name, normal, failure);
}

bool gct_base_url_normalise(struct gct_text url, const char *name,
                            bool allow_http, struct gct_buffer *normal,
                            struct gct_failure *failure)
{
  CURLU *parsed;
  bool fine;
  size_t i;

  for (i = 0; i < url.length; i++) {
    if (gct_is_control(url.data[i]) || url.data[i] == ' ')
      return gct_fail(failure, GCT_KIND_ARGUMENT,
                      "%s holds a space or control character", name);
  }
  if (url.length == 0)
    return gct_fail(failure, GCT_KIND_ARGUMENT, "%s is missing", name);
  if (url.length >= GCT_MAX_BASE_URL)
    return gct_fail(failure, GCT_KIND_ARGUMENT, "%s is too long", name);
  if (gct_buffer_append(normal, url.data, url.length) != GCT_OK ||
      gct_buffer_append(normal, "", 1) != GCT_OK)
    return gct_fail(failure, GCT_KIND_TRANSPORT, "out of memory");
  parsed = curl_url();
  if (!parsed)
    return gct_fail(failure, GCT_KIND_TRANSPORT, "out of memory");
  fine = judge(parsed, name, allow_http, normal, failure);
  curl_url_cleanup(parsed);
  return fine;
}
