/*
** The library as a module that can be unloaded; unload_test.c loads it.
*/
#include "unload_plugin.h"

#include <string.h>

#include "engine/engine.h"

bool unload_plugin_run(void)
{
  struct gct_engine engine;
  struct gct_call call;
  struct gct_timeouts timeouts = {0.1, 0.1}; /* seconds */
  struct gct_error error;
  double id = 0;
  bool timed_out = false;

  memset(&call, 0, sizeof(call));
  call.operation = gct_operation_find("get_tokens_me");
  call.base_url = gct_slice_from_cstr("https://host.invalid");
  call.access_token = gct_slice_from_cstr("token");
  gct_engine_init(&engine);
  if (gct_options_set(&engine.options, GCT_PROXY, "") &&
      gct_engine_start(&engine, &call, &timeouts, &id, &error)) {
    struct gct_transfer *transfer = gct_engine_find(&engine, id);

    while (!gct_engine_is_finished(&engine, transfer))
      gct_engine_step(&engine, 1, 0);
    timed_out = transfer->outcome.error.kind == GCT_KIND_TIMEOUT;
  }
  gct_engine_release(&engine);
  return timed_out;
}
