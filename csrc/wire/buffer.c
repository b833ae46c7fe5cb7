/*
** A growable byte buffer with a hard maximum.
*/
#include "wire/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 512 }; /* bytes: a TokenInfo response fits */

void gct_buffer_init(struct gct_buffer *buffer, size_t limit)
{
  memset(buffer, 0, sizeof(*buffer));
  buffer->limit = limit;
}

static enum gct_status grow(struct gct_buffer *buffer, size_t needed)
{
  size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
  char *data;

  while (capacity < needed) {
    /* Doubling stops at the limit, which also keeps it from overflowing. */
    capacity = capacity > buffer->limit / 2 ? buffer->limit : capacity * 2;
  }
  data = realloc(buffer->data, capacity);
  if (!data)
    return GCT_NO_MEMORY;
  buffer->data = data;
  buffer->capacity = capacity;
  return GCT_OK;
}

enum gct_status gct_buffer_append(struct gct_buffer *buffer, const void *data,
                                  size_t length)
{
  if (length > buffer->limit - buffer->length)
    return GCT_TOO_LARGE;
  if (length > buffer->capacity - buffer->length) {
    enum gct_status status = grow(buffer, buffer->length + length);

    if (status != GCT_OK)
      return status;
  }
  if (length > 0)
    memcpy(buffer->data + buffer->length, data, length);
  buffer->length += length;
  return GCT_OK;
}

bool gct_append(struct gct_buffer *buffer, const void *data, size_t length,
                struct gct_error *error)
{
  switch (gct_buffer_append(buffer, data, length)) {
  case GCT_OK:
    return true;
  case GCT_TOO_LARGE:
    return gct_error_set(error, GCT_KIND_ARGUMENT,
                         "the request is larger than %lu bytes",
                         (unsigned long)buffer->limit);
  default:
    return gct_error_set(error, GCT_KIND_TRANSPORT, "out of memory");
  }
}

void gct_buffer_reset(struct gct_buffer *buffer, size_t keep)
{
  buffer->length = 0;
  if (buffer->capacity > keep) {
    free(buffer->data);
    buffer->data = NULL;
    buffer->capacity = 0;
  }
}

void gct_buffer_release(struct gct_buffer *buffer)
{
  gct_buffer_reset(buffer, 0);
}

struct gct_slice gct_buffer_slice(const struct gct_buffer *buffer)
{
  struct gct_slice text = {buffer->data ? buffer->data : "", buffer->length};
  return text;
}
