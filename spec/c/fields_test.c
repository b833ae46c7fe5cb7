/*
** Header fields: their grammar, and header blocks line by line.
*/
#include "wire/fields.h"

#include "check.h"

/* Each single byte is part of a name, a value, both or neither. */
static void test_grammar(void)
{
  static const char marks[] = "!#$%&'*+-.^_`|~";
  int i;

  for (i = 0; i < 256; i++) {
    char byte = (char)i;
    struct gct_slice text = {&byte, 1};
    bool is_mark = byte && strchr(marks, byte);

    CHECK(gct_is_field_name(text) == (gct_is_alphanumeric(byte) || is_mark));
    CHECK(gct_is_field_value(text) == (i == '\t' || (i >= ' ' && i != 127)));
  }
  CHECK(!gct_is_field_name(gct_slice_from_cstr("")));
  CHECK(!gct_is_field_name(gct_slice_from_cstr("X Y")));
  CHECK(gct_is_field_name(gct_slice_from_cstr("X-Y")));
  CHECK(gct_is_field_value(gct_slice_from_cstr("")));
  CHECK(!gct_is_field_value(gct_slice_from_cstr("1\r\nX: 2")));
}

/* The block's fields as "name=value;", valid until the next use. */
static const char *fields_of(struct gct_slice block)
{
  static char list[1024];
  struct gct_slice name, value;
  size_t length = 0;

  list[0] = '\0';
  while (gct_fields_next(&block, &name, &value))
    length += (size_t)snprintf(list + length, sizeof(list) - length,
                               "%.*s=%.*s;", (int)name.length, name.data,
                               (int)value.length, value.data);
  CHECK(block.length == 0);
  CHECK(!gct_fields_next(&block, &name, &value));
  return list;
}

static void test_iteration(void)
{
  static const struct {
    const char *name;
    struct gct_slice block;
    const char *expected;
  } rows[] = {
      {"absent", ABSENT, ""},
      {"empty", TEXT(""), ""},
      {"CR LF", TEXT("HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n"), "A=1;B=2;"},
      {"LF", TEXT("HTTP/1.1 200 OK\nA: 1\nB: 2\n\n"), "A=1;B=2;"},
      {"no end of line at the end", TEXT("A: 1\r\nB: 2"), "A=1;B=2;"},
      {"HTTP/2 status line", TEXT("HTTP/2 200 \r\na: 1\r\n"), "a=1;"},
      {"colon in the status line", TEXT("HTTP/1.1 200 OK: ok\r\nA: 1\r\n"),
       "A=1;"},
      {"trailers behind an empty line", TEXT("A: 1\r\n\r\nB: 2\r\n"),
       "A=1;B=2;"},
      {"white space around", TEXT("A:1\r\nB: \t 2 \t\r\nC : 3\r\n"),
       "A=1;B=2;C=3;"},
      {"colons in the value", TEXT("A: b:c: d\r\n"), "A=b:c: d;"},
      {"empty value", TEXT("A:\r\nB: \r\n"), "A=;B=;"},
      {"folded line", TEXT("A: 1\r\n 2: x\r\n\tC: y\r\nB: 2\r\n"), "A=1;B=2;"},
      {"no colon", TEXT("nothing\r\nA: 1\r\n"), "A=1;"},
      {"empty name", TEXT(": 1\r\nA: 2\r\n"), "A=2;"},
      {"name of white space", TEXT("\r: 1\r\nA: 2\r\n"), "A=2;"},
      {"only a colon", TEXT(":"), ""},
      {"repeated", TEXT("A: 1\r\nA: 2\r\n"), "A=1;A=2;"},
  };
  struct gct_slice with_nul = TEXT("A: 1\0002\r\n");
  struct gct_slice expected = TEXT("1\0002");
  struct gct_slice name, value;
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    check_row = rows[i].name;
    CHECK_STRING(fields_of(rows[i].block), rows[i].expected);
  }
  check_row = "";
  CHECK(gct_fields_next(&with_nul, &name, &value));
  CHECK_TEXT(value, expected);
}

int main(void)
{
  test_grammar();
  test_iteration();
  return check_report();
}
