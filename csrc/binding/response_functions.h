/*
** The functions of gctokens.core from the bytes of a response to a result,
** without I/O: for custom transports, tests and fuzzers.
*/
#ifndef GCT_RESPONSE_FUNCTIONS_H
#define GCT_RESPONSE_FUNCTIONS_H

#include "binding/compat.h"

/* response, redact; ends with no name. They run in closures with the upvalues
   of json.h. */
GCT_INTERNAL extern const luaL_Reg gct_response_functions[];

#endif
