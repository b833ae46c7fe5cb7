/*
** Borrowed byte runs: comparison, trimming, masking. No I/O, no allocation.
*/
#include "wire/text.h"

#include <string.h>

struct gct_text gct_text_of(const char *string)
{
  struct gct_text text = {string, string ? strlen(string) : 0};
  return text;
}

char gct_lower(char byte)
{
  return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

bool gct_is_alphanumeric(char byte)
{
  char lower = gct_lower(byte);
  return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9');
}

bool gct_is_control(char byte)
{
  unsigned char value = (unsigned char)byte;
  return value < 0x20 || value == 0x7f;
}

bool gct_text_is(struct gct_text text, const char *literal)
{
  return text.data && text.length == strlen(literal) &&
         memcmp(text.data, literal, text.length) == 0;
}

bool gct_text_is_any_case(struct gct_text text, const char *literal)
{
  size_t i;

  if (!text.data || text.length != strlen(literal))
    return false;
  for (i = 0; i < text.length; i++) {
    if (gct_lower(text.data[i]) != gct_lower(literal[i]))
      return false;
  }
  return true;
}

static bool is_space(char byte)
{
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct gct_text gct_text_trim(struct gct_text text)
{
  while (text.length > 0 && is_space(text.data[0])) {
    text.data++;
    text.length--;
  }
  while (text.length > 0 && is_space(text.data[text.length - 1]))
    text.length--;
  return text;
}

void gct_mask(char *data, size_t length, struct gct_text secret)
{
  char *end;

  if (!data || !secret.data || secret.length == 0)
    return;
  end = data + length;
  while ((size_t)(end - data) >= secret.length) {
    size_t last = (size_t)(end - data) - secret.length;
    char *found = memchr(data, secret.data[0], last + 1);

    if (!found)
      return;
    if (memcmp(found, secret.data, secret.length) == 0) {
      memset(found, '*', secret.length);
      data = found + secret.length;
    } else {
      data = found + 1;
    }
  }
}
