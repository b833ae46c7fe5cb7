/*
** Hiding secrets. Input: a secret, and a text that may hold it.
*/
#include "fuzz.h"
#include "wire/buffer.h"
#include "wire/redact.h"

/* Every byte is as it was or is a star, and a secret that a reader could put
   together is not there any more; nor, at the end of what is cut, its
   beginning. */
static void check_redacted(struct gct_slice secret, struct gct_slice before,
                           struct gct_slice after, bool cut)
{
  size_t stars = 0;
  size_t i;

  for (i = 0; i < before.length; i++) {
    EXPECT(after.data[i] == before.data[i] || after.data[i] == '*');
    stars += after.data[i] == '*';
  }
  EXPECT(!fuzz_find(before, secret) || stars >= secret.length);
  if (memchr(secret.data, '*', secret.length))
    return;
  EXPECT(!fuzz_find(after, secret));
  for (i = 1; cut && i < secret.length && i <= after.length; i++) {
    /* Behind a backslash, its end is part of an escape. */
    if (memchr(secret.data, '\\', i) ||
        memchr(before.data, '\\', before.length))
      break;
    EXPECT(memcmp(after.data + after.length - i, secret.data, i) != 0);
  }
}

/* What escapes spell is what they stand for: a text in which every character
   of the secret is escaped has nothing but stars. */
static void check_escaped(struct gct_slice secret)
{
  char text[6 * 64];
  struct gct_slice spelt = {text, 6 * secret.length};
  size_t i;

  if (secret.length >= 64)
    return;
  for (i = 0; i < secret.length; i++) {
    unsigned char byte = (unsigned char)secret.data[i];
    char escape[7];

    if (byte >= 0x80)
      return;
    (void)snprintf(escape, sizeof(escape), "\\u%04X", (unsigned)byte);
    memcpy(text + 6 * i, escape, 6);
  }
  gct_redact(text, spelt.length, &secret, 1, false);
  for (i = 0; i < spelt.length; i++)
    EXPECT(text[i] == '*');
}

static void check(struct gct_slice secret, struct gct_slice text, bool cut)
{
  struct gct_buffer copy;
  size_t half = text.length / 2;

  gct_buffer_init(&copy, text.length);
  EXPECT(gct_buffer_append(&copy, text.data, half) == GCT_OK);
  EXPECT(gct_buffer_append(&copy, text.data + half, text.length - half) ==
         GCT_OK);
  EXPECT(gct_buffer_append(&copy, "x", 1) == GCT_TOO_LARGE);
  EXPECT(fuzz_same(gct_buffer_slice(&copy), text));
  gct_redact(copy.data, copy.length, &secret, 1, cut);
  check_redacted(secret, text, gct_buffer_slice(&copy), cut);
  gct_buffer_release(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gct_slice text = fuzz_input(data, size);
  struct gct_slice secret = fuzz_next(&text);

  if (!text.data || secret.length == 0)
    return 0;
  check(secret, text, false);
  check(secret, text, true);
  check_escaped(secret);
  return 0;
}
