/*
** Credentials as an Authorization field holds them: bearer tokens (RFC 6750)
** and Basic authentication (RFC 7617). No message quotes one.
*/
#ifndef GCT_CREDENTIALS_H
#define GCT_CREDENTIALS_H

#include "wire/buffer.h"
#include "wire/error.h"

enum { GCT_MAX_CREDENTIAL = 8192 }; /* bytes; servers' usual header limit */

/* Whether it is a b64token (RFC 6750 section 2.1) of at most
   GCT_MAX_CREDENTIAL bytes. */
GCT_INTERNAL bool gct_is_token(struct gct_slice token);

/* Whether they can be sent. False, kind argument: absent, too long or
   malformed. */
GCT_INTERNAL bool gct_check_access_token(struct gct_slice token,
                                         struct gct_error *error);
GCT_INTERNAL bool gct_check_client_id(struct gct_slice client_id,
                                      struct gct_error *error);
GCT_INTERNAL bool gct_check_client_secret(struct gct_slice client_secret,
                                          struct gct_error *error);

/* Appends the base64 (RFC 4648 section 4) of "client_id:client_secret". */
GCT_INTERNAL bool gct_append_basic(struct gct_buffer *buffer,
                                   struct gct_slice client_id,
                                   struct gct_slice client_secret,
                                   struct gct_error *error);

#endif
