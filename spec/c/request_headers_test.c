/*
** Requests: credentials and header lines.
*/
#include "request_support.h"

#include "wire/credentials.h"

static void test_bearer(void)
{
  static const char malformed[] =
      "access_token is not a bearer token (RFC 6750 b64token): "
      "white space, quotes or \"Bearer\" are no part of it";
  static const struct {
    struct gct_slice token;
    const char *reason;
  } rows[] = {
      {TEXT("a"), ""},
      {TEXT("azAZ09-._~+/"), ""},
      {TEXT("a="), ""},
      {TEXT("a=="), ""},
      {TEXT("a==========="), ""},
      {ABSENT, "access_token is missing"},
      {TEXT(""), malformed},
      {TEXT("="), malformed},
      {TEXT("=a"), malformed},
      {TEXT("a=b"), malformed},
      {TEXT("a=b="), malformed},
      {TEXT(" a"), malformed},
      {TEXT("a "), malformed},
      {TEXT("a b"), malformed},
      {TEXT("a\r\nX: y"), malformed},
      {TEXT("a\n"), malformed},
      {TEXT("a\0"), malformed},
      {TEXT("\0"), malformed},
      {TEXT("a\0="), malformed},
      {TEXT("a,b"), malformed},
      {TEXT("a%20"), malformed},
      {TEXT("\"a\""), malformed},
      {TEXT("\xc3\xa4"), malformed},
  };
  static char large[GCT_MAX_CREDENTIAL + 1];
  struct gct_call call = call_of("get_tokens_me");
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    check_row = rows[i].token.data ? rows[i].token.data : "absent";
    call.access_token = rows[i].token;
    CHECK_STRING(reason_of(&call), rows[i].reason);
  }
  check_row = "";
  memset(large, 'a', sizeof(large));
  call.access_token.data = large;
  call.access_token.length = GCT_MAX_CREDENTIAL;
  CHECK_STRING(reason_of(&call), "");
  call.access_token.length++;
  CHECK_STRING(reason_of(&call), "access_token is longer than 8192 bytes");
}

/* Each single byte is a token or not, as the grammar says. */
static void test_bearer_alphabet(void)
{
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-._~+/";
  struct gct_call call = call_of("get_tokens_me");
  int value;

  for (value = 0; value < 256; value++) {
    char byte = (char)value;

    call.access_token.data = &byte;
    call.access_token.length = 1;
    CHECK(!reason_of(&call)[0] == (byte && strchr(allowed, byte)));
  }
}

static void test_basic(void)
{
  /* Three bytes, and one and two more, with the colon at each place. */
  static const struct {
    struct gct_slice id, secret;
    const char *expected;
  } rows[] = {
      {TEXT("a"), TEXT("b"), "YTpi"},
      {TEXT("a"), TEXT("bc"), "YTpiYw=="},
      {TEXT("ab"), TEXT("c"), "YWI6Yw=="},
      {TEXT("ab"), TEXT("cd"), "YWI6Y2Q="},
      {TEXT("abc"), TEXT("de"), "YWJjOmRl"},
      {TEXT("Aladdin"), TEXT("open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
      {TEXT("a"), TEXT("b:c"), "YTpiOmM="},
      {TEXT("\xff\xfe"), TEXT("\xfb\xf0\xff"), "//46+/D/"},
      {TEXT("~"), TEXT("~?>"), "fjp+Pz4="},
  };
  struct gct_request request;
  struct gct_error error;
  size_t i;

  gct_request_init(&request);
  for (i = 0; i < LENGTH(rows); i++) {
    struct gct_call call = call_of("post_oauth_token");
    char expected[80];

    call.client_id = rows[i].id;
    call.client_secret = rows[i].secret;
    check_row = rows[i].expected;
    CHECK(gct_request_build(&request, &call, &error));
    snprintf(expected, sizeof(expected), "Authorization: Basic %s",
             rows[i].expected);
    CHECK_STRING(gct_request_next_header(&request, NULL), expected);
  }
  check_row = "";
  gct_request_release(&request);
}

/* What a response must not repeat is what the request says of its sender. */
static void test_credentials(void)
{
  static const struct {
    const char *operation;
    struct gct_slice expected;
  } rows[] = {
      {"get_tokens_me", TEXT("token")},
      {"post_oauth_token", TEXT("aWQ6c2VjcmV0")},
      {"warm_up", ABSENT},
  };
  struct gct_request request;
  struct gct_error error;
  size_t i;

  gct_request_init(&request);
  CHECK(!gct_request_credentials(&request).data);
  for (i = 0; i < LENGTH(rows); i++) {
    struct gct_call call = call_of(rows[i].operation);

    check_row = rows[i].operation;
    CHECK(gct_request_build(&request, &call, &error));
    CHECK_TEXT(gct_request_credentials(&request), rows[i].expected);
  }
  check_row = "";
  gct_request_release(&request);
}

static void test_refused_basic(void)
{
  static const struct {
    struct gct_slice id, secret;
    const char *reason;
  } rows[] = {
      {ABSENT, TEXT("secret"), "client_id is missing"},
      {TEXT(""), TEXT("secret"), "client_id is empty"},
      {TEXT("id"), ABSENT, "client_secret is missing"},
      {TEXT("id"), TEXT(""), "client_secret is empty"},
      {TEXT("i:d"), TEXT("secret"),
       "client_id holds a character that Basic "
       "authentication (RFC 7617) does not "
       "allow"},
      {TEXT("id\0"), TEXT("secret"),
       "client_id holds a character that Basic "
       "authentication (RFC 7617) does not "
       "allow"},
      {TEXT("id"), TEXT("se\ncret"),
       "client_secret holds a character that "
       "Basic authentication (RFC 7617) does "
       "not allow"},
  };
  static char large[GCT_MAX_CREDENTIAL / 2 + 1];
  struct gct_call call = call_of("post_oauth_token");
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    call.client_id = rows[i].id;
    call.client_secret = rows[i].secret;
    CHECK_STRING(reason_of(&call), rows[i].reason);
  }
  memset(large, 'a', sizeof(large));
  call.client_id.data = call.client_secret.data = large;
  call.client_id.length = call.client_secret.length = sizeof(large) - 1;
  CHECK_STRING(reason_of(&call), "");
  call.client_secret.length++;
  CHECK_STRING(reason_of(&call), "client_secret is longer than 4096 bytes");
}

static void test_headers(void)
{
  static const char bad_name[] =
      "headers has a malformed name (RFC 9110 token)";
  static const char bad_value[] =
      "headers has an empty value, or one with a control character, for \"X\"";
  static const struct {
    struct gct_slice name, value;
    const char *reason;
  } rows[] = {
      {TEXT("X"), TEXT("y"), ""},
      {TEXT("!#$%&'*+-.^_`|~09azAZ"), TEXT("y"), ""},
      {TEXT("X"), TEXT("a\tb"), ""},
      {TEXT("X"), TEXT("\xc3\xa4\xff"), ""},
      {TEXT("X"), TEXT(":;,\"()"), ""},
      {TEXT("Host-Of-Mine"), TEXT("y"), ""},
      {TEXT(""), TEXT("y"), bad_name},
      {TEXT("X Y"), TEXT("y"), bad_name},
      {TEXT("X:"), TEXT("y"), bad_name},
      {TEXT("X;"), TEXT("y"), bad_name},
      {TEXT("Host "), TEXT("y"), bad_name},
      {TEXT("X\r\nY"), TEXT("y"), bad_name},
      {TEXT("X\0"), TEXT("y"), bad_name},
      {TEXT("\xc3\xa4"), TEXT("y"), bad_name},
      {TEXT("X"), TEXT(""), bad_value},
      {TEXT("X"), TEXT(" \t "), bad_value},
      {TEXT("X"), TEXT("a\r\nY: z"), bad_value},
      {TEXT("X"), TEXT("a\n"), bad_value},
      {TEXT("X"), TEXT("a\r"), bad_value},
      {TEXT("X"), TEXT("a\0b"), bad_value},
      {TEXT("X"), TEXT("\x7f"), bad_value},
  };
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    struct gct_call call = call_of("get_tokens_me");

    check_row = rows[i].name.data;
    set_header(&call, rows[i].name, rows[i].value);
    CHECK_STRING(reason_of(&call), rows[i].reason);
  }
  check_row = "";
}

static void test_reserved_headers(void)
{
  static const char *const names[] = {
      "Authorization",
      "Connection",
      "Content-Length",
      "Expect",
      "Host",
      "Keep-Alive",
      "TE",
      "Trailer",
      "Proxy-Authorization",
      "Proxy-Connection",
      "Upgrade",
      "Transfer-Encoding",
  };
  size_t i, form, at;

  for (i = 0; i < LENGTH(names); i++) {
    /* As it is, in lower case, in upper case. */
    for (form = 0; form < 3; form++) {
      struct gct_call call = call_of("get_tokens_me");
      char name[32];
      char expected[80];

      memset(name, 0, sizeof(name));
      for (at = 0; names[i][at]; at++) {
        char lower = gct_lower(names[i][at]);
        bool raise = form == 2 && lower >= 'a' && lower <= 'z';

        name[at] = form == 0 ? names[i][at] : lower;
        if (raise)
          name[at] = (char)(lower - 'a' + 'A');
      }
      set_header(&call, gct_slice_from_cstr(name), gct_slice_from_cstr("y"));
      snprintf(expected, sizeof(expected), "headers may not set \"%s\"",
               names[i]);
      CHECK_STRING(reason_of(&call), expected);
    }
  }
}

/* A caller's header takes the place of ours in any letter case; all others
   are sent in the caller's order, repeated ones too. */
static void test_replaced_headers(void)
{
  struct gct_call call = call_of("put_tokens_timeout");
  struct gct_request request;
  struct gct_error error;

  call.body = gct_slice_from_cstr("{}");
  set_header(&call, gct_slice_from_cstr("X-A"), gct_slice_from_cstr("1"));
  set_header(&call, gct_slice_from_cstr("ACCEPT"),
             gct_slice_from_cstr("text/plain"));
  set_header(&call, gct_slice_from_cstr("content-type"),
             gct_slice_from_cstr("a/b"));
  set_header(&call, gct_slice_from_cstr("X-A"), gct_slice_from_cstr(" 2"));
  set_header(&call, gct_slice_from_cstr("User-Agent"),
             gct_slice_from_cstr("mine"));
  gct_request_init(&request);
  CHECK(gct_request_build(&request, &call, &error));
  CHECK_STRING(lines_of(&request),
               BEARER "X-A: 1\nACCEPT: text/plain\ncontent-type: a/b\n"
                      "X-A:  2\nUser-Agent: mine\n");
  call.header_count = 0;
  call.user_agent = gct_slice_from_cstr(NULL);
  call.body = gct_slice_from_cstr(NULL);
  CHECK(gct_request_build(&request, &call, &error));
  CHECK_STRING(lines_of(&request), BEARER JSON);
  gct_request_release(&request);
}

static void test_user_agent(void)
{
  struct gct_call call = call_of("get_tokens_me");
  struct gct_slice with_nul = TEXT("a\0b");

  call.user_agent = gct_slice_from_cstr("a\r\nX: y");
  CHECK_STRING(reason_of(&call), "user_agent holds a control character");
  call.user_agent = with_nul;
  CHECK_STRING(reason_of(&call), "user_agent holds a control character");
}

static void test_limits(void)
{
  static char value[GCT_MAX_HEADER_BYTES];
  struct gct_call call = call_of("get_tokens_me");
  struct gct_slice text = {value, sizeof(value)};
  size_t i;

  memset(value, 'a', sizeof(value));
  for (i = 0; i < GCT_MAX_HEADERS; i++)
    set_header(&call, gct_slice_from_cstr("X"), gct_slice_from_cstr("y"));
  CHECK_STRING(reason_of(&call), "");

  call.header_count = 0;
  set_header(&call, gct_slice_from_cstr("X"), text);
  call.headers[0].value.length = GCT_MAX_HEADER_BYTES - 16384 - 1 - 6;
  CHECK_STRING(reason_of(&call), "");
  call.headers[0].value.length++;
  CHECK_STRING(reason_of(&call),
               "headers and user_agent are longer than 49152 bytes together");
}

int main(void)
{
  test_bearer();
  test_bearer_alphabet();
  test_basic();
  test_credentials();
  test_refused_basic();
  test_headers();
  test_reserved_headers();
  test_replaced_headers();
  test_user_agent();
  test_limits();
  return check_report();
}
