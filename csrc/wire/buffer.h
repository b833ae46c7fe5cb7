/*
** A growable byte buffer with a hard maximum. It never aborts: a full buffer
** and a failed allocation are return codes.
**
** Ownership: the holder of the struct owns `data` and calls
** gct_buffer_release once at the end. A zeroed struct is a valid, empty
** buffer that may hold nothing (limit 0).
*/
#ifndef GCT_BUFFER_H
#define GCT_BUFFER_H

#include <stddef.h>

#include "wire/error.h"
#include "wire/slice.h"

enum gct_status { GCT_OK, GCT_NO_MEMORY, GCT_TOO_LARGE };

struct gct_buffer {
  char *data;      /* owned; NULL until the first append */
  size_t length;   /* bytes in use */
  size_t capacity; /* bytes allocated */
  size_t limit;    /* bytes it may hold at the most */
};

/* Cannot fail: nothing is allocated before the first append. */
GCT_INTERNAL void gct_buffer_init(struct gct_buffer *buffer, size_t limit);

/* All or nothing: on GCT_NO_MEMORY and GCT_TOO_LARGE the buffer is as it
   was. */
GCT_INTERNAL enum gct_status
gct_buffer_append(struct gct_buffer *buffer, const void *data, size_t length);

/* The same for what is sent: false, and the code as an error. Too large is of
   kind argument. */
GCT_INTERNAL bool gct_append(struct gct_buffer *buffer, const void *data,
                             size_t length, struct gct_error *error);

/* Empties it for the next use. Memory beyond `keep` bytes is given back, so
   that one large response does not stay allocated for ever. */
GCT_INTERNAL void gct_buffer_reset(struct gct_buffer *buffer, size_t keep);

/* Frees the memory; idempotent. */
GCT_INTERNAL void gct_buffer_release(struct gct_buffer *buffer);

GCT_INTERNAL struct gct_slice
gct_buffer_slice(const struct gct_buffer *buffer);

#endif
