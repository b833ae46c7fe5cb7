/*
** The functions of gctokens.core that turn arguments into requests and
*responses
** into results, without I/O: for custom transports, tests and fuzzers.
*/
#ifndef GCT_BYTES_H
#define GCT_BYTES_H

#include "binding/compat.h"

/* base_url, is_token, request, check, response, redact; ends with no name.
   They run in closures with the upvalues of json.h. */
GCT_INTERNAL extern const luaL_Reg gct_bytes_functions[];

#endif
