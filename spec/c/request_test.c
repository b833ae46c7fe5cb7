/*
** Requests: the bytes of each operation, and the calls that are refused.
*/
#include "request_support.h"

#include "memory.h"

static void test_operations(void)
{
  static const struct {
    const char *operation;
    struct gct_slice parameter, body;
    const char *method, *url, *headers;
    struct gct_slice expected_body;
  } rows[] = {
      {"get_tokens_me", ABSENT, ABSENT, "GET", "https://host/api/v2/tokens/me",
       BEARER JSON AGENT, ABSENT},
      {"get_tokens_me", TEXT("true"), ABSENT, "GET",
       "https://host/api/v2/tokens/me?preserveIdleTTL=true", BEARER JSON AGENT,
       ABSENT},
      {"get_tokens_me", TEXT("false"), ABSENT, "GET",
       "https://host/api/v2/tokens/me?preserveIdleTTL=false",
       BEARER JSON AGENT, ABSENT},
      {"head_tokens_me", ABSENT, ABSENT, "HEAD",
       "https://host/api/v2/tokens/me", BEARER JSON AGENT, ABSENT},
      {"delete_tokens_me", ABSENT, ABSENT, "DELETE",
       "https://host/api/v2/tokens/me", BEARER JSON AGENT, ABSENT},
      {"delete_token", TEXT("a/b c"), ABSENT, "DELETE",
       "https://host/api/v2/tokens/a%2Fb%20c", BEARER JSON AGENT, ABSENT},
      {"get_tokens_timeout", ABSENT, ABSENT, "GET",
       "https://host/api/v2/tokens/timeout", BEARER JSON AGENT, ABSENT},
      {"put_tokens_timeout", ABSENT, ABSENT, "PUT",
       "https://host/api/v2/tokens/timeout", BEARER JSON AGENT, ABSENT},
      {"put_tokens_timeout", ABSENT, TEXT(""), "PUT",
       "https://host/api/v2/tokens/timeout",
       BEARER JSON "Content-Type: application/json\n" AGENT, TEXT("")},
      {"put_tokens_timeout", ABSENT, TEXT("{\"a\":\"\0\"}"), "PUT",
       "https://host/api/v2/tokens/timeout",
       BEARER JSON "Content-Type: application/json\n" AGENT,
       TEXT("{\"a\":\"\0\"}")},
      {"post_oauth_token", ABSENT, ABSENT, "POST", "https://host/oauth/token",
       "Authorization: Basic aWQ6c2VjcmV0\n" JSON
       "Content-Type: application/x-www-form-urlencoded\n" AGENT,
       TEXT("grant_type=client_credentials")},
      {"warm_up", ABSENT, ABSENT, "HEAD", "https://host/api/v2/tokens/me",
       JSON AGENT, ABSENT},
  };
  struct gct_request request;
  struct gct_error error;
  size_t i;

  gct_request_init(&request);
  for (i = 0; i < LENGTH(rows); i++) {
    struct gct_call call = call_of(rows[i].operation);

    check_row = rows[i].url;
    call.parameters[0] = rows[i].parameter;
    call.body = rows[i].body;
    CHECK(gct_request_build(&request, &call, &error));
    CHECK_STRING(request.operation->method, rows[i].method);
    CHECK_STRING(request.url.data, rows[i].url);
    CHECK_STRING(lines_of(&request), rows[i].headers);
    CHECK_TEXT(request.body, rows[i].expected_body);
  }
  check_row = "";
  gct_request_release(&request);
}

/* What `text`, an URL's segment, stands for; false if it is not plain. */
static bool decode(const char *text, char *decoded, size_t *length)
{
  static const char digits[] = "0123456789ABCDEF";

  for (*length = 0; *text; text++) {
    if (*text == '%') {
      const char *high = strchr(digits, text[1]);
      const char *low = high && *high ? strchr(digits, text[2]) : NULL;

      if (!low || !*low)
        return false;
      decoded[(*length)++] = (char)((high - digits) * 16 + (low - digits));
      text += 2;
    } else if (gct_is_alphanumeric(*text) || strchr("-._~", *text)) {
      decoded[(*length)++] = *text;
    } else {
      return false;
    }
  }
  return true;
}

/* An id of any bytes is one segment, which decodes to these bytes. */
static void test_ids(void)
{
  static const char prefix[] = "https://host/api/v2/tokens/";
  struct gct_request request;
  struct gct_error error;
  struct gct_call call = call_of("delete_token");
  char id[GCT_MAX_PARAMETER];
  char decoded[GCT_MAX_PARAMETER];
  size_t length;
  int value;

  gct_request_init(&request);
  call.parameters[0].data = id;
  for (value = 0; value < 256; value++) {
    size_t at;

    /* At every place of "aXa", and alone when it is no dot. */
    for (at = 0; at < 4; at++) {
      memset(id, 'a', 3);
      id[at % 3] = (char)value;
      call.parameters[0].length = at == 3 && value != '.' ? 1 : 3;
      CHECK(gct_request_build(&request, &call, &error));
      CHECK(strncmp(request.url.data, prefix, strlen(prefix)) == 0);
      CHECK(decode(request.url.data + strlen(prefix), decoded, &length));
      CHECK(length == call.parameters[0].length &&
            memcmp(decoded, id, length) == 0);
    }
  }
  for (length = 0; length < sizeof(id); length++)
    id[length] = (char)(length | 128);
  call.parameters[0].length = sizeof(id);
  CHECK(gct_request_build(&request, &call, &error));
  CHECK(decode(request.url.data + strlen(prefix), decoded, &length));
  CHECK(length == sizeof(id) && memcmp(decoded, id, length) == 0);
  gct_request_release(&request);
}

static void test_refused_ids(void)
{
  static const struct {
    struct gct_slice id;
    const char *reason;
  } rows[] = {
      {ABSENT, "user_id is missing"},
      {TEXT(""), "user_id is empty"},
      {TEXT("."), "user_id is a path, not an id"},
      {TEXT(".."), "user_id is a path, not an id"},
      {TEXT("me"), "user_id \"me\" is not an id but another operation's path"},
      {TEXT("ME"), "user_id \"ME\" is not an id but another operation's path"},
      {TEXT("mE"), "user_id \"mE\" is not an id but another operation's path"},
      {TEXT("timeout"),
       "user_id \"timeout\" is not an id but another operation's path"},
      {TEXT("Timeout"),
       "user_id \"Timeout\" is not an id but another operation's path"},
      {TEXT("..."), ""},
      {TEXT("me\0"), ""},
      {TEXT("me "), ""},
      {TEXT("%6De"), ""},
      {TEXT("timeouts"), ""},
  };
  static char large[1 << 20];
  struct gct_call call = call_of("delete_token");
  size_t i;

  for (i = 0; i < LENGTH(rows); i++) {
    call.parameters[0] = rows[i].id;
    CHECK_STRING(reason_of(&call), rows[i].reason);
  }
  memset(large, 'a', sizeof(large));
  call.parameters[0].data = large;
  call.parameters[0].length = GCT_MAX_PARAMETER + 1;
  CHECK_STRING(reason_of(&call), "user_id is longer than 1024 bytes");
  call.parameters[0].length = sizeof(large);
  CHECK_STRING(reason_of(&call), "user_id is longer than 1024 bytes");
}

/* The longest base URL, the longest path and the longest id fit together. */
static void test_longest_url(void)
{
  static char base_url[2048];
  static char id[GCT_MAX_PARAMETER];
  struct gct_call call = call_of("delete_token");

  memset(base_url, 'a', sizeof(base_url));
  memset(id, '/', sizeof(id));
  call.base_url.data = base_url;
  call.base_url.length = sizeof(base_url);
  call.parameters[0].data = id;
  call.parameters[0].length = sizeof(id);
  CHECK_STRING(reason_of(&call), "");
}

static void test_body_limit(void)
{
  static char body[GCT_MAX_BODY + 1];
  struct gct_call call = call_of("put_tokens_timeout");

  call.body.data = body;
  call.body.length = GCT_MAX_BODY;
  CHECK_STRING(reason_of(&call), "");
  call.body.length++;
  CHECK_STRING(reason_of(&call), "the body is longer than 512000 bytes");
}

/* One request struct serves many calls; what was refused leaves no trace. */
static void test_reuse(void)
{
  struct gct_request request;
  struct gct_error error;
  struct gct_call call = call_of("post_oauth_token");
  struct gct_call refused = call_of("get_tokens_me");

  gct_request_init(&request);
  CHECK(!gct_request_next_header(&request, NULL));
  CHECK(gct_request_build(&request, &call, &error));
  refused.access_token = gct_slice_from_cstr("not a token");
  CHECK(!gct_request_build(&request, &refused, &error));
  CHECK(!request.body.data);
  gct_request_reset(&request);
  CHECK(!gct_request_next_header(&request, NULL));
  CHECK(request.url.length == 0);
  call = call_of("get_tokens_me");
  set_header(&call, gct_slice_from_cstr("X-A"), gct_slice_from_cstr("1"));
  CHECK(gct_request_build(&request, &call, &error));
  CHECK_STRING(request.url.data, "https://host/api/v2/tokens/me");
  CHECK_STRING(lines_of(&request), BEARER JSON AGENT "X-A: 1\n");
  gct_request_release(&request);
  gct_request_release(&request);
  CHECK(!gct_request_next_header(&request, NULL));
}

static void test_out_of_memory(void)
{
  struct gct_call call = call_of("delete_token");
  static char long_value[3000];
  long nth = 0;
  long failures;

  memset(long_value, 'a', sizeof(long_value));
  call.parameters[0].data = long_value;
  call.parameters[0].length = GCT_MAX_PARAMETER;
  set_header(&call, gct_slice_from_cstr("X-Long"), call.parameters[0]);
  do {
    struct gct_request request;
    struct gct_error error;
    bool ok;

    gct_request_init(&request);
    memory_fail(++nth, 1);
    ok = gct_request_build(&request, &call, &error);
    failures = memory_heal();
    CHECK(ok == (failures == 0));
    CHECK(ok || error.kind == GCT_KIND_TRANSPORT);
    CHECK(gct_request_build(&request, &call, &error));
    gct_request_release(&request);
    CHECK(memory_blocks() == 0);
  } while (failures > 0);
  CHECK(nth > 3);
}

/* Whatever row the operation table gets: parameters in path and query. */
static void test_parameters(void)
{
  static const struct gct_operation both = {
      .name = "both",
      .method = "GET",
      .path = "/a/{one}/b",
      .parameters = {{"query", "two", GCT_STRING, GCT_IN_QUERY},
                     {"path", "one", GCT_STRING, GCT_IN_PATH}},
  };
  static const struct gct_operation in_path = {
      .name = "in_path",
      .method = "GET",
      .path = "/{one}/{two}",
      .parameters = {{"a", "one", GCT_STRING, GCT_IN_PATH},
                     {"b", "two", GCT_STRING, GCT_IN_PATH}},
  };
  static const struct gct_operation in_query = {
      .name = "in_query",
      .method = "GET",
      .path = "/a",
      .parameters = {{"a", "one", GCT_STRING, GCT_IN_QUERY},
                     {"b", "two", GCT_STRING, GCT_IN_QUERY}},
  };
  static const struct {
    const struct gct_operation *operation;
    struct gct_slice parameters[2];
    const char *url;
  } rows[] = {
      {&both, {TEXT("x y"), TEXT("p/q")}, "https://host/a/p%2Fq/b?two=x%20y"},
      {&both, {ABSENT, TEXT("p")}, "https://host/a/p/b"},
      {&in_path, {TEXT("1"), TEXT("2")}, "https://host/1/2"},
      {&in_query, {TEXT("1"), TEXT("2")}, "https://host/a?one=1&two=2"},
      {&in_query, {ABSENT, TEXT("2")}, "https://host/a?two=2"},
      {&in_query, {ABSENT, ABSENT}, "https://host/a"},
  };
  struct gct_call call = call_of("get_tokens_me");
  struct gct_request request;
  struct gct_error error;
  size_t i;

  gct_request_init(&request);
  for (i = 0; i < LENGTH(rows); i++) {
    check_row = rows[i].url;
    call.operation = rows[i].operation;
    memcpy(call.parameters, rows[i].parameters, sizeof(call.parameters));
    CHECK(gct_request_build(&request, &call, &error));
    CHECK_STRING(request.url.data, rows[i].url);
  }
  check_row = "";
  gct_request_release(&request);
  call.operation = &in_path;
  call.parameters[1] = gct_slice_from_cstr(NULL);
  call.parameters[0] = gct_slice_from_cstr("1");
  CHECK_STRING(reason_of(&call), "b is missing");
}

int main(void)
{
  test_operations();
  test_parameters();
  test_ids();
  test_refused_ids();
  test_longest_url();
  test_body_limit();
  test_reuse();
  test_out_of_memory();
  CHECK(memory_blocks() == 0);
  return check_report();
}
