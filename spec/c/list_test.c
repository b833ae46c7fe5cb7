/*
** Lists of transfers: order, moving from anywhere, freeing.
*/
#include "engine/list.h"

#include "check.h"
#include "memory.h"

enum { TRANSFERS = 4 };

/* That the list holds these transfers and no others, told by their ids. */
static void check_list(const struct gct_list *list, const char *ids)
{
  const struct gct_transfer *previous = NULL;
  const struct gct_transfer *transfer;

  check_row = ids;
  for (transfer = list->first; transfer; transfer = transfer->next) {
    CHECK(*ids && transfer->id == *ids - '0');
    CHECK(transfer->list == list && transfer->previous == previous);
    previous = transfer;
    ids += *ids != '\0';
  }
  CHECK(!*ids && list->last == previous);
  check_row = "";
}

/* Fills the list with new transfers, whose ids are 0, 1 and so on. */
static void fill(struct gct_list *list, struct gct_transfer **transfers,
                 const struct gct_options *options)
{
  int i;

  memset(list, 0, sizeof(*list));
  for (i = 0; i < TRANSFERS; i++) {
    struct gct_error error;

    transfers[i] = gct_transfer_new(options, NULL, NULL, &error);
    CHECK(transfers[i] && !transfers[i]->list);
    transfers[i]->id = i;
    gct_list_append(list, transfers[i]);
  }
}

static void test_moving(const struct gct_options *options)
{
  struct gct_transfer *transfers[TRANSFERS];
  struct gct_list from;
  struct gct_list to = {NULL, NULL};

  fill(&from, transfers, options);
  check_list(&from, "0123");
  check_list(&to, "");
  gct_list_append(&to, transfers[1]); /* out of the middle */
  check_list(&from, "023");
  check_list(&to, "1");
  gct_list_append(&to, transfers[3]); /* the last */
  gct_list_append(&to, transfers[0]); /* the first */
  check_list(&from, "2");
  check_list(&to, "130");
  gct_list_append(&to, transfers[2]); /* the only one */
  check_list(&from, "");
  check_list(&to, "1302");
  gct_list_append(&to, transfers[1]); /* within one list */
  gct_list_append(&to, transfers[1]);
  check_list(&to, "3021");
  gct_list_append(&from, transfers[0]); /* into one that was emptied */
  check_list(&from, "0");
  check_list(&to, "321");
  gct_list_free(&from);
  gct_list_free(&from);
  check_list(&from, "");
  gct_list_free(&to);
  check_list(&to, "");
}

int main(void)
{
  struct gct_options options;
  long before;

  CHECK(memory_use_in_libcurl());
  before = memory_blocks();
  gct_options_init(&options);
  test_moving(&options);
  gct_options_release(&options);
  CHECK(memory_blocks() == before);
  return check_report();
}
