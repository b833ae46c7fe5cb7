/*
** Requests of any arguments. Input: operation, base URL, parameter, access
** token, then names and values of headers.
*/
#include "fuzz.h"
#include "wire/base_url.h"
#include "wire/request.h"

/* Operations have no path in common longer than this. */
static const char TOKENS[] = "/api/v2/tokens/";

static int hexadecimal(char digit)
{
  return digit <= '9' ? digit - '0' : digit - 'A' + 10;
}

/* The segment is the value, percent-encoded, and nothing but a segment. */
static void check_segment(struct gct_slice value, const char *segment)
{
  size_t i;

  for (i = 0; i < value.length; i++) {
    unsigned char byte = (unsigned char)*segment++;

    EXPECT(byte != '\0' && !strchr("/?#;\\ ", byte));
    if (byte == '%') {
      EXPECT(segment[0] != '\0' && segment[1] != '\0');
      byte = (unsigned char)(hexadecimal(segment[0]) * 16 +
                             hexadecimal(segment[1]));
      segment += 2;
    }
    EXPECT(byte == (unsigned char)value.data[i]);
  }
  EXPECT(*segment == '\0');
}

static void check_url(const struct gct_request *request,
                      const struct gct_call *call)
{
  const char *url = request->url.data;
  const char *path = url + call->base_url.length;
  const struct gct_parameter *parameter = call->operation->parameters;

  EXPECT(strlen(url) + 1 == request->url.length);
  EXPECT(memcmp(url, call->base_url.data, call->base_url.length) == 0);
  if (parameter->argument && parameter->place == GCT_IN_PATH) {
    struct gct_slice value = call->parameters[0];

    EXPECT(strncmp(path, TOKENS, sizeof(TOKENS) - 1) == 0);
    check_segment(value, path + sizeof(TOKENS) - 1);
    EXPECT(value.length > 0 && value.length <= GCT_MAX_PARAMETER);
    EXPECT(!gct_slice_is(value, ".") && !gct_slice_is(value, ".."));
    EXPECT(!gct_slice_is_any_case(value, "me"));
    EXPECT(!gct_slice_is_any_case(value, "timeout"));
  } else if (parameter->argument && call->parameters[0].data) {
    const char *query = strchr(path, '?');

    EXPECT(query &&
           strncmp(query + 1, parameter->wire, strlen(parameter->wire)) == 0);
    check_segment(call->parameters[0], strchr(query, '=') + 1);
  } else {
    EXPECT(strcmp(path, call->operation->path) == 0);
  }
}

/* Every line is a name and a value, only one of them has credentials, and
   what the caller gave is there. */
static void check_headers(const struct gct_request *request,
                          const struct gct_call *call)
{
  char *line = NULL;
  size_t credentials = 0;
  size_t lines = 0;

  while ((line = gct_request_next_header(request, line)) != NULL) {
    const char *colon = strchr(line, ':');
    struct gct_slice name = {line, colon ? (size_t)(colon - line) : 0};

    EXPECT(name.length > 0 && colon[1] == ' ');
    EXPECT(fuzz_is_one_line(gct_slice_from_cstr(line)));
    EXPECT(!gct_slice_is_any_case(name, "Host"));
    EXPECT(!gct_slice_is_any_case(name, "Content-Length"));
    EXPECT(!gct_slice_is_any_case(name, "Transfer-Encoding"));
    credentials += gct_slice_is_any_case(name, "Authorization");
    lines++;
  }
  EXPECT(lines >= call->header_count || call->operation->form);
  EXPECT(credentials ==
         (call->operation->credentials == GCT_ANONYMOUS ? 0 : 1));
  if (call->operation->credentials == GCT_BEARER)
    EXPECT(fuzz_same(gct_request_credentials(request), call->access_token));
}

static void read_headers(struct gct_slice *input, struct gct_call *call)
{
  while (input->data && call->header_count < GCT_MAX_HEADERS) {
    struct gct_header *header = &call->headers[call->header_count];

    header->name = fuzz_next(input);
    header->value = fuzz_next(input);
    if (header->value.data)
      call->header_count++;
  }
}

static void check(struct gct_slice input, struct gct_buffer *base_url,
                  struct gct_request *request)
{
  static const char *const types[] = {"", "true", "false"};
  struct gct_call call;
  struct gct_error error = {.kind = GCT_KIND_NONE};
  struct gct_slice operation = fuzz_next(&input);
  size_t i;

  memset(&call, 0, sizeof(call));
  call.operation = gct_operations;
  for (i = 0; i < gct_operation_count; i++) {
    if (gct_slice_is(operation, gct_operations[i].name))
      call.operation = &gct_operations[i];
  }
  if (gct_base_url_normalise(fuzz_next(&input), "base_url", false, base_url,
                             &error)) {
    call.base_url = gct_buffer_slice(base_url);
    call.parameters[0] = fuzz_next(&input);
    if (call.operation->parameters->type == GCT_BOOLEAN)
      call.parameters[0] = gct_slice_from_cstr(
          types[call.parameters[0].length % FUZZ_LENGTH(types)]);
    if (call.parameters[0].length == 0)
      call.parameters[0] = gct_slice_from_cstr(NULL);
    call.access_token = fuzz_next(&input);
    call.client_id = call.access_token;
    call.client_secret = call.access_token;
    call.user_agent = gct_slice_from_cstr("fuzz");
    read_headers(&input, &call);
    if (gct_request_build(request, &call, &error)) {
      check_url(request, &call);
      check_headers(request, &call);
      return;
    }
  }
  EXPECT(error.kind == GCT_KIND_ARGUMENT);
  EXPECT(fuzz_is_one_line(gct_slice_from_cstr(error.message)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gct_buffer base_url;
  struct gct_request request;

  gct_buffer_init(&base_url, GCT_MAX_BASE_URL);
  gct_request_init(&request);
  check(fuzz_input(data, size), &base_url, &request);
  gct_buffer_release(&base_url);
  gct_request_release(&request);
  return 0;
}
