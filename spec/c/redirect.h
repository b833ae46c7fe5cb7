/*
** Included by force (-include) into the sources under test: their memory
** comes from memory.h.
*/
#ifndef REDIRECT_H
#define REDIRECT_H

/* What a source defines before its first system header would be too late. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define malloc(size) memory_malloc(size)
#define calloc(count, size) memory_calloc((count), (size))
#define realloc(block, size) memory_realloc((block), (size))
#define strdup(string) memory_strdup(string)
#define free(block) memory_free(block)

#endif
