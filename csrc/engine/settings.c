/*
** Engine settings: defaults and ownership.
*/
#include "engine/settings.h"

#include <stdlib.h>
#include <string.h>

void gct_settings_init(struct gct_settings *settings)
{
  memset(settings, 0, sizeof(*settings));
  settings->timeout = GCT_DEFAULT_TIMEOUT;
  settings->connect_timeout = GCT_DEFAULT_CONNECT_TIMEOUT;
  settings->max_response_bytes = GCT_DEFAULT_MAX_RESPONSE_BYTES;
  settings->max_connections = GCT_DEFAULT_MAX_CONNECTIONS;
}

bool gct_settings_set(struct gct_settings *settings,
                      enum gct_text_setting which, const char *value)
{
  size_t size = strlen(value) + 1;
  char *copy = malloc(size);

  if (!copy)
    return false;
  memcpy(copy, value, size);
  free(settings->text[which]);
  settings->text[which] = copy;
  return true;
}

void gct_settings_release(struct gct_settings *settings)
{
  size_t i;

  for (i = 0; i < GCT_TEXT_SETTINGS; i++) {
    free(settings->text[i]);
    settings->text[i] = NULL;
  }
}
