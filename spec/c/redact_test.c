/*
** Redaction of credentials in responses.
*/
#include "wire/redact.h"

#include <stdlib.h>

#include "check.h"

struct row {
  const char *name;
  struct gct_slice data, secret, expected;
};

/* Each in memory of its own that is no larger: reading past its end is seen.
 */
static void check_rows(const struct row *rows, size_t count, bool cut)
{
  size_t i;

  for (i = 0; i < count; i++) {
    size_t length = rows[i].data.length;
    char *data = malloc(length);
    struct gct_slice text = {data, length};

    check_row = rows[i].name;
    if (data) {
      memcpy(data, rows[i].data.data, length);
      gct_redact(data, length, &rows[i].secret, 1, cut);
    }
    CHECK_TEXT(text, rows[i].expected);
    free(data);
  }
  check_row = "";
}

static void test_plain(void)
{
  static const struct row rows[] = {
      {"in the middle", TEXT("a key b"), TEXT("key"), TEXT("a *** b")},
      {"the whole", TEXT("key"), TEXT("key"), TEXT("***")},
      {"at the very end", TEXT("my key"), TEXT("key"), TEXT("my ***")},
      {"only its first byte, the last one", TEXT("my k"), TEXT("key"),
       TEXT("my k")},
      {"only its beginning", TEXT("my ke"), TEXT("key"), TEXT("my ke")},
      {"each of them", TEXT("keykey,key"), TEXT("key"), TEXT("******,***")},
      {"overlapping", TEXT("aaa"), TEXT("aa"), TEXT("**a")},
      {"overlapping with itself", TEXT("ababab"), TEXT("abab"),
       TEXT("****ab")},
      {"false starts", TEXT("kkekey"), TEXT("key"), TEXT("kke***")},
      {"one byte", TEXT("abcabc"), TEXT("b"), TEXT("a*ca*c")},
      {"secret longer than the data", TEXT("ke"), TEXT("key"), TEXT("ke")},
      {"empty data", TEXT(""), TEXT("key"), TEXT("")},
      {"empty secret", TEXT("key"), TEXT(""), TEXT("key")},
      {"absent secret", TEXT("key"), ABSENT, TEXT("key")},
      {"behind a NUL", TEXT("a\0key\0"), TEXT("key"), TEXT("a\0***\0")},
      {"NUL in the secret", TEXT("k\0y,k"), TEXT("k\0y"), TEXT("***,k")},
      {"case matters", TEXT("Key"), TEXT("key"), TEXT("Key")},
      {"a backslash in it", TEXT("<a\\b>"), TEXT("a\\b"), TEXT("<***>")},
  };

  check_rows(rows, LENGTH(rows), false);
  check_row = "no data at all";
  gct_redact(NULL, 0, &rows[0].secret, 1, true);
  check_row = "";
}

static void test_escaped(void)
{
  static const struct row rows[] = {
      {"a slash", TEXT("\"s\\/e\""), TEXT("s/e"), TEXT("\"****\"")},
      {"a quote", TEXT("s\\\"e"), TEXT("s\"e"), TEXT("****")},
      {"a backslash", TEXT("<s\\\\e>"), TEXT("s\\e"), TEXT("<****>")},
      {"a code", TEXT("s\\u002fe"), TEXT("s/e"), TEXT("********")},
      {"codes in both cases", TEXT("\\u0073\\u002F\\u0065"), TEXT("s/e"),
       TEXT("******************")},
      {"each of them", TEXT("\\u0073e,s\\u0065"), TEXT("se"),
       TEXT("*******,*******")},
      {"a code too high", TEXT("\\u0173e"), TEXT("se"), TEXT("\\u0173e")},
      {"a code cut short", TEXT("s\\u006"), TEXT("se"), TEXT("s\\u006")},
      {"no code", TEXT("\\u00g3e"), TEXT("se"), TEXT("\\u00g3e")},
      {"an escape cut short", TEXT("s\\"), TEXT("se"), TEXT("s\\")},
      {"another escape", TEXT("s\\e"), TEXT("se"), TEXT("s\\e")},
      {"behind a backslash that escapes nothing", TEXT("\\se\\u0063"),
       TEXT("sec"), TEXT("\\********")},
      {"behind an escaped backslash", TEXT("\\\\u0073e"), TEXT("se"),
       TEXT("\\\\u0073e")},
      {"the beginning twice", TEXT("s\\u0073e"), TEXT("se"), TEXT("s*******")},
      {"two bytes", TEXT("\\u00e4x"), TEXT("\xc3\xa4x"), TEXT("*******")},
      {"a byte that begins no character", TEXT("\\u07e4"), TEXT("\xbf\xa4"),
       TEXT("\\u07e4")},
      {"a code that no character has", TEXT("\\u0000"),
       TEXT("\xf7\xbf\xbf\xbf"), TEXT("\\u0000")},
      {"three bytes", TEXT("\\u20AC"), TEXT("\xe2\x82\xac"), TEXT("******")},
      {"a surrogate pair", TEXT("\\ud83d\\ude00"), TEXT("\xf0\x9f\x98\x80"),
       TEXT("************")},
      {"short escapes", TEXT("<\\b\\f\\n\\r\\t>"), TEXT("\b\f\n\r\t"),
       TEXT("<**********>")},
      {"half a pair", TEXT("\\ud83d\\ude01"), TEXT("\xf0\x9f\x98\x80"),
       TEXT("\\ud83d\\ude01")},
      {"no UTF-8", TEXT("\\u00a4\xa4x"), TEXT("\xa4x"), TEXT("\\u00a4**")},
      {"UTF-8 that is cut", TEXT("\\n\xe2\x82"), TEXT("\xe2\x82"),
       TEXT("\\n**")},
  };

  check_rows(rows, LENGTH(rows), false);
}

static void test_incomplete(void)
{
  static const struct row rows[] = {
      {"its first byte", TEXT("my k"), TEXT("key"), TEXT("my *")},
      {"all but its last", TEXT("my ke"), TEXT("key"), TEXT("my **")},
      {"whole, and the beginning", TEXT("key,ke"), TEXT("key"),
       TEXT("***,**")},
      {"no beginning", TEXT("my ex"), TEXT("key"), TEXT("my ex")},
      {"the longest beginning", TEXT("kek"), TEXT("kekey"), TEXT("***")},
      {"within an escape", TEXT("x k\\u00"), TEXT("key"), TEXT("x *****")},
      {"behind a backslash", TEXT("x k\\"), TEXT("key"), TEXT("x **")},
      {"another escape", TEXT("x k\\n"), TEXT("key"), TEXT("x k\\n")},
      {"within a pair", TEXT("\\ud83d\\ud"), TEXT("\xf0\x9f\x98\x80"),
       TEXT("*********")},
      {"an escaped slash", TEXT("a\\/"), TEXT("a/b"), TEXT("***")},
      {"the whole data", TEXT("ke"), TEXT("key"), TEXT("**")},
      {"nothing", TEXT(""), TEXT("key"), TEXT("")},
  };

  check_rows(rows, LENGTH(rows), true);
}

/* However it is spelt, and wherever it is cut, nothing of it can be read. */
static void test_everywhere(void)
{
  static const char text[] = "{\"t\":\"\\u0061b\\u0063/\\u0065\"}";
  static const char first = 7; /* where the secret begins */
  struct gct_slice secret = TEXT("abc/e");
  size_t length;

  for (length = 0; length <= sizeof(text) - 1; length++) {
    char data[sizeof(text)];
    size_t i;

    memcpy(data, text, sizeof(text));
    gct_redact(data, length, &secret, 1, true);
    for (i = 0; i < length; i++) {
      bool inside = i >= (size_t)first - 1 && i < sizeof(text) - 3;

      CHECK(data[i] == (inside ? '*' : text[i]));
    }
  }
}

/* One secret does not show where another begins, or is cut. */
static void test_several(void)
{
  static const struct gct_slice secrets[] = {TEXT("cbd"), ABSENT, TEXT("abc")};
  char whole[] = "abc cbd";
  char cut[] = "x abc, ab";

  gct_redact(whole, 7, secrets, LENGTH(secrets), false);
  CHECK_STRING(whole, "*** ***");
  gct_redact(cut, 9, secrets, LENGTH(secrets), true);
  CHECK_STRING(cut, "x ***, **");
  memcpy(cut, "x ab", 4); /* "b" could be cut out of neither */
  gct_redact(cut, 4, secrets, LENGTH(secrets), true);
  CHECK(memcmp(cut, "x **", 4) == 0);
  memcpy(cut, "x abc", 5); /* "c" begins the first secret */
  gct_redact(cut, 5, secrets, LENGTH(secrets), true);
  CHECK(memcmp(cut, "x ***", 5) == 0);
}

/* Near misses without end, which would take minutes: the rest is not shown. */
static void test_endless(void)
{
  enum { SECRET = 8192, TEXT_BYTES = 1048576 };
  static char secret[SECRET];
  static char data[TEXT_BYTES];
  const struct gct_slice hidden = {secret, SECRET};
  size_t i;

  memset(secret, 'a', SECRET);
  for (i = 0; i + 6 <= TEXT_BYTES; i += 6)
    memcpy(data + i,
           i % (6 * SECRET) == 6 * (SECRET - 1) ? "\\u0062" : "\\u0061", 6);
  gct_redact(data, TEXT_BYTES, &hidden, 1, false);
  CHECK(data[0] == '\\');
  CHECK(data[TEXT_BYTES - 1] == '*');
}

int main(void)
{
  test_plain();
  test_escaped();
  test_incomplete();
  test_everywhere();
  test_several();
  test_endless();
  return check_report();
}
