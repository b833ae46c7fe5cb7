/*
** Header blocks of responses, taken apart and read. Input: the block.
*/
#include "fuzz.h"
#include "wire/fields.h"
#include "wire/response.h"

static const time_t NOW = 784111777; /* in RFC 9110's examples of dates */

static bool is_within(struct gct_slice part, struct gct_slice whole)
{
  return part.data >= whole.data &&
         part.data + part.length <= whole.data + whole.length;
}

static void check_lines(struct gct_slice block)
{
  struct gct_slice rest = block;
  struct gct_slice name, value;
  const char *from = block.data;

  while (gct_fields_next(&rest, &name, &value)) {
    EXPECT(is_within(name, block) && is_within(value, block));
    EXPECT(name.length > 0);
    EXPECT(!memchr(name.data, ':', name.length));
    EXPECT(!memchr(name.data, '\n', name.length));
    EXPECT(value.length == 0 || !memchr(value.data, '\n', value.length));
    EXPECT(fuzz_same(gct_slice_trim(value), value));
    EXPECT(name.data >= from && value.data > name.data);
    from = value.data + value.length;
  }
  EXPECT(rest.length == 0);
}

static void check_facts(struct gct_slice block)
{
  struct gct_response_facts facts, again;

  gct_response_read(block, NOW, &facts);
  EXPECT(facts.retry_after == GCT_UNKNOWN || facts.retry_after >= 0);
  EXPECT(facts.rate_limit_count >= GCT_UNKNOWN);
  EXPECT(facts.rate_limit_allowed >= GCT_UNKNOWN);
  EXPECT(facts.rate_limit_reset >= GCT_UNKNOWN);
  if (facts.correlation_id.data) {
    EXPECT(facts.correlation_id.length > 0);
    EXPECT(is_within(facts.correlation_id, block));
    EXPECT(
        !memchr(facts.correlation_id.data, '\n', facts.correlation_id.length));
  }
  /* A later clock never makes the wait longer. */
  gct_response_read(block, NOW + 1000, &again);
  EXPECT(again.retry_after <= facts.retry_after);
  EXPECT((again.retry_after < 0) == (facts.retry_after < 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gct_slice block = fuzz_input(data, size);

  check_lines(block);
  check_facts(block);
  return 0;
}
