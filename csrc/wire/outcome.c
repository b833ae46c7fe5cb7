/*
** Outcomes: what a status means for an operation, and redacted responses.
*/
#include "wire/outcome.h"

#include "wire/redact.h"

enum { SHORTEST_SECRET = 5 }; /* bytes */

void gct_outcome_set_request(struct gct_outcome *outcome,
                             const struct gct_request *request)
{
  outcome->operation = request->operation;
  outcome->url = request->url.data;
  outcome->secrets[0] = gct_request_credentials(request);
  outcome->secrets[1] = gct_buffer_slice(&request->secret);
}

bool gct_outcome_is_success(const struct gct_outcome *outcome)
{
  bool any = outcome->operation->expects == GCT_EXPECTS_ANY_STATUS;

  return outcome->status >= (any ? 100 : 200) &&
         outcome->status <= (any ? 499 : 299);
}

bool gct_outcome_needs_body(const struct gct_outcome *outcome)
{
  return gct_outcome_is_success(outcome) &&
         outcome->operation->expects == GCT_EXPECTS_OBJECT;
}

void gct_outcome_refused_by_proxy(struct gct_outcome *outcome, long status,
                                  const char *schemes)
{
  (void)gct_error_set(
      &outcome->error, GCT_KIND_PROXY, "the proxy answered %ld%s%s%s", status,
      status == 407 ? " and asks for a user name and password" : "",
      schemes[0] ? ", by the schemes " : "", schemes);
  outcome->error.retryable = status >= 500;
  outcome->error.proxy_status = status;
  outcome->error.cause = "PROXY";
  outcome->error.option = "proxy";
}

void gct_outcome_truncated(struct gct_outcome *outcome, size_t limit)
{
  outcome->truncated = true;
  if (gct_outcome_needs_body(outcome))
    (void)gct_error_set(
        &outcome->error, GCT_KIND_PROTOCOL,
        "the response is too large (more than %lu bytes of body or "
        "%d of headers)",
        (unsigned long)limit, GCT_MAX_RESPONSE_HEADER_BYTES);
}

/* Those that are long enough. A shorter one is no secret of Genesys, but
   stands in many a response by chance: masked there, it would garble the very
   error that says that the token is invalid. */
static size_t list_secrets(const struct gct_outcome *outcome,
                           struct gct_slice *secrets)
{
  size_t count = 0;
  size_t i;

  for (i = 0; i < GCT_MAX_SECRETS; i++) {
    if (outcome->secrets[i].length >= SHORTEST_SECRET)
      secrets[count++] = outcome->secrets[i];
  }
  return count;
}

void gct_outcome_set_response(struct gct_outcome *outcome,
                              struct gct_buffer *headers,
                              struct gct_buffer *body)
{
  struct gct_slice secrets[GCT_MAX_SECRETS];
  size_t count = list_secrets(outcome, secrets);

  gct_redact(headers->data, headers->length, secrets, count,
             outcome->truncated);
  gct_redact(body->data, body->length, secrets, count, outcome->truncated);
  outcome->headers = gct_buffer_slice(headers);
  outcome->body = gct_buffer_slice(body);
}
