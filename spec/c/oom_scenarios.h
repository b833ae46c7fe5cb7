/*
** What is done while memory runs out: short Lua chunks.
*/
#ifndef OOM_SCENARIOS_H
#define OOM_SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>

/*
** A chunk returns a true value when all went as it should, or nil and an
** error. It finds the globals of oom_prelude.
*/
struct oom_scenario {
  const char *name;
  const char *chunk;
  bool bare; /* the prelude runs after it instead of before */
};

extern const struct oom_scenario oom_scenarios[];
extern const size_t oom_scenario_count;

/* Needs the globals base_url and token. Defines what chunks use, and
   `aftermath`: the same results for a state that is in order. */
extern const char oom_prelude[];

#endif
