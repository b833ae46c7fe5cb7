/*
** Engine settings: defaults and the ownership of their texts.
*/
#include "engine/settings.h"

#include "check.h"
#include "memory.h"

static void test_defaults(void)
{
  struct gct_settings settings;
  size_t i;

  memset(&settings, 'x', sizeof(settings));
  gct_settings_init(&settings);
  for (i = 0; i < GCT_TEXT_SETTINGS; i++)
    CHECK(!settings.text[i]);
  CHECK(settings.timeout == 15);
  CHECK(settings.connect_timeout == 5);
  CHECK(settings.max_response_bytes == 1048576);
  CHECK(settings.max_connections == 64);
  CHECK(!settings.allow_http);
  gct_settings_release(&settings);
}

static void test_texts(void)
{
  struct gct_settings settings;
  char value[] = "first";
  size_t i;

  gct_settings_init(&settings);
  for (i = 0; i < GCT_TEXT_SETTINGS; i++) {
    CHECK(gct_settings_set(&settings, (enum gct_text_setting)i, value));
    CHECK(settings.text[i] != value);
  }
  value[0] = 'F';
  for (i = 0; i < GCT_TEXT_SETTINGS; i++)
    CHECK_STRING(settings.text[i], "first");
  CHECK(gct_settings_set(&settings, GCT_PROXY, ""));
  CHECK_STRING(settings.text[GCT_PROXY], "");
  CHECK(gct_settings_set(&settings, GCT_PROXY, settings.text[GCT_NO_PROXY]));
  CHECK_STRING(settings.text[GCT_PROXY], "first");
  CHECK(memory_blocks() == GCT_TEXT_SETTINGS);

  memory_fail(1, 1);
  CHECK(!gct_settings_set(&settings, GCT_PROXY, "second"));
  CHECK(memory_heal() == 1);
  CHECK_STRING(settings.text[GCT_PROXY], "first");

  gct_settings_release(&settings);
  gct_settings_release(&settings);
  CHECK(!settings.text[GCT_PROXY]);
  CHECK(memory_blocks() == 0);
}

int main(void)
{
  test_defaults();
  test_texts();
  return check_report();
}
