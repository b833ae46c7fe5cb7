/*
** Building requests: checks of what is given, then URL, then header lines.
*/
#include "wire/request.h"

#include "wire/credentials.h"
#include "wire/fields.h"

enum {
  KEPT_BYTES = 4096, /* of each buffer, from one request to the next */
  /* Of a caller's names and values; leaves room for the credentials and for
     what makes header lines of them. */
  MAX_CALLER_BYTES = GCT_MAX_HEADER_BYTES - 16384
};

static bool append_string(struct gct_buffer *buffer, const char *string,
                          struct gct_error *error)
{
  return gct_append(buffer, string, strlen(string), error);
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

    if (!(plain ? gct_append(buffer, &byte, 1, error)
                : gct_append(buffer, escape, sizeof(escape), error)))
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

/* The value of the path parameter whose wire name begins at `name`. */
static struct gct_slice path_value(const struct gct_call *call,
                                   const char *name, size_t length)
{
  const struct gct_parameter *parameters = call->operation->parameters;
  size_t i;

  for (i = 0; i < GCT_MAX_PARAMETERS; i++) {
    if (parameters[i].argument && strlen(parameters[i].wire) == length &&
        memcmp(parameters[i].wire, name, length) == 0)
      return call->parameters[i];
  }
  return gct_slice_from_cstr(NULL);
}

/* "{userId}" becomes the value of the parameter of that wire name. */
static bool append_path(struct gct_buffer *url, const struct gct_call *call,
                        struct gct_error *error)
{
  const char *path = call->operation->path;
  const char *open = strchr(path, '{');

  while (open) {
    size_t length = strcspn(open + 1, "}");
    struct gct_slice value = path_value(call, open + 1, length);

    if (!gct_append(url, path, (size_t)(open - path), error) ||
        !append_encoded(url, value, error))
      return false;
    path = open + 1 + length + 1;
    open = strchr(path, '{');
  }
  return append_string(url, path, error);
}

static bool append_query(struct gct_buffer *url, const struct gct_call *call,
                         struct gct_error *error)
{
  const char *separator = "?";
  size_t i;

  for (i = 0; i < GCT_MAX_PARAMETERS; i++) {
    const struct gct_parameter *parameter = &call->operation->parameters[i];

    if (!parameter->argument || parameter->place != GCT_IN_QUERY ||
        !call->parameters[i].data)
      continue;
    if (!append_string(url, separator, error) ||
        !append_string(url, parameter->wire, error) ||
        !append_string(url, "=", error) ||
        !append_encoded(url, call->parameters[i], error))
      return false;
    separator = "&";
  }
  return true;
}

/* ---- headers ----------------------------------------------------------- */

/* Headers that libcurl writes, and the credentials: setting them would allow
   request smuggling, or sending credentials elsewhere. */
static const char *const reserved_headers[] = {
    "Authorization", "Connection", "Content-Length",    "Expect",
    "Host",          "Keep-Alive", "Proxy-Connection",  "TE",
    "Trailer",       "Upgrade",    "Transfer-Encoding", "Proxy-Authorization",
};

static bool check_header(const struct gct_header *header,
                         struct gct_error *error)
{
  int shown = header->name.length < 64 ? (int)header->name.length : 64;
  size_t i;

  if (!gct_is_field_name(header->name))
    return gct_argument_error(error, "headers",
                              "headers has a malformed name (RFC 9110 token)");
  for (i = 0; i < sizeof(reserved_headers) / sizeof(char *); i++) {
    if (gct_slice_is_any_case(header->name, reserved_headers[i]))
      return gct_argument_error(error, "headers", "headers may not set \"%s\"",
                                reserved_headers[i]);
  }
  if (!gct_is_field_value(header->value) ||
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

  return gct_append(lines, name.data, name.length, error) &&
         gct_append(lines, ": ", 2, error) &&
         gct_append(lines, value.data, value.length, error) &&
         gct_append(lines, "", 1, error);
}

/* A form's body is the library's, and so is its Content-Type. */
static bool is_own(const struct gct_operation *operation,
                   struct gct_slice name)
{
  return operation->form && gct_slice_is_any_case(name, "Content-Type");
}

/* A default header, unless the caller set one of that name. */
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

/* ---- credentials -------------------------------------------------------- */

static bool append_bearer(struct gct_buffer *lines,
                          const struct gct_call *call, struct gct_error *error)
{
  struct gct_slice token = call->access_token;

  return gct_check_access_token(token, error) &&
         gct_append(lines, token.data, token.length, error);
}

static bool append_basic(struct gct_request *request,
                         const struct gct_call *call, struct gct_error *error)
{
  struct gct_slice id = call->client_id;
  struct gct_slice secret = call->client_secret;

  return gct_check_client_id(id, error) &&
         gct_check_client_secret(secret, error) &&
         gct_append_basic(&request->headers, id, secret, error) &&
         gct_append(&request->secret, secret.data, secret.length, error);
}

/* Appends the Authorization line that the operation wants, if it wants one. */
static bool append_authorization(struct gct_request *request,
                                 const struct gct_call *call,
                                 struct gct_error *error)
{
  struct gct_buffer *lines = &request->headers;
  enum gct_credentials wanted = call->operation->credentials;

  if (wanted == GCT_ANONYMOUS)
    return true;
  if (!append_string(lines, "Authorization: ", error) ||
      !append_string(lines, wanted == GCT_BASIC ? "Basic " : "Bearer ", error))
    return false;
  request->credentials_offset = lines->length;
  if (!(wanted == GCT_BASIC ? append_basic(request, call, error)
                            : append_bearer(lines, call, error)))
    return false;
  request->credentials_length = lines->length - request->credentials_offset;
  return gct_append(lines, "", 1, error);
}

/* ---- the request -------------------------------------------------------- */

static bool check_parameters(const struct gct_call *call,
                             struct gct_error *error)
{
  size_t i;

  for (i = 0; i < GCT_MAX_PARAMETERS; i++) {
    const struct gct_parameter *parameter = &call->operation->parameters[i];

    if (parameter->argument && parameter->place == GCT_IN_PATH &&
        !check_path_value(parameter->argument, call->parameters[i],
                          call->access_token, error))
      return false;
  }
  return true;
}

/* All but credentials and base URL. */
static bool check_values(const struct gct_call *call, struct gct_error *error)
{
  size_t bytes = call->user_agent.length;
  size_t i;

  if (!gct_is_field_value(call->user_agent))
    return gct_argument_error(error, "user_agent",
                              "user_agent holds a control character");
  if (call->body.length > GCT_MAX_BODY)
    return gct_argument_error(
        error, "body", "the body is longer than %d bytes", GCT_MAX_BODY);
  if (!check_parameters(call, error))
    return false;
  for (i = 0; i < call->header_count; i++) {
    if (!check_header(&call->headers[i], error))
      return false;
    bytes += call->headers[i].name.length + call->headers[i].value.length;
  }
  return bytes <= MAX_CALLER_BYTES ||
         gct_argument_error(
             error, "headers",
             "headers and user_agent are longer than %d bytes together",
             MAX_CALLER_BYTES);
}

/* Absent ones pass. */
static bool check_credentials(const struct gct_call *call,
                              struct gct_error *error)
{
  return (!call->access_token.data ||
          gct_check_access_token(call->access_token, error)) &&
         (!call->client_id.data ||
          gct_check_client_id(call->client_id, error)) &&
         (!call->client_secret.data ||
          gct_check_client_secret(call->client_secret, error));
}

bool gct_call_check(const struct gct_call *call, struct gct_error *error)
{
  return check_values(call, error) && check_credentials(call, error);
}

static bool append_headers(struct gct_request *request,
                           const struct gct_call *call,
                           struct gct_error *error)
{
  const struct gct_operation *operation = call->operation;
  const char *content_type = operation->form
                                 ? "application/x-www-form-urlencoded"
                                 : "application/json";
  bool ok = append_authorization(request, call, error);
  size_t i;

  ok = ok && append_default(request, call, "Accept",
                            gct_slice_from_cstr("application/json"), error);
  if (request->body.data) /* coverage: fails without memory only */
    ok = ok && append_default(request, call, "Content-Type",
                              gct_slice_from_cstr(content_type), error);
  if (call->user_agent.length > 0)
    ok = ok &&
         append_default(request, call, "User-Agent", call->user_agent, error);
  if (call->accept_encoding)
    ok = ok &&
         append_default(request, call, "Accept-Encoding",
                        gct_slice_from_cstr(call->accept_encoding), error);
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
  /* The longest URL: base URL, path, and parameters encoded thrice as long. */
  gct_buffer_init(&request->url,
                  2048 + 256 + 3 * GCT_MAX_PARAMETER * GCT_MAX_PARAMETERS);
  gct_buffer_init(&request->headers, GCT_MAX_HEADER_BYTES);
  gct_buffer_init(&request->secret, GCT_MAX_CREDENTIAL);
}

bool gct_request_build(struct gct_request *request,
                       const struct gct_call *call, struct gct_error *error)
{
  gct_request_reset(request);
  if (!check_values(call, error))
    return false;
  request->operation = call->operation;
  request->body = call->operation->form
                      ? gct_slice_from_cstr(call->operation->form)
                      : call->body;
  /* coverage: fails without memory only */
  return gct_append(&request->url, call->base_url.data, call->base_url.length,
                    error) &&
         append_path(&request->url, call, error) &&
         append_query(&request->url, call, error) &&
         gct_append(&request->url, "", 1, error) &&
         append_headers(request, call, error);
}

/* The buffers keep up to `keep` bytes each. */
static void forget(struct gct_request *request, size_t keep)
{
  gct_buffer_reset(&request->url, keep);
  gct_buffer_reset(&request->headers, keep);
  gct_buffer_reset(&request->secret, keep);
  request->body = gct_slice_from_cstr(NULL);
  request->credentials_length = 0;
}

void gct_request_reset(struct gct_request *request)
{
  forget(request, KEPT_BYTES);
}

void gct_request_release(struct gct_request *request)
{
  forget(request, 0);
}

struct gct_slice gct_request_credentials(const struct gct_request *request)
{
  struct gct_slice credentials = {NULL, request->credentials_length};

  if (credentials.length > 0)
    credentials.data = request->headers.data + request->credentials_offset;
  return credentials;
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
