/*
** Intrusive doubly linked lists. An item is in one list or in none, and knows
** which; whatever is done takes the same time however long the list is.
*/
#ifndef GCT_LIST_H
#define GCT_LIST_H

#include "wire/visibility.h"

struct gct_list;

/* To be embedded in an item. A zeroed node is in no list. */
struct gct_list_node {
  struct gct_list *list; /* or NULL */
  struct gct_list_node *previous, *next;
};

/* A zeroed struct is an empty list. Its nodes point at it: it stays where it
   is. */
struct gct_list {
  struct gct_list_node *first, *last;
};

/* Takes the node out of the list it is in, if any. */
GCT_INTERNAL void gct_list_remove(struct gct_list_node *node);

/* Makes it the last of `list`, and takes it out of the list it was in, if
   any. */
GCT_INTERNAL void gct_list_append(struct gct_list *list,
                                  struct gct_list_node *node);

#endif
