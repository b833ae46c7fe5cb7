/*
** What is done while memory runs out: short Lua chunks.
*/
#ifndef OOM_SCENARIOS_H
#define OOM_SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>

/*
** A chunk returns a true value when all went as it should, or nil and an
** error. It finds the globals of its suite's prelude.
*/
struct oom_scenario {
  const char *name;
  const char *chunk;
  bool bare; /* the prelude runs after it instead of before */
};

/*
** The prelude needs the globals base_url and token. It defines what chunks
** use, and `aftermath`: the same results for a state that is in order.
*/
struct oom_suite {
  const char *prelude;
  const struct oom_scenario *scenarios;
  size_t count;
};

extern const struct oom_suite oom_core;   /* gctokens.core */
extern const struct oom_suite oom_client; /* gctokens, from the Lua files */

#endif
