/*
** Reading a Lua table whose fields have names and types: the options of
** core.new, the arguments of a call.
*/
#ifndef GCT_READ_TABLE_H
#define GCT_READ_TABLE_H

#include "binding/compat.h"

/* What a field must be, and what it is written as. */
enum gct_field_type {
  GCT_READ_STRING,     /* struct gct_slice, borrowed from the Lua stack */
  GCT_READ_CSTR,       /* the same; must not hold a NUL */
  GCT_READ_SECONDS,    /* double: more than 0 */
  GCT_READ_COUNT,      /* size_t: from 1 */
  GCT_READ_BOOLEAN,    /* bool */
  GCT_READ_TRUE_FALSE, /* struct gct_slice: "true" or "false" of a boolean */
  GCT_READ_TABLE       /* int: the table's stack index */
};

struct gct_field {
  const char *name;
  enum gct_field_type type;
  size_t offset;  /* where it is written, from the start of a struct */
  double maximum; /* of a number; 0, for seconds only: none */
};

/* The fields that a table may have, and what messages call it: "core.new takes
   no option "x"". */
struct gct_fields {
  const char *owner;
  const char *noun;
  const struct gct_field *fields;
  size_t count;
};

/*
** Writes every field of the table at `index`, which is no relative index, to
** the struct `target`; what the table does not have is left as it is. Raises,
** at the caller's line, on an unknown name, a wrong type or a number out of
** range. Keys and values stay on the Lua stack, for the slices and indexes.
*/
GCT_INTERNAL void gct_read_table(lua_State *L, int index,
                                 const struct gct_fields *known, void *target);

/*
** The same for values that are on the stack from index `first` on, in the
** order of the fields; nil: there is none.
*/
GCT_INTERNAL void gct_read_values(lua_State *L, int first,
                                  const struct gct_fields *known,
                                  void *target);

#endif
