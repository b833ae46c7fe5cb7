/*
** The operations of Genesys Cloud, as data. One row per operation; all other
** code reads the rows and knows no operation by name.
** Source of every fact: Genesys' published API description of the Tokens API
** (Swagger 2.0), and RFC 6749 section 4.4 for the token grant.
*/
#ifndef GCT_OPERATIONS_H
#define GCT_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/visibility.h"

enum gct_type { GCT_BOOLEAN, GCT_INTEGER, GCT_STRING, GCT_ARRAY, GCT_OBJECT };

struct gct_property;

/* The part of JSON Schema that the published bodies need. */
struct gct_schema {
  enum gct_type type;
  long minimum, maximum;                 /* integers, both inclusive */
  const char *const *values;             /* strings: ends with NULL */
  const struct gct_schema *items;        /* arrays */
  const struct gct_property *properties; /* objects: ends with no name */
};

struct gct_property {
  const char *name;
  bool required;
  struct gct_schema schema;
};

enum gct_place { GCT_IN_PATH, GCT_IN_QUERY };

/* An argument that travels in the URL. */
struct gct_parameter {
  const char *argument; /* the caller's name for it, "user_id" */
  const char *wire;     /* Genesys' name for it, "userId" */
  enum gct_type type;   /* GCT_STRING or GCT_BOOLEAN */
  enum gct_place place;
};

enum { GCT_MAX_PARAMETERS = 2 }; /* of one operation */

enum gct_credentials {
  GCT_BEARER,   /* Authorization: Bearer <access_token> */
  GCT_BASIC,    /* Authorization: Basic <client_id:client_secret> */
  GCT_ANONYMOUS /* none */
};

enum gct_expects {
  GCT_EXPECTS_NOTHING,   /* any 2xx is success; the result is `true` */
  GCT_EXPECTS_OBJECT,    /* a 2xx with a JSON object */
  GCT_EXPECTS_ANY_STATUS /* any status below 500 is success: `true` */
};

struct gct_operation {
  const char *name;
  const char *method;
  const char *path; /* a path parameter stands in it as {wire name} */
  struct gct_parameter parameters[GCT_MAX_PARAMETERS]; /* or no argument */
  const struct gct_schema *body; /* NULL: takes none from the caller */
  const char *form;              /* fixed form-encoded body, or NULL */
  enum gct_credentials credentials;
  enum gct_expects expects;
};

GCT_INTERNAL extern const struct gct_operation gct_operations[];
GCT_INTERNAL extern const size_t gct_operation_count;

/* NULL when there is none of that name. */
GCT_INTERNAL const struct gct_operation *gct_operation_find(const char *name);

#endif
