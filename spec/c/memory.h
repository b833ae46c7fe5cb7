/*
** Memory that is counted and can be made to run out. The sources under test
** are compiled against it (redirect.h), and libcurl can be told to use it.
*/
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>

void *memory_malloc(size_t size);
void *memory_calloc(size_t number, size_t size);
void *memory_realloc(void *block, size_t size);
char *memory_strdup(const char *string);
void memory_free(void *block);

/* Makes libcurl use it, too; before any other use of libcurl. */
bool memory_use_in_libcurl(void);

/* Which allocations fail: `count` of them from the `nth` on (1: the next). A
   zeroed struct fails none. */
struct memory_plan {
  long nth;
  long count;
  long failures; /* so far */
};

/* Asked before each allocation: whether this one fails. */
bool memory_must_fail(struct memory_plan *plan);

/* Lets `count` allocations from here fail, from the `nth` on. Freeing always
   works. */
void memory_fail(long nth, long count);

/* Ends that; returns how many have failed. */
long memory_heal(void);

/* Blocks allocated and not freed. */
long memory_blocks(void);

/* Whether that number is `expected`, if need be after a moment: when libcurl
   gives up a thread that looks up a name, the thread frees what is its. */
bool memory_returns_to(long expected);

#endif
