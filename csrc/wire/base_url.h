/*
** Base URLs: parsing, and the policy of where requests may go. The parser is
** libcurl's own, so that the URL that is checked is the one that is used.
*/
#ifndef GCT_BASE_URL_H
#define GCT_BASE_URL_H

#include "wire/buffer.h"
#include "wire/error.h"

enum { GCT_MAX_BASE_URL = 2048 }; /* bytes */

/*
** Checks `url` and writes its normal form, without a final slash, to the
** empty buffer `normal`. Refused (kind argument): anything but https, http to
** a host that is not the local machine unless `allow_http`, a user name or
** password, a query, a fragment, control characters. `name` is the option
** the URL came from, for the message.
*/
GCT_INTERNAL bool gct_base_url_normalise(struct gct_slice url,
                                         const char *name, bool allow_http,
                                         struct gct_buffer *normal,
                                         struct gct_error *error);

#endif
