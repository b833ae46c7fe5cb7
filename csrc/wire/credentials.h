/*
** Who asks: bearer tokens (RFC 6750) and Basic authentication (RFC 7617).
*/
#ifndef GCT_CREDENTIALS_H
#define GCT_CREDENTIALS_H

#include "wire/request.h"

/* Whether the text can be sent: a b64token (RFC 6750 section 2.1) of at most
   GCT_MAX_CREDENTIAL bytes. */
GCT_INTERNAL bool gct_is_token(struct gct_slice token);

/* Whether those credentials of `call` that are there can be sent. */
GCT_INTERNAL bool gct_credentials_check(const struct gct_call *call,
                                        struct gct_error *error);

/* Appends the Authorization line that the operation of `call` wants, ended by
   a NUL, if it wants one. False, kind argument, when the credentials are
   missing, too long or malformed; they are never quoted in the reason. */
GCT_INTERNAL bool gct_append_credentials(struct gct_buffer *lines,
                                         const struct gct_call *call,
                                         struct gct_error *error);

#endif
