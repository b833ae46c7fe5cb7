/*
** Redaction: a server that echoes credentials cannot put them into an error, a
** log or an event.
*/
#ifndef GCT_REDACT_H
#define GCT_REDACT_H

#include "wire/slice.h"

/*
** Overwrites every occurrence of each of `secrets` in data[0..length) with
** '*': as it is, and as a JSON string may spell it, with any of its characters
** escaped (RFC 8259 section 7). `cut` says that the data is incomplete: then
** the beginning of a secret at its end is overwritten, too. The time is linear
** in `length`: data that resembles a secret so often that it would take longer
** is overwritten to its end.
*/
GCT_INTERNAL void gct_redact(char *data, size_t length,
                             const struct gct_slice *secrets, size_t count,
                             bool cut);

#endif
