/*
** The functions of gctokens.core from arguments to the bytes of a request,
** without I/O: for custom transports, tests and fuzzers.
*/
#ifndef GCT_REQUEST_FUNCTIONS_H
#define GCT_REQUEST_FUNCTIONS_H

#include "binding/compat.h"

/* base_url, is_token, check, request; ends with no name. They run in closures
   with the upvalues of json.h. */
GCT_INTERNAL extern const luaL_Reg gct_request_functions[];

#endif
