/*
** What both tests of requests use: calls that can be built, and the result as
** text.
*/
#ifndef REQUEST_SUPPORT_H
#define REQUEST_SUPPORT_H

#include "wire/request.h"

#include "check.h"

#define BEARER "Authorization: Bearer token\n"
#define JSON "Accept: application/json\n"
#define AGENT "User-Agent: test/1\n"

/* A call that can be built as it is. */
static inline struct gct_call call_of(const char *operation)
{
  struct gct_call call;

  memset(&call, 0, sizeof(call));
  call.operation = gct_operation_find(operation);
  call.base_url = gct_slice_from_cstr("https://host");
  call.access_token = gct_slice_from_cstr("token");
  call.client_id = gct_slice_from_cstr("id");
  call.client_secret = gct_slice_from_cstr("secret");
  call.user_agent = gct_slice_from_cstr("test/1");
  if (strcmp(operation, "delete_token") == 0)
    call.parameters[0] = gct_slice_from_cstr("user");
  return call;
}

static inline void set_header(struct gct_call *call, struct gct_slice name,
                              struct gct_slice value)
{
  struct gct_header *header = &call->headers[call->header_count++];

  header->name = name;
  header->value = value;
}

/* The header lines, each ended by LF; valid until the next use. */
static inline const char *lines_of(const struct gct_request *request)
{
  static char lines[GCT_MAX_HEADER_BYTES + 1];
  char *line = NULL;
  size_t length = 0;

  while ((line = gct_request_next_header(request, line)) != NULL) {
    memcpy(lines + length, line, strlen(line));
    length += strlen(line);
    lines[length++] = '\n';
  }
  lines[length] = '\0';
  return lines;
}

/* What is wrong with the call; "" if nothing, and then with no error. */
static inline const char *reason_of(const struct gct_call *call)
{
  static struct gct_error error;
  struct gct_request request;

  gct_request_init(&request);
  if (gct_request_build(&request, call, &error))
    error.message[0] = '\0';
  else
    CHECK(error.kind == GCT_KIND_ARGUMENT && error.message[0]);
  gct_request_release(&request);
  return error.message;
}

#endif
