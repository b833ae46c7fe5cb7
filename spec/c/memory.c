/*
** Memory that is counted and can be made to run out.
*/
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

/* libcurl may look a name up in a thread of its own. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
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
  pthread_mutex_lock(&lock);
  plan.nth = nth;
  plan.count = count;
  plan.failures = 0;
  pthread_mutex_unlock(&lock);
}

long memory_heal(void)
{
  long failures;

  pthread_mutex_lock(&lock);
  plan.count = 0;
  failures = plan.failures;
  pthread_mutex_unlock(&lock);
  return failures;
}

/* The number of blocks, changed by so many. */
static long count(long change)
{
  long now;

  pthread_mutex_lock(&lock);
  blocks += change;
  now = blocks;
  pthread_mutex_unlock(&lock);
  return now;
}

bool memory_returns_to(long expected)
{
  static const struct timespec pause = {0, 1000000}; /* 1 ms */
  int left;

  for (left = 200; count(0) != expected && left > 0; left--)
    (void)nanosleep(&pause, NULL);
  return left > 0;
}

long memory_blocks(void)
{
  return count(0);
}

static bool must_fail(void)
{
  bool fails;

  pthread_mutex_lock(&lock);
  fails = memory_must_fail(&plan);
  pthread_mutex_unlock(&lock);
  return fails;
}

static void *counted(void *block)
{
  if (block)
    (void)count(1);
  return block;
}

void *memory_malloc(size_t size)
{
  return must_fail() ? NULL : counted(malloc(size));
}

void *memory_calloc(size_t number, size_t size)
{
  return must_fail() ? NULL : counted(calloc(number, size));
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
    (void)count(-1);
  free(block);
}

bool memory_use_in_libcurl(void)
{
  return curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_malloc, memory_free,
                              memory_realloc, memory_strdup,
                              memory_calloc) == CURLE_OK;
}
