/*
** Runs each scenario again and again, failing another allocation each time
** until none is left to fail: first Lua's, then those of the C sources and of
** libcurl.
**
**   oom BASE_URL TOKEN      a server of the Tokens API, and a token it knows
**
** After each run the failure must have been reported, no block of memory may
** be left, and the engine must work, or be closed. lua-cjson's own memory is
** not counted: it is neither ours nor free of leaks in this case.
*/
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua.h>

#include <lauxlib.h>
#include <lualib.h>

#include "memory.h"
#include "oom_scenarios.h"

#ifndef LUA_OK
#define LUA_OK 0
#endif

int luaopen_gctokens_core(lua_State *L);

/* Lua's memory: its own allocator, with a plan to fail. */
struct lua_memory {
  lua_Alloc allocate;
  void *data;
  struct memory_plan plan;
};

/* One way to run out of memory. */
struct sweep {
  const char *name;
  bool of_lua;
  long count; /* of failures in a row */
};

/* Lua 5.4 tries each allocation again after a garbage collection: one lack
   of memory is two failures in a row there. */
static const struct sweep sweeps[] = {
    {"Lua", true, LUA_VERSION_NUM >= 502 ? 2 : 1},
    {"Lua, for good", true, LONG_MAX},
    {"C", false, 1},
    {"C, for good", false, LONG_MAX},
};

struct totals {
  long failures, findings, leaks;
};

/* What is wrong is often wrong again: so many findings tell enough. */
enum { MOST_FINDINGS = 50 };

/* One run of one scenario. */
struct run {
  const char *base_url, *token;
  const struct oom_scenario *scenario;
  const struct sweep *sweep;
  long nth;
  struct lua_memory memory;
  struct totals *totals;
};

static void report(struct run *run, const char *what, const char *detail)
{
  run->totals->findings++;
  printf("%s, %s memory, failure %ld: %s%s%s\n", run->scenario->name,
         run->sweep->name, run->nth, what, detail ? ": " : "",
         detail ? detail : "");
}

/* Fails only what makes a block or a larger one. `old` says something else
   where there is no block yet. */
static void *allocate(void *data, void *block, size_t old, size_t size)
{
  struct lua_memory *memory = data;

  if (size > 0 && (!block || size > old) && memory_must_fail(&memory->plan))
    return NULL;
  return memory->allocate(memory->data, block, old, size);
}

static void start_failing(struct run *run)
{
  if (run->sweep->of_lua) {
    run->memory.plan.nth = run->nth;
    run->memory.plan.count = run->sweep->count;
  } else {
    memory_fail(run->nth, run->sweep->count);
  }
}

/* How many allocations have failed. */
static long stop_failing(struct run *run)
{
  run->memory.plan.count = 0;
  return memory_heal() + run->memory.plan.failures;
}

static void set_global(lua_State *L, const char *name, const char *value)
{
  lua_pushstring(L, value);
  lua_setglobal(L, name);
}

/* Runs the prelude; what goes wrong there is a finding. */
static void run_prelude(struct run *run, lua_State *L)
{
  if (luaL_loadstring(L, oom_prelude) != LUA_OK ||
      lua_pcall(L, 0, 0, 0) != LUA_OK)
    report(run, "the prelude fails", lua_tostring(L, -1));
  lua_settop(L, 0);
}

/* A state in which the scenario's function is on top. */
static lua_State *open_state(struct run *run)
{
  lua_State *L = luaL_newstate();

  if (!L)
    abort();
  luaL_openlibs(L);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_gctokens_core);
  lua_setfield(L, -2, "gctokens.core");
  set_global(L, "base_url", run->base_url);
  set_global(L, "token", run->token);
  /* Loaded now: Lua 5.1 does not load again what failed to load once. */
  lua_getglobal(L, "require");
  lua_pushstring(L, "cjson");
  lua_call(L, 1, 0);
  lua_settop(L, 0);
  if (!run->scenario->bare)
    run_prelude(run, L);
  if (luaL_loadstring(L, run->scenario->chunk) != LUA_OK)
    report(run, "the chunk is malformed", lua_tostring(L, -1));
  run->memory.allocate = lua_getallocf(L, &run->memory.data);
  memset(&run->memory.plan, 0, sizeof(run->memory.plan));
  lua_setallocf(L, allocate, &run->memory);
  return L;
}

/* The error on top as a message. */
static const char *message_of(lua_State *L)
{
  if (lua_istable(L, -1))
    lua_getfield(L, -1, "message");
  return lua_tostring(L, -1);
}

/* A lack of memory has to be called that. libcurl, though, cannot always say
   why it could not do something; then its own name for that is the cause. */
static void check_report(struct run *run, lua_State *L, int status)
{
  const char *message;
  bool has_cause = false;

  if (status == LUA_OK && lua_toboolean(L, -2))
    return; /* it did without that memory */
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, "cause");
    has_cause = !lua_isnil(L, -1);
    lua_pop(L, 1);
  }
  message = message_of(L);
  if (!message)
    report(run, "an error without a message", NULL);
  else if (!strstr(message, "memory") &&
           /* Lua's own words when its stack cannot grow. */
           !(run->sweep->of_lua && strstr(message, "stack overflow")) &&
           !(has_cause && !run->sweep->of_lua))
    report(run, "not reported as a lack of memory", message);
}

static void close_state(struct run *run, lua_State *L)
{
  lua_setallocf(L, run->memory.allocate, run->memory.data);
  lua_close(L);
}

static void check_aftermath(struct run *run, lua_State *L)
{
  lua_settop(L, 0);
  if (run->scenario->bare)
    run_prelude(run, L);
  lua_getglobal(L, "aftermath");
  if (lua_pcall(L, 0, 0, 0) != LUA_OK)
    report(run, "out of order afterwards", message_of(L));
}

/* Whether an allocation has failed. */
static bool run_once(struct run *run)
{
  long blocks = memory_blocks();
  lua_State *L = open_state(run);
  long failures;
  int status;

  start_failing(run);
  status = lua_pcall(L, 0, 2, 0);
  failures = stop_failing(run);
  if (status != LUA_OK) {
    lua_pushnil(L); /* where a result would be */
    lua_insert(L, -2);
  }
  if (failures > 0)
    check_report(run, L, status);
  else if (status != LUA_OK || !lua_toboolean(L, -2))
    report(run, "fails with all the memory it wants", message_of(L));
  check_aftermath(run, L);
  close_state(run, L);
  if (!memory_returns_to(blocks)) {
    run->totals->leaks += memory_blocks() - blocks;
    report(run, "memory is left", NULL);
  }
  return failures > 0;
}

static void run_scenario(struct run *run)
{
  size_t i;

  for (i = 0; i < sizeof(sweeps) / sizeof(*sweeps); i++) {
    run->sweep = &sweeps[i];
    run->nth = 1;
    while (run->totals->findings < MOST_FINDINGS && run_once(run)) {
      run->totals->failures++;
      run->nth++;
    }
  }
}

int main(int count, char **arguments)
{
  struct totals totals = {0, 0, 0};
  struct run run;
  lua_State *L;
  size_t i;

  if (count != 3) {
    fprintf(stderr, "usage: %s BASE_URL TOKEN\n", arguments[0]);
    return 2;
  }
  if (!memory_use_in_libcurl())
    return 2;
  /* What was found is seen even if the program does not end by itself. */
  (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
  memset(&run, 0, sizeof(run));
  run.base_url = arguments[1];
  run.token = arguments[2];
  run.totals = &totals;
  run.sweep = &sweeps[0];
  run.scenario = &oom_scenarios[0];
  /* Kept open, and with it lua-cjson loaded; what libcurl allocates once is
     allocated before blocks are counted. */
  L = open_state(&run);
  lua_setallocf(L, run.memory.allocate, run.memory.data);
  check_aftermath(&run, L);
  for (i = 0; i < oom_scenario_count; i++) {
    run.scenario = &oom_scenarios[i];
    run_scenario(&run);
  }
  lua_close(L);
  printf("%lu scenarios, %ld failures injected, %ld blocks leaked, "
         "%ld findings\n",
         (unsigned long)oom_scenario_count, totals.failures, totals.leaks,
         totals.findings);
  return totals.findings > 0;
}
