/*
** Building requests. The layout is: checks of what the caller gave, then URL,
** then header lines. All limits are named in the header file.
*/
#include "wire/request.h"

#include <string.h>

#include "wire/credentials.h"

enum {
  KEPT_BYTES = 4096, /* per buffer, between two requests */
  /* Of the names and values that a caller gives: credentials, and what makes
     lines of them, have room beside them. */
  MOST_OF_CALLER = GCT_MAX_HEADER_BYTES - 16384
};

/* Appends into `buffer` and turns its code into an error. */
bool gct_request_append(struct gct_buffer *buffer, const char *data,
                        size_t length, struct gct_error *error)
{
  /* coverage: fails without memory only */
  switch (gct_buffer_append(buffer, data, length)) {
  case GCT_OK:
    return true;
  case GCT_TOO_LARGE:
    return gct_error_set(error, GCT_KIND_ARGUMENT,
                         "the request is larger than %lu bytes",
                         (unsigned long)buffer->limit);
  default:
    return gct_error_set(error, GCT_KIND_TRANSPORT, "out of memory");
  }
}

static bool append_string(struct gct_buffer *buffer, const char *string,
                          struct gct_error *error)
{
  return gct_request_append(buffer, string, strlen(string), error);
}

/* ---- path and query ---------------------------------------------------- */

/* Everything but RFC 3986 unreserved characters becomes %XX, so that a value
   is one path segment or one query value whatever it holds. */
static bool append_encoded(struct gct_buffer *buffer, struct gct_slice text,
                           struct gct_error *error)
{
  static const char digits[] = "0123456789ABCDEF";
  size_t i;

  for (i = 0; i < text.length; i++) {
    char byte = text.data[i];
    char escape[3] = {'%', digits[(unsigned char)byte >> 4],
                      digits[(unsigned char)byte & 15]};
    bool plain = gct_is_alphanumeric(byte) || (byte && strchr("-._~", byte));

    if (!(plain ? gct_request_append(buffer, &byte, 1, error)
                : gct_request_append(buffer, escape, sizeof(escape), error)))
      return false;
  }
  return true;
}

/* "/tokens/me" and "/tokens/timeout" are other operations: delete_token("me")
   would end the caller's own session. Servers and proxies may fold case. */
static bool is_reserved_segment(struct gct_slice value)
{
  return gct_slice_is_any_case(value, "me") ||
         gct_slice_is_any_case(value, "timeout");
}

static bool check_path_value(const char *name, struct gct_slice value,
                             struct gct_slice token, struct gct_error *error)
{
  if (!value.data || value.length == 0)
    return gct_argument_error(error, name, "%s is %s", name,
                              value.data ? "empty" : "missing");
  if (value.length > GCT_MAX_PARAMETER)
    return gct_argument_error(error, name, "%s is longer than %d bytes", name,
                              GCT_MAX_PARAMETER);
  if (gct_slice_is(value, ".") || gct_slice_is(value, ".."))
    return gct_argument_error(error, name, "%s is a path, not an id", name);
  if (is_reserved_segment(value))
    return gct_argument_error(
        error, name, "%s \"%.*s\" is not an id but another operation's path",
        name, (int)value.length, value.data);
  if (token.data && value.length == token.length &&
      memcmp(value.data, token.data, token.length) == 0)
    return gct_argument_error(error, name, "%s is the access token, not an id",
                              name);
  return true;
}

static bool append_path(struct gct_buffer *url, const struct gct_call *call,
                        struct gct_error *error)
{
  const char *path = call->operation->path;
  const char *open = strchr(path, '{');

  if (!open)
    return append_string(url, path, error);
  /* coverage: fails without memory only */
  return gct_request_append(url, path, (size_t)(open - path), error) &&
         append_encoded(url, call->parameters[0], error) &&
         append_string(url, strchr(open, '}') + 1, error);
}

static bool append_query(struct gct_buffer *url, const struct gct_call *call,
                         struct gct_error *error)
{
  const struct gct_parameter *parameter = call->operation->parameters;

  if (!parameter->argument || parameter->place != GCT_IN_QUERY ||
      !call->parameters[0].data)
    return true;
  /* coverage: fails without memory only */
  return append_string(url, "?", error) &&
         append_string(url, parameter->wire, error) &&
         append_string(url, "=", error) &&
         append_encoded(url, call->parameters[0], error);
}

/* ---- headers ----------------------------------------------------------- */

/* The transport's own, and the credentials: a caller who could set these
   could cut one request into two or send them elsewhere. */
static const char *const reserved_headers[] = {
    "Authorization", "Connection", "Content-Length",    "Expect",
    "Host",          "Keep-Alive", "Proxy-Connection",  "TE",
    "Trailer",       "Upgrade",    "Transfer-Encoding", "Proxy-Authorization",
};

/* RFC 9110 section 5.6.2: token. */
static bool is_header_name(struct gct_slice name)
{
  size_t i;

  for (i = 0; i < name.length; i++) {
    char byte = name.data[i];

    if (!gct_is_alphanumeric(byte) &&
        (!byte || !strchr("!#$%&'*+-.^_`|~", byte)))
      return false;
  }
  return name.length > 0;
}

/* RFC 9110 section 5.5: no control character but TAB. */
bool gct_is_header_value(struct gct_slice value)
{
  size_t i;

  for (i = 0; i < value.length; i++) {
    if (gct_is_control(value.data[i]) && value.data[i] != '\t')
      return false;
  }
  return true;
}

static bool check_header(const struct gct_header *header,
                         struct gct_error *error)
{
  int shown = header->name.length < 64 ? (int)header->name.length : 64;
  size_t i;

  if (!is_header_name(header->name))
    return gct_argument_error(error, "headers",
                              "headers has a malformed name (RFC 9110 token)");
  for (i = 0; i < sizeof(reserved_headers) / sizeof(char *); i++) {
    if (gct_slice_is_any_case(header->name, reserved_headers[i]))
      return gct_argument_error(error, "headers", "headers may not set \"%s\"",
                                reserved_headers[i]);
  }
  if (!gct_is_header_value(header->value) ||
      gct_slice_trim(header->value).length == 0)
    return gct_argument_error(
        error, "headers",
        "headers has an empty value, or one with a control "
        "character, for \"%.*s\"",
        shown, header->name.data);
  return true;
}

static bool append_header(struct gct_request *request, struct gct_slice name,
                          struct gct_slice value, struct gct_error *error)
{
  struct gct_buffer *lines = &request->headers;

  /* coverage: fails without memory only */
  return gct_request_append(lines, name.data, name.length, error) &&
         gct_request_append(lines, ": ", 2, error) &&
         gct_request_append(lines, value.data, value.length, error) &&
         gct_request_append(lines, "", 1, error);
}

/* The body of a form is the library's own, and so is its type. */
static bool is_own(const struct gct_operation *operation,
                   struct gct_slice name)
{
  return operation->form && gct_slice_is_any_case(name, "Content-Type");
}

/* One of our own, unless the caller set a header of that name. */
static bool append_default(struct gct_request *request,
                           const struct gct_call *call, const char *name,
                           struct gct_slice value, struct gct_error *error)
{
  size_t i;

  for (i = 0; i < call->header_count; i++) {
    struct gct_slice given = call->headers[i].name;

    if (gct_slice_is_any_case(given, name) && !is_own(call->operation, given))
      return true;
  }
  return append_header(request, gct_slice_from_cstr(name), value, error);
}

/* ---- the whole --------------------------------------------------------- */

/* All but the credentials and the base URL. */
static bool check_values(const struct gct_call *call, struct gct_error *error)
{
  const struct gct_parameter *parameter = call->operation->parameters;
  size_t bytes = call->user_agent.length;
  size_t i;

  if (!gct_is_header_value(call->user_agent))
    return gct_argument_error(error, "user_agent",
                              "user_agent holds a control character");
  if (call->body.length > GCT_MAX_BODY)
    return gct_argument_error(
        error, "body", "the body is longer than %d bytes", GCT_MAX_BODY);
  if (parameter->argument && parameter->place == GCT_IN_PATH &&
      !check_path_value(parameter->argument, call->parameters[0],
                        call->access_token, error))
    return false;
  for (i = 0; i < call->header_count; i++) {
    if (!check_header(&call->headers[i], error))
      return false;
    bytes += call->headers[i].name.length + call->headers[i].value.length;
  }
  return bytes <= MOST_OF_CALLER ||
         gct_argument_error(
             error, "headers",
             "headers and user_agent are longer than %d bytes together",
             MOST_OF_CALLER);
}

bool gct_call_check(const struct gct_call *call, struct gct_error *error)
{
  return check_values(call, error) && gct_credentials_check(call, error);
}

static bool append_headers(struct gct_request *request,
                           const struct gct_call *call,
                           struct gct_error *error)
{
  const struct gct_operation *operation = call->operation;
  const char *content_type = operation->form
                                 ? "application/x-www-form-urlencoded"
                                 : "application/json";
  bool ok = gct_append_credentials(&request->headers, call, error);
  size_t i;

  ok = ok && append_default(request, call, "Accept",
                            gct_slice_from_cstr("application/json"), error);
  /* coverage: fails without memory only */
  if (request->body.data)
    ok = ok && append_default(request, call, "Content-Type",
                              gct_slice_from_cstr(content_type), error);
  if (call->user_agent.length > 0)
    ok = ok &&
         append_default(request, call, "User-Agent", call->user_agent, error);
  for (i = 0; ok && i < call->header_count; i++) {
    const struct gct_header *header = &call->headers[i];

    ok = is_own(operation, header->name) ||
         append_header(request, header->name, header->value, error);
  }
  return ok;
}

void gct_request_init(struct gct_request *request)
{
  memset(request, 0, sizeof(*request));
  /* The longest URL: base URL, path, and a parameter encoded thrice as long.
   */
  gct_buffer_init(&request->url, 2048 + 256 + 3 * GCT_MAX_PARAMETER);
  gct_buffer_init(&request->headers, GCT_MAX_HEADER_BYTES);
}

bool gct_request_build(struct gct_request *request,
                       const struct gct_call *call, struct gct_error *error)
{
  gct_request_reset(request);
  if (!check_values(call, error))
    return false;
  request->method = call->operation->method;
  request->body = call->operation->form
                      ? gct_slice_from_cstr(call->operation->form)
                      : call->body;
  /* coverage: fails without memory only */
  return gct_request_append(&request->url, call->base_url.data,
                            call->base_url.length, error) &&
         append_path(&request->url, call, error) &&
         append_query(&request->url, call, error) &&
         gct_request_append(&request->url, "", 1, error) &&
         append_headers(request, call, error);
}

void gct_request_reset(struct gct_request *request)
{
  gct_buffer_reset(&request->url, KEPT_BYTES);
  gct_buffer_reset(&request->headers, KEPT_BYTES);
  request->body = gct_slice_from_cstr(NULL);
}

void gct_request_release(struct gct_request *request)
{
  gct_buffer_release(&request->url);
  gct_buffer_release(&request->headers);
  request->body = gct_slice_from_cstr(NULL);
}

struct gct_slice gct_request_credentials(const struct gct_request *request)
{
  /* "Authorization: Bearer ..." is the first line where there is one. */
  static const char name[] = "Authorization: ";
  char *line = gct_request_next_header(request, NULL);

  if (!line || strncmp(line, name, sizeof(name) - 1) != 0)
    return gct_slice_from_cstr(NULL);
  return gct_slice_from_cstr(strrchr(line, ' ') + 1);
}

char *gct_request_next_header(const struct gct_request *request, char *line)
{
  const char *end;

  if (request->headers.length == 0)
    return NULL;
  end = request->headers.data + request->headers.length;
  line = line ? line + strlen(line) + 1 : request->headers.data;
  return line < end ? line : NULL;
}
