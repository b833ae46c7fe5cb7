/*
** The operation table and the schemas of the bodies it mentions.
*/
#include "wire/operations.h"

#include <string.h>

/* The description in the published schema says MINUTES or HOURS; its enum,
   which the server checks, says this. */
static const char *const timeout_units[] = {"Minutes", "Hours", NULL};

static const struct gct_schema group_id = {.type = GCT_STRING};

static const struct gct_property group_bundle_properties[] = {
    {"priority", true, {.type = GCT_INTEGER, .minimum = 1, .maximum = 5}},
    {"timeoutSeconds",
     true,
     {.type = GCT_INTEGER, .minimum = 300, .maximum = 28800}},
    {"inactivityTimeoutUnit",
     false,
     {.type = GCT_STRING, .values = timeout_units}},
    {"groups", true, {.type = GCT_ARRAY, .items = &group_id}},
    {.name = NULL},
};

static const struct gct_schema group_bundle = {
    .type = GCT_OBJECT, .properties = group_bundle_properties};

static const struct gct_property idle_token_timeout_properties[] = {
    {"idleTokenTimeoutSeconds",
     false,
     {.type = GCT_INTEGER, .minimum = 300, .maximum = 28800}},
    {"enableIdleTokenTimeout", false, {.type = GCT_BOOLEAN}},
    {"inactivityTimeoutUnit",
     false,
     {.type = GCT_STRING, .values = timeout_units}},
    {"inactivityTimeoutGroupsEnabled", false, {.type = GCT_BOOLEAN}},
    {"inactivityTimeoutGroupBundles",
     false,
     {.type = GCT_ARRAY, .items = &group_bundle}},
    {.name = NULL},
};

static const struct gct_schema idle_token_timeout = {
    .type = GCT_OBJECT, .properties = idle_token_timeout_properties};

const struct gct_operation gct_operations[] = {
    {
        .name = "delete_token",
        .method = "DELETE",
        .path = "/api/v2/tokens/{userId}",
        .parameters = {{"user_id", "userId", GCT_STRING, GCT_IN_PATH}},
        .expects = GCT_EXPECTS_NOTHING,
    },
    {
        .name = "delete_tokens_me",
        .method = "DELETE",
        .path = "/api/v2/tokens/me",
        .expects = GCT_EXPECTS_NOTHING,
    },
    {
        .name = "get_tokens_me",
        .method = "GET",
        .path = "/api/v2/tokens/me",
        .parameters = {{"preserve_idle_ttl", "preserveIdleTTL", GCT_BOOLEAN,
                        GCT_IN_QUERY}},
        .expects = GCT_EXPECTS_OBJECT,
    },
    {
        .name = "get_tokens_timeout",
        .method = "GET",
        .path = "/api/v2/tokens/timeout",
        .expects = GCT_EXPECTS_OBJECT,
    },
    {
        .name = "head_tokens_me",
        .method = "HEAD",
        .path = "/api/v2/tokens/me",
        .expects = GCT_EXPECTS_NOTHING,
    },
    {
        .name = "put_tokens_timeout",
        .method = "PUT",
        .path = "/api/v2/tokens/timeout",
        .body = &idle_token_timeout,
        .expects = GCT_EXPECTS_OBJECT,
    },
    /* Not of the Tokens API: the OAuth client credentials grant. */
    {
        .name = "post_oauth_token",
        .method = "POST",
        .path = "/oauth/token",
        .form = "grant_type=client_credentials",
        .credentials = GCT_BASIC,
        .expects = GCT_EXPECTS_OBJECT,
    },
    /* Opens a connection: any response, even a 401, proves that the server is
       reachable and its certificate verifies. */
    {
        .name = "warm_up",
        .method = "HEAD",
        .path = "/api/v2/tokens/me",
        .credentials = GCT_ANONYMOUS,
        .expects = GCT_EXPECTS_ANY_STATUS,
    },
};

const size_t gct_operation_count =
    sizeof(gct_operations) / sizeof(gct_operations[0]);

const struct gct_operation *gct_operation_find(const char *name)
{
  size_t i;

  for (i = 0; i < gct_operation_count; i++) {
    if (strcmp(gct_operations[i].name, name) == 0)
      return &gct_operations[i];
  }
  return NULL;
}
