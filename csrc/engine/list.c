/*
** Lists of transfers; see the header.
*/
#include "engine/list.h"

/* Takes it out of the list it is in, if any. */
static void take_out(struct gct_transfer *transfer)
{
  struct gct_list *list = transfer->list;

  if (!list)
    return;
  if (transfer->previous)
    transfer->previous->next = transfer->next;
  else
    list->first = transfer->next;
  if (transfer->next)
    transfer->next->previous = transfer->previous;
  else
    list->last = transfer->previous;
  transfer->list = NULL;
  transfer->previous = NULL;
  transfer->next = NULL;
}

void gct_list_append(struct gct_list *list, struct gct_transfer *transfer)
{
  take_out(transfer);
  transfer->list = list;
  transfer->previous = list->last;
  if (list->last)
    list->last->next = transfer;
  else
    list->first = transfer;
  list->last = transfer;
}

void gct_list_free(struct gct_list *list)
{
  while (list->first) {
    struct gct_transfer *transfer = list->first;

    take_out(transfer);
    gct_transfer_free(transfer);
  }
}
