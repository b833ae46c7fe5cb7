/*
** Checking bearer tokens and client credentials, and Basic's base64.
*/
#include "wire/credentials.h"

#include "wire/fields.h"

/* Client id and secret, each; base64 makes four bytes of three. */
enum { MAX_BASIC_PART = GCT_MAX_CREDENTIAL / 2 }; /* bytes */

/* ---- bearer tokens ------------------------------------------------------ */

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

bool gct_check_access_token(struct gct_slice token, struct gct_error *error)
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

/* ---- client credentials ------------------------------------------------- */

/* RFC 7617 section 2 allows no control character in either part, and no colon
   in the first. */
static bool check_basic_part(const char *name, struct gct_slice text,
                             bool may_hold_colon, struct gct_error *error)
{
  if (!text.data || text.length == 0)
    return gct_argument_error(error, name, "%s is %s", name,
                              text.data ? "empty" : "missing");
  if (text.length > MAX_BASIC_PART)
    return gct_argument_error(error, name, "%s is longer than %d bytes", name,
                              MAX_BASIC_PART);
  if (!gct_is_field_value(text) || memchr(text.data, '\t', text.length) ||
      (!may_hold_colon && memchr(text.data, ':', text.length)))
    return gct_argument_error(error, name,
                              "%s holds a character that Basic authentication "
                              "(RFC 7617) does not allow",
                              name);
  return true;
}

bool gct_check_client_id(struct gct_slice client_id, struct gct_error *error)
{
  return check_basic_part("client_id", client_id, false, error);
}

bool gct_check_client_secret(struct gct_slice client_secret,
                             struct gct_error *error)
{
  return check_basic_part("client_secret", client_secret, true, error);
}

/* The byte at `index` of "client_id:client_secret". */
static unsigned basic_byte(struct gct_slice client_id,
                           struct gct_slice client_secret, size_t index)
{
  size_t colon = client_id.length;

  if (index == colon)
    return ':';
  return (unsigned char)(index < colon
                             ? client_id.data[index]
                             : client_secret.data[index - colon - 1]);
}

bool gct_append_basic(struct gct_buffer *buffer, struct gct_slice client_id,
                      struct gct_slice client_secret, struct gct_error *error)
{
  static const char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t length = client_id.length + 1 + client_secret.length;
  size_t i;

  for (i = 0; i < length; i += 3) {
    unsigned bits = basic_byte(client_id, client_secret, i) << 16;
    char group[4];

    if (i + 1 < length)
      bits |= basic_byte(client_id, client_secret, i + 1) << 8;
    if (i + 2 < length)
      bits |= basic_byte(client_id, client_secret, i + 2);
    group[0] = alphabet[bits >> 18];
    group[1] = alphabet[bits >> 12 & 63];
    group[2] = i + 1 < length ? alphabet[bits >> 6 & 63] : '=';
    group[3] = i + 2 < length ? alphabet[bits & 63] : '=';
    /* coverage: fails without memory only */
    if (!gct_append(buffer, group, sizeof(group), error))
      return false;
  }
  return true;
}
