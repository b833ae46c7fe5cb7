/*
** Slices: comparison, trimming, classes of bytes.
*/
#include "wire/slice.h"

#include "check.h"

static void test_compare(void)
{
  static const struct {
    const char *name;
    struct gct_slice text;
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
    CHECK(gct_slice_is(rows[i].text, rows[i].literal) == rows[i].same);
    CHECK(gct_slice_is_any_case(rows[i].text, rows[i].literal) ==
          rows[i].same_in_any_case);
  }
  check_row = "";
}

static void test_text_of(void)
{
  struct gct_slice absent = ABSENT;
  struct gct_slice empty = TEXT("");
  struct gct_slice word = TEXT("word");

  CHECK_TEXT(gct_slice_from_cstr(NULL), absent);
  CHECK_TEXT(gct_slice_from_cstr(""), empty);
  CHECK_TEXT(gct_slice_from_cstr("word"), word);
}

static void test_trim(void)
{
  static const struct {
    const char *name;
    struct gct_slice text, expected;
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
    CHECK_TEXT(gct_slice_trim(rows[i].text), rows[i].expected);
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
  test_classes();
  return check_report();
}
