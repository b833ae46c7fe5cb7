/*
** Hiding credentials; no I/O, no allocation.
*/
#include "wire/redact.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_ESCAPE = 6 }; /* bytes of "\u0041"; a pair takes two */

static struct gct_text skip(struct gct_text text, size_t count)
{
  text.data += count;
  text.length -= count;
  return text;
}

/* ---- characters and their escapes --------------------------------------- */

/* The first character of a text that is not empty, in UTF-8 (RFC 3629), and
   how many bytes it takes. A byte that begins none is one by itself, of which
   there is no escape: -1. */
static long read_character(struct gct_text text, size_t *bytes)
{
  unsigned char first = (unsigned char)text.data[0];
  size_t length = 4;
  long code;
  size_t i;

  if (first < 0x80)
    length = 1;
  else if (first < 0xe0)
    length = first < 0xc0 ? 0 : 2;
  else if (first < 0xf0)
    length = 3;
  *bytes = 1;
  if (length == 0 || length > text.length)
    return -1;
  *bytes = length;
  code = length == 1 ? first : first & (0x7f >> length);
  for (i = 1; i < length; i++)
    code = code * 64 + (text.data[i] & 0x3f);
  return code;
}

/* How many bytes at the front of `text` are `escape`, in any letter case; 0:
   they are not. All of them, where the text is cut and ends within it. */
static size_t match(struct gct_text text, const char *escape, bool cut)
{
  size_t length = strlen(escape);

  if (text.length < length && cut)
    length = text.length;
  return text.length >= length && gct_same_any_case(text.data, escape, length)
             ? length
             : 0;
}

/* How many bytes at the front of `text` spell the character `code` with an
   escape; 0: none do. Beyond U+FFFF it takes a surrogate pair. */
static size_t escape_of(long code, struct gct_text text, bool cut)
{
  char escape[2 * LONGEST_ESCAPE + 1];

  if (text.data[0] != '\\' || code < 0 || code > 0x10ffff)
    return 0;
  if ((code == '"' || code == '\\' || code == '/') && text.length > 1 &&
      text.data[1] == (char)code)
    return 2;
  if (code <= 0xffff)
    (void)snprintf(escape, sizeof(escape), "\\u%04lx", (unsigned long)code);
  else
    (void)snprintf(escape, sizeof(escape), "\\u%04lx\\u%04lx",
                   0xd800UL + (unsigned long)((code - 0x10000) >> 10),
                   0xdc00UL + (unsigned long)(code & 0x3ff));
  return match(text, escape, cut);
}

/* ---- whole secrets ------------------------------------------------------ */

/* How many bytes at the front of `text` spell the secret as JSON does; 0: they
   do not. All of them, where the text is cut and ends within the secret. */
static size_t spelling_of(struct gct_text secret, struct gct_text text,
                          bool cut)
{
  const char *begin = text.data;

  while (secret.length > 0 && text.length > 0) {
    size_t bytes;
    long code = read_character(secret, &bytes);
    size_t escape = escape_of(code, text, cut);

    if (escape == 0 &&
        (text.data[0] == '\\' || text.data[0] != secret.data[0]))
      return 0;
    text = skip(text, escape > 0 ? escape : 1);
    secret = skip(secret, escape > 0 ? bytes : 1);
  }
  return secret.length == 0 || cut ? (size_t)(text.data - begin) : 0;
}

/* Where `secret` stands in the text as it is, or NULL. */
static const char *find(struct gct_text text, struct gct_text secret)
{
  while (text.length >= secret.length) {
    const char *found =
        memchr(text.data, secret.data[0], text.length - secret.length + 1);

    if (!found || memcmp(found, secret.data, secret.length) == 0)
      return found;
    text = skip(text, (size_t)(found - text.data) + 1);
  }
  return NULL;
}

static void redact_plain(char *data, struct gct_text text,
                         struct gct_text secret)
{
  const char *found;
  size_t at = 0;

  while ((found = find(skip(text, at), secret)) != NULL) {
    at = (size_t)(found - text.data);
    memset(data + at, '*', secret.length);
    at += secret.length;
  }
}

/* A backslash that begins no spelling escapes what is behind it. */
static void redact_escaped(char *data, struct gct_text text,
                           struct gct_text secret)
{
  size_t at = 0;

  while (at < text.length) {
    size_t bytes = spelling_of(secret, skip(text, at), false);

    if (bytes > 0)
      memset(data + at, '*', bytes);
    else
      bytes = data[at] == '\\' ? 2 : 1;
    at += bytes;
  }
}

static void redact_end(char *data, struct gct_text text,
                       struct gct_text secret)
{
  size_t longest = secret.length * LONGEST_ESCAPE;
  size_t at = text.length > longest ? text.length - longest : 0;

  for (; at < text.length; at++) {
    if (spelling_of(secret, skip(text, at), true) > 0) {
      memset(data + at, '*', text.length - at);
      return;
    }
  }
}

void gct_redact(char *data, size_t length, struct gct_text secret, bool cut)
{
  struct gct_text text = {data, length};

  if (!data || !secret.data || secret.length == 0)
    return;
  /* Without a backslash nothing is escaped, which is nearly always so. */
  if (memchr(data, '\\', length))
    redact_escaped(data, text, secret);
  redact_plain(data, text, secret);
  if (cut)
    redact_end(data, text, secret);
}
