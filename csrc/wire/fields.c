/*
** The grammar of header fields: RFC 9110 section 5. No I/O, no allocation.
*/
#include "wire/fields.h"

bool gct_is_field_name(struct gct_slice name)
{
  size_t i;

  for (i = 0; i < name.length; i++) {
    char byte = name.data[i];

    if (!gct_is_alphanumeric(byte) &&
        (!byte || !strchr("!#$%&'*+-.^_`|~", byte)))
      return false;
  }
  return name.length > 0;
}

bool gct_is_field_value(struct gct_slice value)
{
  size_t i;

  for (i = 0; i < value.length; i++) {
    if (gct_is_control(value.data[i]) && value.data[i] != '\t')
      return false;
  }
  return true;
}

static struct gct_slice next_line(struct gct_slice *block)
{
  struct gct_slice line = *block;
  const char *end = memchr(block->data, '\n', block->length);

  if (end) {
    line.length = (size_t)(end - block->data);
    block->data = end + 1;
    block->length -= line.length + 1;
  } else {
    block->length = 0;
  }
  return line;
}

/* A folded line continues the one before it (obs-fold, section 5.2). A status
   line may hold a colon, too. */
static bool is_field_line(struct gct_slice line)
{
  return line.length > 0 && line.data[0] != ' ' && line.data[0] != '\t' &&
         !(line.length > 5 && memcmp(line.data, "HTTP/", 5) == 0);
}

bool gct_fields_next(struct gct_slice *block, struct gct_slice *name,
                     struct gct_slice *value)
{
  while (block->length > 0) {
    struct gct_slice line = next_line(block);
    const char *colon =
        is_field_line(line) ? memchr(line.data, ':', line.length) : NULL;

    if (!colon)
      continue;
    name->data = line.data;
    name->length = (size_t)(colon - line.data);
    value->data = colon + 1;
    value->length = line.length - name->length - 1;
    *name = gct_slice_trim(*name);
    *value = gct_slice_trim(*value);
    if (name->length > 0)
      return true;
  }
  return false;
}
