/*
** Credentials. Input: client id, client secret, access token.
*/
#include "fuzz.h"
#include "wire/credentials.h"
#include "wire/fields.h"

/* RFC 6750 section 2.1, read from right to left: any number of "=" behind at
   least one of the other characters. */
static bool is_b64token(struct gct_slice token)
{
  static const char characters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
  size_t i;

  if (token.length > GCT_MAX_CREDENTIAL)
    return false;
  while (token.length > 0 && token.data[token.length - 1] == '=')
    token.length--;
  for (i = 0; i < token.length; i++) {
    if (!memchr(characters, token.data[i], sizeof(characters) - 1))
      return false;
  }
  return token.length > 0;
}

static unsigned digit_of(char character)
{
  static const char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *place = memchr(alphabet, character, sizeof(alphabet) - 1);

  EXPECT(place);
  return (unsigned)(place - alphabet);
}

/* Takes "id:secret" of RFC 4648 base64 apart again. */
static void check_base64(struct gct_slice encoded, struct gct_slice id,
                         struct gct_slice secret)
{
  size_t length = id.length + 1 + secret.length;
  size_t i;

  EXPECT(encoded.length == (length + 2) / 3 * 4);
  for (i = 0; i < length; i++) {
    const char *group = encoded.data + i / 3 * 4 + i % 3;
    unsigned bits = digit_of(group[0]) << 6 | digit_of(group[1]);
    unsigned byte = bits >> (4 - 2 * (i % 3)) & 255;
    char expected = i < id.length    ? id.data[i]
                    : i == id.length ? ':'
                                     : secret.data[i - id.length - 1];

    EXPECT(byte == (unsigned char)expected);
  }
}

static bool is_in_basic(struct gct_slice text)
{
  return text.length > 0 && text.length <= GCT_MAX_CREDENTIAL / 2 &&
         gct_is_field_value(text) && !memchr(text.data, '\t', text.length);
}

static void expect(bool accepted, bool expected, const struct gct_error *error)
{
  EXPECT(accepted == expected);
  EXPECT(accepted || error->kind == GCT_KIND_ARGUMENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gct_slice input = fuzz_input(data, size);
  struct gct_slice id = fuzz_next(&input);
  struct gct_slice secret = fuzz_next(&input);
  struct gct_slice token = fuzz_next(&input);
  bool is_id = is_in_basic(id) && !memchr(id.data, ':', id.length);
  struct gct_buffer buffer;
  struct gct_error error;

  EXPECT(gct_is_token(token) == is_b64token(token));
  expect(gct_check_access_token(token, &error), is_b64token(token), &error);
  expect(gct_check_client_id(id, &error), is_id, &error);
  expect(gct_check_client_secret(secret, &error), is_in_basic(secret), &error);
  if (is_id && is_in_basic(secret)) {
    gct_buffer_init(&buffer, 2 * GCT_MAX_CREDENTIAL);
    EXPECT(gct_append_basic(&buffer, id, secret, &error));
    check_base64(gct_buffer_slice(&buffer), id, secret);
    gct_buffer_release(&buffer);
  }
  return 0;
}
