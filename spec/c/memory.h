/*
** Memory that is counted and can be made to run out. The sources under test
** are compiled against it (redirect.h), and libcurl can be told to use it.
** One thread only.
*/
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>

void *memory_malloc(size_t size);
void *memory_calloc(size_t count, size_t size);
void *memory_realloc(void *block, size_t size);
char *memory_strdup(const char *string);
void memory_free(void *block);

/* Makes libcurl use it, too; before any other use of libcurl. */
bool memory_use_in_libcurl(void);

/* From now on the allocation number `nth` fails (1: the next), and with
   `for_good` each that follows. Freeing always works. */
void memory_fail(long nth, bool for_good);

/* Ends that; returns how many allocations have failed. */
long memory_heal(void);

/* Blocks allocated and not freed. */
long memory_blocks(void);

#endif
