/*
** The bounded buffer: limits, growth, all or nothing.
*/
#include "wire/buffer.h"

#include <stdint.h>

#include "check.h"
#include "memory.h"

static char bytes[8192];

static void test_limits(void)
{
  static const struct {
    const char *name;
    size_t limit, first, second;
    enum gct_status expected_first, expected_second;
    size_t expected_length;
  } rows[] = {
      {"limit 0 takes nothing", 0, 0, 1, GCT_OK, GCT_TOO_LARGE, 0},
      {"exactly the limit", 10, 10, 0, GCT_OK, GCT_OK, 10},
      {"exactly in two", 10, 4, 6, GCT_OK, GCT_OK, 10},
      {"one over at once", 10, 11, 10, GCT_TOO_LARGE, GCT_OK, 10},
      {"one over in two", 10, 4, 7, GCT_OK, GCT_TOO_LARGE, 4},
      {"full", 10, 10, 1, GCT_OK, GCT_TOO_LARGE, 10},
      {"limit above the first capacity", 513, 512, 1, GCT_OK, GCT_OK, 513},
      {"one over that", 513, 512, 2, GCT_OK, GCT_TOO_LARGE, 512},
      {"grows more than twice", 8192, 1, 8191, GCT_OK, GCT_OK, 8192},
      {"length that would wrap", 100, 1, SIZE_MAX, GCT_OK, GCT_TOO_LARGE, 1},
      {"no limit and a length that would wrap", SIZE_MAX, 6, SIZE_MAX - 5,
       GCT_OK, GCT_TOO_LARGE, 6},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    struct gct_buffer buffer;
    struct gct_slice expected;

    check_row = rows[i].name;
    gct_buffer_init(&buffer, rows[i].limit);
    CHECK(gct_buffer_append(&buffer, bytes, rows[i].first) ==
          rows[i].expected_first);
    CHECK(gct_buffer_append(&buffer, bytes + buffer.length, rows[i].second) ==
          rows[i].expected_second);
    expected.data = bytes;
    expected.length = rows[i].expected_length;
    CHECK_TEXT(gct_buffer_slice(&buffer), expected);
    gct_buffer_release(&buffer);
  }
  check_row = "";
}

static void test_growth(void)
{
  struct gct_buffer buffer;
  size_t i;

  gct_buffer_init(&buffer, 5000);
  for (i = 0; i < 5000; i++)
    (void)gct_buffer_append(&buffer, &bytes[i], 1);
  CHECK(buffer.length == 5000);
  CHECK(buffer.capacity == 5000);
  CHECK(memcmp(buffer.data, bytes, 5000) == 0);
  CHECK(gct_buffer_append(&buffer, "", 1) == GCT_TOO_LARGE);
  CHECK(gct_buffer_append(&buffer, NULL, 0) == GCT_OK);
  gct_buffer_release(&buffer);
}

static void test_all_or_nothing(void)
{
  struct gct_buffer buffer;
  struct gct_slice expected = TEXT("kept and more");

  gct_buffer_init(&buffer, SIZE_MAX);
  CHECK(gct_buffer_append(&buffer, "kept", sizeof("kept") - 1) == GCT_OK);
  memory_fail(1, 1);
  CHECK(gct_buffer_append(&buffer, bytes, sizeof(bytes)) == GCT_NO_MEMORY);
  /* Nothing is read before there is room for it. */
  memory_fail(1, 1);
  CHECK(gct_buffer_append(&buffer, bytes, SIZE_MAX - 4) == GCT_NO_MEMORY);
  CHECK(memory_heal() == 1);
  CHECK(buffer.length == 4);
  CHECK(gct_buffer_append(&buffer, " and more", sizeof(" and more") - 1) ==
        GCT_OK);
  CHECK_TEXT(gct_buffer_slice(&buffer), expected);
  gct_buffer_release(&buffer);

  memory_fail(1, 1);
  CHECK(gct_buffer_append(&buffer, "first", sizeof("first") - 1) ==
        GCT_NO_MEMORY);
  CHECK(memory_heal() == 1);
  CHECK(!buffer.data && buffer.length == 0 && buffer.capacity == 0);
  CHECK(gct_buffer_append(&buffer, "first", sizeof("first") - 1) == GCT_OK);
  gct_buffer_release(&buffer);
}

static void test_reset(void)
{
  struct gct_buffer buffer;
  struct gct_slice empty = TEXT("");

  gct_buffer_init(&buffer, 4096);
  (void)gct_buffer_append(&buffer, bytes, 1024);
  gct_buffer_reset(&buffer, 1024);
  CHECK(buffer.capacity == 1024);
  CHECK_TEXT(gct_buffer_slice(&buffer), empty);
  gct_buffer_reset(&buffer, 1023);
  CHECK(!buffer.data && buffer.capacity == 0);
  CHECK(gct_buffer_append(&buffer, bytes, 4096) == GCT_OK);
  gct_buffer_release(&buffer);
  gct_buffer_release(&buffer);
  CHECK_TEXT(gct_buffer_slice(&buffer), empty);
}

/* The codes as errors. */
static void test_append_or_error(void)
{
  struct gct_buffer buffer;
  struct gct_error error = {.kind = GCT_KIND_NONE};
  struct gct_slice expected = TEXT("first");

  gct_buffer_init(&buffer, 8);
  memory_fail(1, 1);
  CHECK(!gct_append(&buffer, "first", 5, &error));
  CHECK(memory_heal() == 1);
  CHECK(error.kind == GCT_KIND_TRANSPORT);
  CHECK_STRING(error.message, "out of memory");
  CHECK(gct_append(&buffer, "first", 5, &error));
  CHECK(!gct_append(&buffer, "second", 6, &error));
  CHECK(error.kind == GCT_KIND_ARGUMENT);
  CHECK_STRING(error.message, "the request is larger than 8 bytes");
  CHECK_TEXT(gct_buffer_slice(&buffer), expected);
  gct_buffer_release(&buffer);
}

static void test_zeroed(void)
{
  struct gct_buffer buffer;
  struct gct_slice empty = TEXT("");

  memset(&buffer, 0, sizeof(buffer));
  CHECK_TEXT(gct_buffer_slice(&buffer), empty);
  CHECK(gct_buffer_append(&buffer, "", sizeof("") - 1) == GCT_OK);
  CHECK(gct_buffer_append(&buffer, "a", sizeof("a") - 1) == GCT_TOO_LARGE);
  gct_buffer_reset(&buffer, 0);
  gct_buffer_release(&buffer);
}

int main(void)
{
  size_t i;

  for (i = 0; i < sizeof(bytes); i++)
    bytes[i] = (char)(i % 251);
  test_limits();
  test_growth();
  test_all_or_nothing();
  test_append_or_error();
  test_reset();
  test_zeroed();
  CHECK(memory_blocks() == 0);
  return check_report();
}
