/*
** Counted memory; see the header.
*/
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

static long blocks;
static struct memory_plan plan;

bool memory_must_fail(struct memory_plan *asked)
{
  if (asked->count == 0 || --asked->nth > 0)
    return false;
  asked->count--;
  asked->failures++;
  return true;
}

void memory_fail(long nth, long count)
{
  plan.nth = nth;
  plan.count = count;
  plan.failures = 0;
}

long memory_heal(void)
{
  plan.count = 0;
  return plan.failures;
}

long memory_blocks(void)
{
  return blocks;
}

static void *counted(void *block)
{
  if (block)
    blocks++;
  return block;
}

void *memory_malloc(size_t size)
{
  return memory_must_fail(&plan) ? NULL : counted(malloc(size));
}

void *memory_calloc(size_t count, size_t size)
{
  return memory_must_fail(&plan) ? NULL : counted(calloc(count, size));
}

void *memory_realloc(void *block, size_t size)
{
  if (!block)
    return memory_malloc(size);
  return memory_must_fail(&plan) ? NULL : realloc(block, size);
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
