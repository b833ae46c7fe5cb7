/*
** Header fields: RFC 9110 section 5. Their names, their values, and the lines
** of a header block.
*/
#ifndef GCT_FIELDS_H
#define GCT_FIELDS_H

#include "wire/slice.h"

/* Section 5.6.2: a token. */
GCT_INTERNAL bool gct_is_field_name(struct gct_slice name);

/* Section 5.5: no control character but TAB. */
GCT_INTERNAL bool gct_is_field_value(struct gct_slice value);

/*
** Takes the next "Name: value" line off the front of `block`, whose lines end
** with LF or CR LF. Status lines, folded lines and lines without a name are
** passed over. Whatever else stands before the colon is a name: a server may
** send what no client should. False at the end.
*/
GCT_INTERNAL bool gct_fields_next(struct gct_slice *block,
                                  struct gct_slice *name,
                                  struct gct_slice *value);

#endif
