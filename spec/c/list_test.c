/*
** Intrusive lists: order, and moving from anywhere to anywhere.
*/
#include "engine/list.h"

#include "check.h"

enum { ITEMS = 4 };

struct item {
  struct gct_list_node node; /* first: the item's address is the node's */
  char name;
};

static char name_of(const struct gct_list_node *node)
{
  return ((const struct item *)(const void *)node)->name;
}

/* That the list holds the items of these names and no others. */
static void check_list(const struct gct_list *list, const char *names)
{
  const struct gct_list_node *previous = NULL;
  const struct gct_list_node *node;

  check_row = names;
  for (node = list->first; node; node = node->next) {
    CHECK(*names && name_of(node) == *names);
    CHECK(node->list == list && node->previous == previous);
    previous = node;
    names += *names != '\0';
  }
  CHECK(!*names && list->last == previous);
  check_row = "";
}

int main(void)
{
  struct item items[ITEMS];
  struct gct_list from = {NULL, NULL};
  struct gct_list to = {NULL, NULL};
  int i;

  memset(items, 0, sizeof(items));
  for (i = 0; i < ITEMS; i++) {
    items[i].name = (char)('0' + i);
    gct_list_append(&from, &items[i].node);
  }
  check_list(&from, "0123");
  check_list(&to, "");
  gct_list_append(&to, &items[1].node); /* out of the middle */
  check_list(&from, "023");
  check_list(&to, "1");
  gct_list_append(&to, &items[3].node); /* the last */
  gct_list_append(&to, &items[0].node); /* the first */
  check_list(&from, "2");
  check_list(&to, "130");
  gct_list_append(&to, &items[2].node); /* the only one */
  check_list(&from, "");
  check_list(&to, "1302");
  gct_list_append(&to, &items[1].node); /* within one list */
  gct_list_append(&to, &items[1].node);
  check_list(&to, "3021");
  gct_list_append(&from, &items[0].node); /* into one that was emptied */
  check_list(&from, "0");
  check_list(&to, "321");

  gct_list_remove(&items[2].node);
  check_list(&to, "31");
  CHECK(!items[2].node.list && !items[2].node.previous && !items[2].node.next);
  gct_list_remove(&items[2].node); /* in no list */
  gct_list_remove(&items[0].node);
  check_list(&from, "");
  return check_report();
}
