/*
** Base URLs: libcurl's parser, and the policy of what may be one.
*/
#include "wire/base_url.h"

#include <string.h>

#include <arpa/inet.h>
#include <curl/curl.h>

static bool is_loopback(const char *host)
{
  struct in_addr address;

  if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
    return true;
  /* Only an address: "127.example.com" may be any host. */
  return strncmp(host, "127.", 4) == 0 &&
         inet_pton(AF_INET, host, &address) == 1;
}

/* The error for a code of libcurl's URL API: out of memory, or `problem`,
   which continues a sentence that begins with the option's name. */
static bool refuse(CURLUcode code, const char *name, const char *problem,
                   struct gct_error *error)
{
  if (code == CURLUE_OUT_OF_MEMORY)
    return gct_error_set(error, GCT_KIND_TRANSPORT, "out of memory");
  return gct_argument_error(error, name, "%s %s", name, problem);
}

/* Only the code for an absent part counts: others mean that the part could not
   be read. */
static bool check_absent(CURLU *url, CURLUPart part, CURLUcode absent,
                         const char *name, const char *problem,
                         struct gct_error *error)
{
  char *value = NULL;
  CURLUcode code = curl_url_get(url, part, &value, 0);

  curl_free(value);
  /* coverage: it is always false */
  return code == absent || refuse(code, name, problem, error);
}

static bool check_parts(CURLU *url, const char *name, struct gct_error *error)
{
  static const char credentials[] = "must not hold a user name or password";
  static const char extras[] = "must not hold a query or a fragment";

  return check_absent(url, CURLUPART_USER, CURLUE_NO_USER, name, credentials,
                      error) &&
         check_absent(url, CURLUPART_PASSWORD, CURLUE_NO_PASSWORD, name,
                      credentials, error) &&
         check_absent(url, CURLUPART_QUERY, CURLUE_NO_QUERY, name, extras,
                      error) &&
         check_absent(url, CURLUPART_FRAGMENT, CURLUE_NO_FRAGMENT, name,
                      extras, error);
}

static bool check_scheme(CURLU *url, const char *name, bool allow_http,
                         struct gct_error *error)
{
  char *scheme = NULL;
  char *host = NULL;
  CURLUcode code = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
  bool ok = false;

  if (!code)
    code = curl_url_get(url, CURLUPART_HOST, &host, 0);
  if (code)
    (void)refuse(code, name, "names no host", error);
  else if (strcmp(scheme, "https") == 0)
    ok = true;
  else if (strcmp(scheme, "http") != 0)
    (void)gct_argument_error(error, name, "%s must be an https URL", name);
  else if (allow_http || is_loopback(host))
    ok = true;
  else
    (void)gct_argument_error(
        error, name,
        "%s would send credentials to %.100s in clear text: use "
        "https, or set allow_http",
        name, host);
  curl_free(scheme);
  curl_free(host);
  return ok;
}

/* Requests are built from the normal form, so it must be the URL that was
   checked. */
static bool check_stable(CURLU *url, const char *normal, const char *name,
                         struct gct_error *error)
{
  char *again = NULL;
  CURLUcode code = curl_url_set(url, CURLUPART_URL, normal, 0);
  bool same;

  if (!code)
    code = curl_url_get(url, CURLUPART_URL, &again, 0);
  same = !code && strcmp(again, normal) == 0;
  curl_free(again);
  /* coverage: another version of libcurl does that */
  return same || refuse(code, name, "is not a usable URL", error);
}

/* An address that is short for another only once it is decoded ("12%2e7" for
   12.0.0.7). libcurl 8.14 reads two hosts there, see check_stable; 8.23 reads
   the last one. */
static bool hides_address(const char *host, const char *text)
{
  const char *authority = strstr(text, "//");
  struct in_addr address;
  size_t length;
  char *decoded;
  bool same;

  /* coverage: another version of libcurl does that */
  if (!authority || inet_pton(AF_INET, host, &address) != 1)
    return false;
  authority += 2;
  length = strcspn(authority, "/?#");
  if (!memchr(authority, '%', length))
    return false;
  decoded = curl_easy_unescape(NULL, authority, (int)length, NULL);
  /* coverage: another version of libcurl does that */
  same = decoded && strncmp(decoded, host, strlen(host)) == 0;
  curl_free(decoded);
  return !same;
}

static bool check_host(CURLU *url, const char *text, const char *name,
                       struct gct_error *error)
{
  char *host = NULL;
  CURLUcode code = curl_url_get(url, CURLUPART_HOST, &host, 0);
  /* coverage: another version of libcurl does that */
  bool ok = code || !hides_address(host, text); /* no host: check_scheme */

  curl_free(host);
  /* coverage: it is always false */
  return ok || refuse(code, name, "is not a usable URL", error);
}

static bool write_normal_form(CURLU *url, const char *name,
                              struct gct_buffer *normal,
                              struct gct_error *error)
{
  char *whole = NULL;
  size_t length;
  bool ok;
  CURLUcode code = curl_url_get(url, CURLUPART_URL, &whole, 0);

  if (code)
    return refuse(code, name, "is not a usable URL", error);
  if (!check_stable(url, whole, name, error)) {
    curl_free(whole);
    return false;
  }
  length = strlen(whole);
  /* coverage: a URL has more than slashes */
  while (length > 0 && whole[length - 1] == '/')
    length--;
  if (length >= GCT_MAX_BASE_URL) {
    curl_free(whole);
    return gct_argument_error(error, name, "%s is too long", name);
  }
  gct_buffer_reset(normal, GCT_MAX_BASE_URL);
  ok = gct_append(normal, whole, length, error);
  curl_free(whole);
  return ok;
}

static bool check_and_normalise(CURLU *url, const char *name, bool allow_http,
                                struct gct_buffer *normal,
                                struct gct_error *error)
{
  /* The buffer holds the URL to parse, and gets the normal form. */
  CURLUcode code = curl_url_set(url, CURLUPART_URL, normal->data, 0);

  if (code)
    return refuse(code, name,
                  "is not a URL such as https://api.mypurecloud.com", error);
  return check_parts(url, name, error) &&
         check_scheme(url, name, allow_http, error) &&
         check_host(url, normal->data, name, error) &&
         write_normal_form(url, name, normal, error);
}

bool gct_base_url_normalise(struct gct_slice url, const char *name,
                            bool allow_http, struct gct_buffer *normal,
                            struct gct_error *error)
{
  CURLU *parsed;
  bool ok;
  size_t i;

  for (i = 0; i < url.length; i++) {
    if (gct_is_control(url.data[i]) || url.data[i] == ' ')
      return gct_argument_error(error, name,
                                "%s holds a space or control character", name);
  }
  if (url.length == 0)
    return gct_argument_error(error, name, "%s is missing", name);
  if (url.length >= GCT_MAX_BASE_URL)
    return gct_argument_error(error, name, "%s is too long", name);
  if (!gct_append(normal, url.data, url.length, error) ||
      !gct_append(normal, "", 1, error))
    return false;
  parsed = curl_url();
  if (!parsed)
    return gct_error_set(error, GCT_KIND_TRANSPORT, "out of memory");
  ok = check_and_normalise(parsed, name, allow_http, normal, error);
  curl_url_cleanup(parsed);
  return ok;
}
