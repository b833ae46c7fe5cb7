/*
** Engine options: defaults and the ownership of their texts.
*/
#include "engine/options.h"

#include "check.h"
#include "memory.h"

static void test_defaults(void)
{
  struct gct_options options;
  size_t i;

  memset(&options, 'x', sizeof(options));
  gct_options_init(&options);
  for (i = 0; i < GCT_TEXT_OPTIONS; i++)
    CHECK(!options.text[i]);
  CHECK(options.timeout == 15);
  CHECK(options.connect_timeout == 5);
  CHECK(options.max_response_bytes == 1048576);
  CHECK(options.max_connections == 64);
  CHECK(!options.allow_http);
  gct_options_release(&options);
}

static void test_texts(void)
{
  struct gct_options options;
  char value[] = "first";
  size_t i;

  gct_options_init(&options);
  for (i = 0; i < GCT_TEXT_OPTIONS; i++) {
    CHECK(gct_options_set(&options, (enum gct_text_option)i, value));
    CHECK(options.text[i] != value);
  }
  value[0] = 'F';
  for (i = 0; i < GCT_TEXT_OPTIONS; i++)
    CHECK_STRING(options.text[i], "first");
  CHECK(gct_options_set(&options, GCT_PROXY, ""));
  CHECK_STRING(options.text[GCT_PROXY], "");
  CHECK(gct_options_set(&options, GCT_PROXY, options.text[GCT_NO_PROXY]));
  CHECK_STRING(options.text[GCT_PROXY], "first");
  CHECK(memory_blocks() == GCT_TEXT_OPTIONS);

  memory_fail(1, 1);
  CHECK(!gct_options_set(&options, GCT_PROXY, "second"));
  CHECK(memory_heal() == 1);
  CHECK_STRING(options.text[GCT_PROXY], "first");

  gct_options_release(&options);
  gct_options_release(&options);
  CHECK(!options.text[GCT_PROXY]);
  CHECK(memory_blocks() == 0);
}

int main(void)
{
  test_defaults();
  test_texts();
  return check_report();
}
