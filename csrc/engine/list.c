/*
** Intrusive doubly linked lists. No allocation.
*/
#include "engine/list.h"

#include <stddef.h>

void gct_list_remove(struct gct_list_node *node)
{
  struct gct_list *list = node->list;

  if (!list)
    return;
  if (node->previous)
    node->previous->next = node->next;
  else
    list->first = node->next;
  if (node->next)
    node->next->previous = node->previous;
  else
    list->last = node->previous;
  node->list = NULL;
  node->previous = NULL;
  node->next = NULL;
}

void gct_list_append(struct gct_list *list, struct gct_list_node *node)
{
  gct_list_remove(node);
  node->list = list;
  node->previous = list->last;
  if (list->last)
    list->last->next = node;
  else
    list->first = node;
  list->last = node;
}
