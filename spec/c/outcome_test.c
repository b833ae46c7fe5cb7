/*
** Outcomes: what a status means, responses that were cut, redacted secrets.
*/
#include "wire/outcome.h"

#include "check.h"

static struct gct_outcome outcome_of(const char *operation, long status)
{
  struct gct_outcome outcome;

  memset(&outcome, 0, sizeof(outcome));
  outcome.operation = gct_operation_find(operation);
  outcome.status = status;
  return outcome;
}

static void test_status(void)
{
  static const struct {
    const char *operation;
    long first, last; /* the statuses that are success */
    bool needs_body;
  } rows[] = {
      {"get_tokens_me", 200, 299, true}, {"post_oauth_token", 200, 299, true},
      {"delete_token", 200, 299, false}, {"head_tokens_me", 200, 299, false},
      {"warm_up", 100, 499, false},
  };
  static const long statuses[] = {0,   99,  100, 199, 200, 299,
                                  300, 401, 499, 500, 503, 999};
  size_t i, j;

  for (i = 0; i < LENGTH(rows); i++) {
    check_row = rows[i].operation;
    for (j = 0; j < LENGTH(statuses); j++) {
      struct gct_outcome outcome = outcome_of(rows[i].operation, statuses[j]);
      bool success =
          statuses[j] >= rows[i].first && statuses[j] <= rows[i].last;

      CHECK(gct_outcome_is_success(&outcome) == success);
      CHECK(gct_outcome_needs_body(&outcome) ==
            (success && rows[i].needs_body));
    }
  }
  check_row = "";
}

/* A response that is too large is an error only where its body matters. */
static void test_truncated(void)
{
  struct gct_outcome outcome = outcome_of("get_tokens_me", 200);

  gct_outcome_truncated(&outcome, 1000);
  CHECK(outcome.error.kind == GCT_KIND_PROTOCOL);
  CHECK_STRING(
      outcome.error.message,
      "the response is too large (more than 1000 bytes of body or 65536 "
      "of headers)");
  outcome = outcome_of("get_tokens_me", 503);
  gct_outcome_truncated(&outcome, 1000);
  CHECK(outcome.error.kind == GCT_KIND_NONE);
  outcome = outcome_of("delete_token", 200);
  gct_outcome_truncated(&outcome, 1000);
  CHECK(outcome.error.kind == GCT_KIND_NONE);
}

static void append(struct gct_buffer *buffer, const char *text)
{
  CHECK(gct_buffer_append(buffer, text, strlen(text)) == GCT_OK);
}

static void test_set_response(void)
{
  struct gct_outcome outcome = outcome_of("post_oauth_token", 400);
  struct gct_buffer headers, body;

  gct_buffer_init(&headers, 100);
  gct_buffer_init(&body, 100);
  gct_outcome_set_response(&outcome, &headers, &body);
  CHECK_TEXT(outcome.headers, gct_slice_from_cstr(""));
  CHECK_TEXT(outcome.body, gct_slice_from_cstr(""));

  append(&headers, "A: basic\r\n");
  append(&body, "basic of secret, secret");
  gct_outcome_set_response(&outcome, &headers, &body);
  CHECK_TEXT(outcome.body, gct_slice_from_cstr("basic of secret, secret"));
  outcome.secrets[0] = gct_slice_from_cstr("basic");
  outcome.secrets[1] = gct_slice_from_cstr("secret");
  gct_outcome_set_response(&outcome, &headers, &body);
  CHECK_TEXT(outcome.headers, gct_slice_from_cstr("A: *****\r\n"));
  CHECK_TEXT(outcome.body, gct_slice_from_cstr("***** of ******, ******"));
  outcome.secrets[0] = gct_slice_from_cstr(" of "); /* short: no secret */
  gct_outcome_set_response(&outcome, &headers, &body);
  CHECK_TEXT(outcome.body, gct_slice_from_cstr("***** of ******, ******"));
  gct_buffer_release(&headers);
  gct_buffer_release(&body);
}

int main(void)
{
  test_status();
  test_truncated();
  test_set_response();
  return check_report();
}
