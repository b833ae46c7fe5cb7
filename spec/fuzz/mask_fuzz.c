/*
** Finding and masking secrets. Input: a secret, and a text that may hold it.
*/
#include "fuzz.h"
#include "wire/buffer.h"

static const char *find_slowly(struct gct_text text, struct gct_text part)
{
  size_t i;

  for (i = 0; i + part.length <= text.length; i++) {
    if (memcmp(text.data + i, part.data, part.length) == 0)
      return text.data + i;
  }
  return NULL;
}

/* Every byte is as it was or is a star, and a secret that a reader could put
   together is not there any more. */
static void check_masked(struct gct_text secret, struct gct_text before,
                         struct gct_text after)
{
  size_t stars = 0;
  size_t i;

  for (i = 0; i < before.length; i++) {
    EXPECT(after.data[i] == before.data[i] || after.data[i] == '*');
    stars += after.data[i] == '*';
  }
  EXPECT(!find_slowly(before, secret) || stars >= secret.length);
  if (!memchr(secret.data, '*', secret.length))
    EXPECT(!find_slowly(after, secret));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gct_text text = fuzz_input(data, size);
  struct gct_text secret = fuzz_next(&text);
  struct gct_buffer copy;
  size_t half = text.length / 2;

  if (!text.data || secret.length == 0)
    return 0;
  EXPECT(gct_find(text.data, text.length, secret) ==
         find_slowly(text, secret));
  gct_buffer_init(&copy, text.length);
  EXPECT(gct_buffer_append(&copy, text.data, half) == GCT_OK);
  EXPECT(gct_buffer_append(&copy, text.data + half, text.length - half) ==
         GCT_OK);
  EXPECT(gct_buffer_append(&copy, "x", 1) == GCT_TOO_LARGE);
  EXPECT(fuzz_same(gct_buffer_text(&copy), text));
  gct_mask(copy.data, copy.length, secret);
  check_masked(secret, text, gct_buffer_text(&copy));
  gct_buffer_release(&copy);
  return 0;
}
