/*
** Counted memory; see the header.
*/
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

static long blocks;
static long until_failure; /* allocations; 0: none fails */
static bool fails_for_good;
static long failures;

void memory_fail(long nth, bool for_good)
{
  until_failure = nth;
  fails_for_good = for_good;
  failures = 0;
}

long memory_heal(void)
{
  until_failure = 0;
  return failures;
}

long memory_blocks(void)
{
  return blocks;
}

static bool must_fail(void)
{
  if (until_failure == 0 || --until_failure > 0)
    return false;
  until_failure = fails_for_good ? 1 : 0;
  failures++;
  return true;
}

static void *counted(void *block)
{
  if (block)
    blocks++;
  return block;
}

void *memory_malloc(size_t size)
{
  return must_fail() ? NULL : counted(malloc(size));
}

void *memory_calloc(size_t count, size_t size)
{
  return must_fail() ? NULL : counted(calloc(count, size));
}

void *memory_realloc(void *block, size_t size)
{
  if (!block)
    return memory_malloc(size);
  return must_fail() ? NULL : realloc(block, size);
}

char *memory_strdup(const char *string)
{
  size_t size = strlen(string) + 1;
  char *copy = memory_malloc(size);

  return copy ? memcpy(copy, string, size) : NULL;
}

void memory_free(void *block)
{
  if (block)
    blocks--;
  free(block);
}

bool memory_use_in_libcurl(void)
{
  return curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_malloc, memory_free,
                              memory_realloc, memory_strdup,
                              memory_calloc) == CURLE_OK;
}
