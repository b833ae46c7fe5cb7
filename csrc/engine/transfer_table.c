/*
** The table of transfers: an array, whose index is in the low bits of an id.
*/
#include "engine/transfer_table.h"

#include <stdlib.h>

#define PLACES ((uint64_t)1 << 24)
#define SEQUENCES ((uint64_t)1 << 29)

enum { FIRST_CAPACITY = 8 };

static bool grow(struct gct_transfer_table *table)
{
  size_t capacity = table->capacity ? 2 * table->capacity : FIRST_CAPACITY;
  struct gct_transfer **transfers =
      realloc(table->transfers, capacity * sizeof(struct gct_transfer *));

  if (!transfers)
    return false;
  table->transfers = transfers;
  table->capacity = capacity;
  return true;
}

bool gct_transfer_table_add(struct gct_transfer_table *table,
                            struct gct_transfer *transfer,
                            struct gct_error *error)
{
  /* coverage: fails without memory only */
  if (table->count == PLACES ||
      (table->count == table->capacity && !grow(table)))
    return gct_error_set(error, GCT_KIND_TRANSPORT, "out of memory");
  transfer->place = table->count;
  table->transfers[table->count++] = transfer;
  return true;
}

double gct_transfer_table_next_id(struct gct_transfer_table *table,
                                  const struct gct_transfer *transfer)
{
  table->last_sequence = table->last_sequence % (SEQUENCES - 1) + 1;
  return (double)(table->last_sequence * PLACES + transfer->place);
}

struct gct_transfer *
gct_transfer_table_find(const struct gct_transfer_table *table, double id)
{
  uint64_t place;

  if (!(id > 0 && id < (double)(SEQUENCES * PLACES)))
    return NULL; /* also for NaN */
  place = (uint64_t)id % PLACES;
  if (place >= table->count || table->transfers[place]->id != id)
    return NULL;
  return table->transfers[place];
}

void gct_transfer_table_clear(struct gct_transfer_table *table)
{
  table->count = 0;
}

void gct_transfer_table_release(struct gct_transfer_table *table)
{
  free(table->transfers);
  table->transfers = NULL;
  table->count = table->capacity = 0;
}
