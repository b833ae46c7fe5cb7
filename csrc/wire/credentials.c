/*
** The Authorization line; see the header.
*/
#include "wire/credentials.h"

#include <string.h>

static const char BEARER[] = "Authorization: Bearer ";
static const char BASIC[] = "Authorization: Basic ";

static bool is_token_mark(char byte)
{
  return byte == '-' || byte == '.' || byte == '_' || byte == '~' ||
         byte == '+' || byte == '/';
}

/* RFC 6750 section 2.1: 1*( ALPHA / DIGIT / "-._~+/" ) *"=". */
bool gct_is_token(struct gct_slice token)
{
  size_t i = 0;

  while (i < token.length &&
         (gct_is_alphanumeric(token.data[i]) || is_token_mark(token.data[i])))
    i++;
  if (i == 0 || token.length > GCT_MAX_CREDENTIAL)
    return false;
  while (i < token.length && token.data[i] == '=')
    i++;
  return i == token.length;
}

static bool check_bearer(struct gct_slice token, struct gct_error *error)
{
  if (!token.data)
    return gct_argument_error(error, "access_token",
                              "access_token is missing");
  if (token.length > GCT_MAX_CREDENTIAL)
    return gct_argument_error(error, "access_token",
                              "access_token is longer than %d bytes",
                              GCT_MAX_CREDENTIAL);
  if (!gct_is_token(token))
    return gct_argument_error(
        error, "access_token",
        "access_token is not a bearer token (RFC 6750 b64token): "
        "white space, quotes or \"Bearer\" are no part of it");
  return true;
}

static bool append_bearer(struct gct_buffer *lines,
                          const struct gct_call *call, struct gct_error *error)
{
  struct gct_slice token = call->access_token;

  /* coverage: fails without memory only */
  return check_bearer(token, error) &&
         gct_request_append(lines, BEARER, sizeof(BEARER) - 1, error) &&
         gct_request_append(lines, token.data, token.length, error) &&
         gct_request_append(lines, "", 1, error);
}

/* RFC 7617: control characters are not allowed in either part, nor a colon
   in the first. */
static bool check_basic(const char *name, struct gct_slice text, bool colon,
                        struct gct_error *error)
{
  if (!text.data || text.length == 0)
    return gct_argument_error(error, name, "%s is %s", name,
                              text.data ? "empty" : "missing");
  if (text.length > GCT_MAX_CREDENTIAL / 2)
    return gct_argument_error(error, name, "%s is longer than %d bytes", name,
                              GCT_MAX_CREDENTIAL / 2);
  if (!gct_is_header_value(text) || memchr(text.data, '\t', text.length) ||
      (!colon && memchr(text.data, ':', text.length)))
    return gct_argument_error(error, name,
                              "%s holds a character that Basic authentication "
                              "(RFC 7617) does not allow",
                              name);
  return true;
}

/* The byte at `index` of "client_id:client_secret". */
static unsigned basic_byte(const struct gct_call *call, size_t index)
{
  size_t colon = call->client_id.length;

  if (index == colon)
    return ':';
  return (unsigned char)(index < colon
                             ? call->client_id.data[index]
                             : call->client_secret.data[index - colon - 1]);
}

/* RFC 4648 section 4. */
static bool append_basic_base64(struct gct_buffer *lines,
                                const struct gct_call *call,
                                struct gct_error *error)
{
  static const char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t length = call->client_id.length + 1 + call->client_secret.length;
  size_t i;

  for (i = 0; i < length; i += 3) {
    unsigned bits = basic_byte(call, i) << 16;
    char group[4];

    if (i + 1 < length)
      bits |= basic_byte(call, i + 1) << 8;
    if (i + 2 < length)
      bits |= basic_byte(call, i + 2);
    group[0] = alphabet[bits >> 18];
    group[1] = alphabet[bits >> 12 & 63];
    group[2] = i + 1 < length ? alphabet[bits >> 6 & 63] : '=';
    group[3] = i + 2 < length ? alphabet[bits & 63] : '=';
    /* coverage: fails without memory only */
    if (!gct_request_append(lines, group, sizeof(group), error))
      return false;
  }
  return true;
}

static bool append_basic(struct gct_buffer *lines, const struct gct_call *call,
                         struct gct_error *error)
{
  /* coverage: fails without memory only */
  return check_basic("client_id", call->client_id, false, error) &&
         check_basic("client_secret", call->client_secret, true, error) &&
         gct_request_append(lines, BASIC, sizeof(BASIC) - 1, error) &&
         append_basic_base64(lines, call, error) &&
         gct_request_append(lines, "", 1, error);
}

bool gct_credentials_check(const struct gct_call *call,
                           struct gct_error *error)
{
  return (!call->access_token.data ||
          check_bearer(call->access_token, error)) &&
         (!call->client_id.data ||
          check_basic("client_id", call->client_id, false, error)) &&
         (!call->client_secret.data ||
          check_basic("client_secret", call->client_secret, true, error));
}

bool gct_append_credentials(struct gct_buffer *lines,
                            const struct gct_call *call,
                            struct gct_error *error)
{
  switch (call->operation->credentials) {
  case GCT_BEARER:
    return append_bearer(lines, call, error);
  case GCT_BASIC:
    return append_basic(lines, call, error);
  default:
    return true;
  }
}
