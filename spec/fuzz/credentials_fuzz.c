/*
** Authorization lines. Input: client id, client secret, access token.
*/
#include "fuzz.h"
#include "wire/credentials.h"

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
static void check_base64(const char *encoded, const struct gct_call *call)
{
  size_t id = call->client_id.length;
  size_t length = id + 1 + call->client_secret.length;
  size_t i;

  EXPECT(strlen(encoded) == (length + 2) / 3 * 4);
  for (i = 0; i < length; i++) {
    const char *group = encoded + i / 3 * 4 + i % 3;
    unsigned bits = digit_of(group[0]) << 6 | digit_of(group[1]);
    unsigned byte = bits >> (4 - 2 * (i % 3)) & 255;
    char expected = i < id    ? call->client_id.data[i]
                    : i == id ? ':'
                              : call->client_secret.data[i - id - 1];

    EXPECT(byte == (unsigned char)expected);
  }
}

static bool is_in_basic(struct gct_slice text)
{
  return text.length > 0 && text.length <= GCT_MAX_CREDENTIAL / 2 &&
         gct_is_header_value(text) && !memchr(text.data, '\t', text.length);
}

static bool is_basic(const struct gct_call *call)
{
  struct gct_slice id = call->client_id;

  return is_in_basic(id) && is_in_basic(call->client_secret) &&
         !memchr(id.data, ':', id.length);
}

static void check(struct gct_call *call, const char *operation, bool accepted,
                  const char *start)
{
  struct gct_buffer lines;
  struct gct_error error;

  call->operation = gct_operation_find(operation);
  gct_buffer_init(&lines, GCT_MAX_HEADER_BYTES);
  EXPECT(gct_append_credentials(&lines, call, &error) == accepted);
  if (accepted) {
    EXPECT(strlen(lines.data) + 1 == lines.length);
    EXPECT(fuzz_is_one_line(gct_slice_from_cstr(lines.data)));
    EXPECT(strncmp(lines.data, start, strlen(start)) == 0);
    if (call->operation->credentials == GCT_BASIC)
      check_base64(lines.data + strlen(start), call);
    else
      EXPECT(fuzz_same(gct_slice_from_cstr(lines.data + strlen(start)),
                       call->access_token));
  } else {
    EXPECT(error.kind == GCT_KIND_ARGUMENT);
  }
  gct_buffer_release(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gct_slice input = fuzz_input(data, size);
  struct gct_call call;

  memset(&call, 0, sizeof(call));
  call.client_id = fuzz_next(&input);
  call.client_secret = fuzz_next(&input);
  call.access_token = fuzz_next(&input);
  EXPECT(gct_is_token(call.access_token) == is_b64token(call.access_token));
  check(&call, "get_tokens_me", is_b64token(call.access_token),
        "Authorization: Bearer ");
  check(&call, "post_oauth_token", is_basic(&call), "Authorization: Basic ");
  return 0;
}
