/*
** Slices: comparison and trimming. No I/O, no allocation.
*/
#include "wire/slice.h"

#include <string.h>

struct gct_slice gct_slice_from_cstr(const char *string)
{
  struct gct_slice text = {string, string ? strlen(string) : 0};
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

struct gct_slice gct_slice_trim(struct gct_slice text)
{
  while (text.length > 0 && is_space(text.data[0])) {
    text.data++;
    text.length--;
  }
  while (text.length > 0 && is_space(text.data[text.length - 1]))
    text.length--;
  return text;
}
