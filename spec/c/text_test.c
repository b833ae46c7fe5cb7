/*
** Borrowed byte runs: comparison, trimming, masking, classes of bytes.
*/
#include "wire/text.h"

#include "check.h"

static void test_compare(void)
{
  static const struct {
    const char *name;
    struct gct_text text;
    const char *literal;
    bool same, same_in_any_case;
  } rows[] = {
      {"same", TEXT("Date"), "Date", true, true},
      {"other case", TEXT("dATE"), "Date", false, true},
      {"empty", TEXT(""), "", true, true},
      {"absent is not empty", ABSENT, "", false, false},
      {"absent", ABSENT, "a", false, false},
      {"prefix", TEXT("Dat"), "Date", false, false},
      {"longer", TEXT("Dates"), "Date", false, false},
      {"embedded NUL", TEXT("me\0"), "me", false, false},
      {"NUL in the middle", TEXT("m\0e"), "m", false, false},
      {"only letters have a case: [ and {", TEXT("["), "{", false, false},
      {"only letters have a case: @ and `", TEXT("@"), "`", false, false},
      {"Latin-1 letters have none", TEXT("\xc4"), "\xe4", false, false},
      {"Turkish dotless i is not I", TEXT("\xc4\xb1"), "I", false, false},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    check_row = rows[i].name;
    CHECK(gct_text_is(rows[i].text, rows[i].literal) == rows[i].same);
    CHECK(gct_text_is_any_case(rows[i].text, rows[i].literal) ==
          rows[i].same_in_any_case);
  }
  check_row = "";
}

static void test_text_of(void)
{
  struct gct_text absent = ABSENT;
  struct gct_text empty = TEXT("");
  struct gct_text word = TEXT("word");

  CHECK_TEXT(gct_text_of(NULL), absent);
  CHECK_TEXT(gct_text_of(""), empty);
  CHECK_TEXT(gct_text_of("word"), word);
}

static void test_trim(void)
{
  static const struct {
    const char *name;
    struct gct_text text, expected;
  } rows[] = {
      {"nothing to trim", TEXT("a b"), TEXT("a b")},
      {"both ends", TEXT(" \t\r\na b\r\n\t "), TEXT("a b")},
      {"only white space", TEXT(" \t\r\n"), TEXT("")},
      {"empty", TEXT(""), TEXT("")},
      {"absent", ABSENT, ABSENT},
      {"NUL is no white space", TEXT(" \0 "), TEXT("\0")},
      {"nor are other controls", TEXT("\v\f"), TEXT("\v\f")},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    check_row = rows[i].name;
    CHECK_TEXT(gct_text_trim(rows[i].text), rows[i].expected);
  }
  check_row = "";
}

static void test_mask(void)
{
  static const struct {
    const char *name;
    struct gct_text data, secret, expected;
  } rows[] = {
      {"in the middle", TEXT("a key b"), TEXT("key"), TEXT("a *** b")},
      {"the whole", TEXT("key"), TEXT("key"), TEXT("***")},
      {"at the very end", TEXT("my key"), TEXT("key"), TEXT("my ***")},
      {"cut at the end", TEXT("my ke"), TEXT("key"), TEXT("my ke")},
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
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    char data[32];
    struct gct_text text = {data, rows[i].data.length};

    check_row = rows[i].name;
    memcpy(data, rows[i].data.data, text.length);
    gct_mask(data, text.length, rows[i].secret);
    CHECK_TEXT(text, rows[i].expected);
  }
  check_row = "no data at all";
  gct_mask(NULL, 0, gct_text_of("key"));
  check_row = "";
}

static void test_spells(void)
{
  static const struct {
    const char *name;
    struct gct_text text;
    bool expected;
  } rows[] = {
      {"as it is", TEXT("<s/e\"c>"), true},
      {"a slash escaped", TEXT("<s\\/e\"c>"), true},
      {"all that has a short form", TEXT("s\\/e\\\"c"), true},
      {"a code", TEXT("s\\u002fe\"c"), true},
      {"codes in both cases", TEXT("\\u0073\\u002F\\u0065\\u0022\\u0063"),
       true},
      {"a code too high", TEXT("\\u0173/e\"c"), false},
      {"a code cut short", TEXT("s/e\"\\u006"), false},
      {"no code", TEXT("\\u00g3/e\"c"), false},
      {"an escape cut short", TEXT("s/e\"\\"), false},
      {"another escape", TEXT("s/\\e\"c"), false},
      {"only the beginning", TEXT("s\\/e\\\""), false},
      {"the beginning twice", TEXT("s\\/s\\/e\"c"), true},
      {"absent", ABSENT, false},
  };
  struct gct_text secret = TEXT("s/e\"c");
  struct gct_text absent = ABSENT;
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    check_row = rows[i].name;
    CHECK(gct_spells(rows[i].text, secret) == rows[i].expected);
    CHECK(!gct_spells(rows[i].text, absent));
  }
  check_row = "";
}

static void test_classes(void)
{
  static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  int value;

  for (value = 0; value < 256; value++) {
    char byte = (char)value;
    const char *letter = byte ? strchr(upper, byte) : NULL;
    bool other = byte && strchr(others, byte);

    CHECK(gct_lower(byte) == (letter ? others[letter - upper] : byte));
    CHECK(gct_is_alphanumeric(byte) == (letter || other));
    CHECK(gct_is_control(byte) == (value < 32 || value == 127));
  }
}

int main(void)
{
  test_compare();
  test_text_of();
  test_trim();
  test_mask();
  test_spells();
  test_classes();
  return check_report();
}
