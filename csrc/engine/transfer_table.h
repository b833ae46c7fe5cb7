/*
** The transfers of an engine by the ids of their calls. To find one takes the
** same time however many there are.
**
** An id is the transfer's place in the table and, above it, the sequence
** number of the call. Together they have the 53 bits that a Lua number can
** hold.
*/
#ifndef GCT_TRANSFER_TABLE_H
#define GCT_TRANSFER_TABLE_H

#include <stdint.h>

#include "engine/transfer.h"

/* A zeroed struct is an empty table. */
struct gct_transfer_table {
  struct gct_transfer **transfers; /* the array is owned, they are not */
  size_t count;
  size_t capacity;
  uint64_t last_sequence;
};

/* Gives the transfer a place, for as long as it lives. */
GCT_INTERNAL bool gct_transfer_table_add(struct gct_transfer_table *table,
                                         struct gct_transfer *transfer,
                                         struct gct_error *error);

/* The id of the transfer's next call: not 0, and not the same again for the
   next 2^29 calls. */
GCT_INTERNAL double
gct_transfer_table_next_id(struct gct_transfer_table *table,
                           const struct gct_transfer *transfer);

/* The transfer whose id it is, or was last. NULL: none has it. */
GCT_INTERNAL struct gct_transfer *
gct_transfer_table_find(const struct gct_transfer_table *table, double id);

/* Forgets all transfers, but goes on with the sequence of ids. */
GCT_INTERNAL void gct_transfer_table_clear(struct gct_transfer_table *table);

/* Frees the array; idempotent. */
GCT_INTERNAL void gct_transfer_table_release(struct gct_transfer_table *table);

#endif
