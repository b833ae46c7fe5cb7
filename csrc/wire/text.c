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

bool gct_same_any_case(const char *a, const char *b, size_t length)
{
  size_t i;

  for (i = 0; i < length; i++) {
    if (a[i] != b[i] && gct_lower(a[i]) != gct_lower(b[i]))
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

const char *gct_find(const char *data, size_t length, struct gct_text part)
{
  const char *end;

  if (!data || !part.data || part.length == 0)
    return NULL;
  end = data + length;
  while ((size_t)(end - data) >= part.length) {
    size_t places = (size_t)(end - data) - part.length + 1;
    const char *found = memchr(data, part.data[0], places);

    if (!found || memcmp(found, part.data, part.length) == 0)
      return found;
    data = found + 1;
  }
  return NULL;
}

/* Whether four hexadecimal digits for `byte` stand at `data`. */
static bool is_code(char byte, const char *data, size_t length)
{
  static const char digits[] = "0123456789abcdef";
  long code = 0;
  size_t i;

  for (i = 0; i < 4; i++) {
    const char *digit =
        i < length ? memchr(digits, gct_lower(data[i]), 16) : NULL;

    if (!digit)
      return false;
    code = code * 16 + (digit - digits);
  }
  return code == byte && code < 0x80;
}

/* How many bytes of the text spell `byte`, 0: they spell another. */
static size_t spelling_of(char byte, struct gct_text text)
{
  if (text.length > 0 && text.data[0] == byte)
    return 1;
  if (text.length < 2 || text.data[0] != '\\')
    return 0;
  if (text.data[1] == 'u')
    return is_code(byte, text.data + 2, text.length - 2) ? 6 : 0;
  return text.data[1] == byte && (byte == '/' || byte == '"') ? 2 : 0;
}

static bool begins_with(struct gct_text text, struct gct_text secret)
{
  size_t i;

  for (i = 0; i < secret.length; i++) {
    size_t spelling = spelling_of(secret.data[i], text);

    if (spelling == 0)
      return false;
    text.data += spelling;
    text.length -= spelling;
  }
  return true;
}

bool gct_spells(struct gct_text text, struct gct_text secret)
{
  for (; secret.length > 0 && text.length > 0; text.length--) {
    if (begins_with(text, secret))
      return true;
    text.data++;
  }
  return false;
}

void gct_mask(char *data, size_t length, struct gct_text secret)
{
  const char *found = gct_find(data, length, secret);

  while (found) {
    size_t before = (size_t)(found - data);

    memset(data + before, '*', secret.length);
    data += before + secret.length;
    length -= before + secret.length;
    found = gct_find(data, length, secret);
  }
}
