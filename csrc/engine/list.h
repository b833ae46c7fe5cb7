/*
** Lists of transfers. A transfer is in one list or in none, and knows which;
** whatever is done takes the same time however long the list is.
*/
#ifndef GCT_LIST_H
#define GCT_LIST_H

#include "engine/transfer.h"

/* A zeroed struct is an empty list. Its transfers point at it: it stays where
   it is. */
struct gct_list {
  struct gct_transfer *first;
  struct gct_transfer *last;
};

/* Makes it the last of `list`, and takes it out of the list it was in, if
   any. */
GCT_INTERNAL void gct_list_append(struct gct_list *list,
                                  struct gct_transfer *transfer);

/* Frees all that are in the list. */
GCT_INTERNAL void gct_list_free(struct gct_list *list);

#endif
