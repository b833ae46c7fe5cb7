/*
** The operation table: each row well-formed, and the rows that the public
** contract names.
*/
#include "wire/operations.h"

#include "check.h"

static bool is_one_of(const char *string, const char *const *list)
{
  while (*list && strcmp(*list, string) != 0)
    list++;
  return *list != NULL;
}

static void test_contract(void)
{
  static const struct {
    const char *name, *method, *path;
    enum gct_credentials credentials;
    enum gct_expects expects;
  } rows[] = {
      {"get_tokens_me", "GET", "/api/v2/tokens/me", GCT_BEARER,
       GCT_EXPECTS_OBJECT},
      {"head_tokens_me", "HEAD", "/api/v2/tokens/me", GCT_BEARER,
       GCT_EXPECTS_NOTHING},
      {"delete_tokens_me", "DELETE", "/api/v2/tokens/me", GCT_BEARER,
       GCT_EXPECTS_NOTHING},
      {"delete_token", "DELETE", "/api/v2/tokens/{userId}", GCT_BEARER,
       GCT_EXPECTS_NOTHING},
      {"get_tokens_timeout", "GET", "/api/v2/tokens/timeout", GCT_BEARER,
       GCT_EXPECTS_OBJECT},
      {"put_tokens_timeout", "PUT", "/api/v2/tokens/timeout", GCT_BEARER,
       GCT_EXPECTS_OBJECT},
      {"post_oauth_token", "POST", "/oauth/token", GCT_BASIC,
       GCT_EXPECTS_OBJECT},
      {"warm_up", "HEAD", "/api/v2/tokens/me", GCT_ANONYMOUS,
       GCT_EXPECTS_ANY_STATUS},
  };
  size_t i;

  CHECK(gct_operation_count == LENGTH(rows));
  for (i = 0; i < LENGTH(rows); i++) {
    const struct gct_operation *operation = gct_operation_find(rows[i].name);

    check_row = rows[i].name;
    CHECK(operation != NULL);
    if (!operation)
      continue;
    CHECK_STRING(operation->name, rows[i].name);
    CHECK_STRING(operation->method, rows[i].method);
    CHECK_STRING(operation->path, rows[i].path);
    CHECK(operation->credentials == rows[i].credentials);
    CHECK(operation->expects == rows[i].expects);
  }
  check_row = "";
}

static void test_find(void)
{
  static const char *const unknown[] = {"", "GET_TOKENS_ME", "get_tokens_me ",
                                        "get_tokens_m", "get_tokens_mes"};
  size_t i;

  for (i = 0; i < gct_operation_count; i++) {
    /* Finds the first of a name: this one only if names are unique. */
    check_row = gct_operations[i].name;
    CHECK(gct_operation_find(gct_operations[i].name) == &gct_operations[i]);
  }
  for (i = 0; i < LENGTH(unknown); i++) {
    check_row = unknown[i];
    CHECK(!gct_operation_find(unknown[i]));
  }
  check_row = "";
}

/* A path parameter stands in the path in braces, and nothing else does. */
static void check_parameters(const struct gct_operation *operation)
{
  const char *open = strchr(operation->path, '{');
  size_t in_path = 0;
  size_t i;

  for (i = 0; i < GCT_MAX_PARAMETERS; i++) {
    const struct gct_parameter *parameter = &operation->parameters[i];
    size_t length;

    if (!parameter->argument)
      continue;
    CHECK(parameter->argument[0] && parameter->wire && parameter->wire[0]);
    CHECK(parameter->type == GCT_STRING || parameter->type == GCT_BOOLEAN);
    length = strlen(parameter->wire);
    if (parameter->place == GCT_IN_PATH) {
      in_path++;
      CHECK(parameter->type == GCT_STRING);
      CHECK(open && strncmp(open + 1, parameter->wire, length) == 0 &&
            open[length + 1] == '}');
    }
  }
  CHECK(in_path == (open ? 1 : 0));
  CHECK(!open || !strchr(open + 1, '{'));
}

static void check_schema(const struct gct_schema *schema)
{
  const struct gct_property *property = schema->properties;
  const struct gct_property *other;

  switch (schema->type) {
  case GCT_INTEGER:
    CHECK(schema->minimum < schema->maximum);
    break;
  case GCT_STRING:
    /* The binding names the first two in its message. */
    CHECK(!schema->values || (schema->values[0] && schema->values[1]));
    break;
  case GCT_ARRAY:
    CHECK(schema->items != NULL);
    if (schema->items)
      check_schema(schema->items);
    break;
  case GCT_OBJECT:
    CHECK(property && property->name);
    for (; property && property->name; property++) {
      check_schema(&property->schema);
      for (other = schema->properties; other != property; other++)
        CHECK(strcmp(other->name, property->name) != 0);
    }
    break;
  default:
    CHECK(schema->type == GCT_BOOLEAN);
  }
}

static void test_rows(void)
{
  static const char *const methods[] = {"GET",  "HEAD",   "PUT",
                                        "POST", "DELETE", NULL};
  static const char *const with_body[] = {"PUT", "POST", NULL};
  size_t i;

  for (i = 0; i < gct_operation_count; i++) {
    const struct gct_operation *operation = &gct_operations[i];
    bool sends_body = operation->body || operation->form;

    check_row = operation->name;
    CHECK(is_one_of(operation->method, methods));
    CHECK(operation->path[0] == '/');
    CHECK(operation->path[strlen(operation->path) - 1] != '/');
    CHECK(!strpbrk(operation->path, "?# %"));
    CHECK(strlen(operation->path) < 256);
    CHECK(!operation->body || !operation->form);
    CHECK(is_one_of(operation->method, with_body) == sends_body);
    CHECK(strcmp(operation->method, "HEAD") != 0 ||
          operation->expects != GCT_EXPECTS_OBJECT);
    check_parameters(operation);
    CHECK(!operation->body || operation->body->type == GCT_OBJECT);
    if (operation->body)
      check_schema(operation->body);
  }
  check_row = "";
}

int main(void)
{
  test_contract();
  test_find();
  test_rows();
  return check_report();
}
