/*
** Redaction of secrets. No I/O, no allocation.
*/
#include "wire/redact.h"

#include <string.h>

enum { LONGEST_ESCAPE = 6 }; /* bytes of "\u0041"; a pair takes two */

/* How many characters may be compared in all. A text that is not made for it
   takes one or two for each byte. */
enum { STEPS_PER_BYTE = 16, FREE_STEPS = 65536 };

static struct gct_slice skip(struct gct_slice text, size_t count)
{
  text.data += count;
  text.length -= count;
  return text;
}

/* ---- characters and their escapes --------------------------------------- */

/* The first character of a text that is not empty, in UTF-8 (RFC 3629), and
   how many bytes it takes. A byte that begins none is one by itself, of which
   there is no escape: -1. */
static long read_character(struct gct_slice text, size_t *bytes)
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
static size_t match(struct gct_slice text, const char *escape, bool cut)
{
  size_t length = strlen(escape);

  if (text.length < length && cut)
    length = text.length;
  return text.length >= length && gct_same_any_case(text.data, escape, length)
             ? length
             : 0;
}

/* Writes "\u0041" and a NUL. */
static void write_unit(char *escape, unsigned unit)
{
  static const char digits[] = "0123456789abcdef";
  int i;

  escape[0] = '\\';
  escape[1] = 'u';
  for (i = 0; i < 4; i++)
    escape[2 + i] = digits[unit >> (12 - 4 * i) & 0xf];
  escape[LONGEST_ESCAPE] = '\0';
}

/* How many bytes at the front of `text` spell the character `code` with an
   escape; 0: none do. Beyond U+FFFF it takes a surrogate pair. */
static size_t escape_of(long code, struct gct_slice text, bool cut)
{
  static const char short_ones[][2] = {
      {'"', '"'},  {'\\', '\\'}, {'/', '/'},  {'\b', 'b'},
      {'\f', 'f'}, {'\n', 'n'},  {'\r', 'r'}, {'\t', 't'},
  };
  char escape[2 * LONGEST_ESCAPE + 1];
  size_t i;

  if (text.data[0] != '\\' || code < 0 || code > 0x10ffff)
    return 0;
  for (i = 0; text.length > 1 && i < sizeof(short_ones) / 2; i++) {
    if (code == short_ones[i][0] && text.data[1] == short_ones[i][1])
      return 2;
  }
  if (code <= 0xffff) {
    write_unit(escape, (unsigned)code);
  } else {
    write_unit(escape, 0xd800U + (unsigned)((code - 0x10000) >> 10));
    write_unit(escape + LONGEST_ESCAPE, 0xdc00U + (unsigned)(code & 0x3ff));
  }
  return match(text, escape, cut);
}

/* ---- whole secrets ------------------------------------------------------ */

/* How many bytes at the front of `text` spell the secret as JSON does; 0: they
   do not. All of them, where the text is cut and ends within the secret, or no
   steps are left. */
static size_t spelling_of(struct gct_slice secret, struct gct_slice text,
                          bool cut, size_t *steps)
{
  const char *begin = text.data;

  while (secret.length > 0 && text.length > 0) {
    size_t bytes;
    long code = read_character(secret, &bytes);
    size_t escape = escape_of(code, text, cut);

    if (*steps == 0)
      return (size_t)(text.data - begin) + text.length;
    --*steps;
    if (escape == 0 &&
        (text.data[0] == '\\' || text.data[0] != secret.data[0]))
      return 0;
    text = skip(text, escape > 0 ? escape : 1);
    secret = skip(secret, escape > 0 ? bytes : 1);
  }
  return secret.length == 0 || cut ? (size_t)(text.data - begin) : 0;
}

/* Where `secret` stands in the text as it is, or NULL. */
static const char *find(struct gct_slice text, struct gct_slice secret)
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

static void redact_plain(char *data, struct gct_slice text,
                         struct gct_slice secret)
{
  const char *found;
  size_t at = 0;

  while ((found = find(skip(text, at), secret)) != NULL) {
    at = (size_t)(found - text.data);
    memset(data + at, '*', secret.length);
    at += secret.length;
  }
}

static size_t steps_for(size_t length)
{
  return FREE_STEPS + STEPS_PER_BYTE * length;
}

/* A backslash that is escaped begins no spelling; before anything else that is
   no escape of the secret's, it may stand for nothing. */
static void redact_escaped(char *data, struct gct_slice text,
                           struct gct_slice secret)
{
  size_t steps = steps_for(text.length);
  size_t at = 0;

  while (at < text.length) {
    size_t bytes = spelling_of(secret, skip(text, at), false, &steps);

    if (bytes > 0)
      memset(data + at, '*', bytes);
    else
      bytes = data[at] == '\\' && at + 1 < text.length && data[at + 1] == '\\'
                  ? 2
                  : 1;
    at += bytes;
  }
}

/* ---- the end of what is cut --------------------------------------------- */

/* Where the secret, or its beginning, begins that the text ends with; its
   length: nowhere. */
static size_t find_beginning(struct gct_slice text, struct gct_slice secret)
{
  size_t steps = steps_for(text.length);
  size_t longest = secret.length * LONGEST_ESCAPE;
  size_t at = text.length > longest ? text.length - longest : 0;

  while (at < text.length &&
         spelling_of(secret, skip(text, at), true, &steps) < text.length - at)
    at++;
  return at;
}

/* ---- all of them -------------------------------------------------------- */

void gct_redact(char *data, size_t length, const struct gct_slice *secrets,
                size_t count, bool cut)
{
  struct gct_slice text = {data, length};
  size_t end = length;
  size_t i;

  if (!data)
    return;
  /* Before there is a star: one secret may hide where another begins. */
  for (i = 0; cut && i < count; i++) {
    size_t at = find_beginning(text, secrets[i]);

    end = at < end ? at : end;
  }
  for (i = 0; i < count; i++) {
    if (secrets[i].length == 0)
      continue;
    /* Without a backslash nothing is escaped, which is nearly always so. */
    if (memchr(data, '\\', length))
      redact_escaped(data, text, secrets[i]);
    redact_plain(data, text, secrets[i]);
  }
  memset(data + end, '*', length - end);
}
