/*
** Runs each scenario again and again, failing another allocation each time
** until none is left to fail: first Lua's, then those of the C sources and of
** libcurl.
**
**   oom [core|client]      one suite of scenarios, or both
**
** The environment names a server of the Tokens API and credentials that it
** knows: see spec/support/with-emulator.
**
** After each run the error must have been reported, no block of memory may
** be left, and engine and client must work, or be closed. lua-cjson's own
** memory is not counted: it is neither ours nor free of leaks in this case.
**
** Once more each scenario is run with all garbage collected at every
** allocation, which it must not notice.
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
  bool fails_at_first; /* every allocation, which Lua then tries again */
  bool has_failed;
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
  long scenarios, failures, findings, leaks;
};

/* What is wrong is often wrong again: so many findings are enough. */
enum { MOST_FINDINGS = 50 };

/* One run of one scenario. */
struct run {
  const struct oom_suite *suite;
  const struct oom_scenario *scenario;
  const struct sweep *sweep;
  long nth;
  struct lua_memory memory;
  struct totals *totals;
};

static void report(struct run *run, const char *what, const char *detail)
{
  run->totals->findings++;
  printf("%s, %s memory, error %ld: %s%s%s\n", run->scenario->name,
         run->sweep->name, run->nth, what, detail ? ": " : "",
         detail ? detail : "");
}

static bool must_fail(struct lua_memory *memory)
{
  if (memory->fails_at_first)
    return memory->has_failed = !memory->has_failed;
  return memory_must_fail(&memory->plan);
}

/* Fails only what makes a block or a larger one. `old` says something else
   where there is no block yet. */
static void *allocate(void *data, void *block, size_t old, size_t size)
{
  struct lua_memory *memory = data;

  if (size > 0 && (!block || size > old) && must_fail(memory))
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

/* The global gets what the variable of the environment says. */
static void set_global(lua_State *L, const char *name, const char *variable)
{
  lua_pushstring(L, getenv(variable));
  lua_setglobal(L, name);
}

/* Runs the prelude; what goes wrong there is a finding. */
static void run_prelude(struct run *run, lua_State *L)
{
  if (luaL_loadstring(L, run->suite->prelude) != LUA_OK ||
      lua_pcall(L, 0, 0, 0) != LUA_OK)
    report(run, "the prelude fails", lua_tostring(L, -1));
  lua_settop(L, 0);
}

/* A state in which the scenario's function is on top. LuaJIT's compiler (that
   of 2.1.0-beta3, which Debian has) crashes when memory runs out in what it
   has compiled, and collects for ever where each step is a whole collection:
   it is off. */
static lua_State *open_state(struct run *run)
{
  lua_State *L = luaL_newstate();

  if (!L)
    abort();
  luaL_openlibs(L);
  if (luaL_dostring(L, "if jit then jit.off() end"))
    abort();
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_gctokens_core);
  lua_setfield(L, -2, "gctokens.core");
  set_global(L, "base_url", "EMULATOR_URL");
  set_global(L, "token", "EMULATOR_TOKEN");
  set_global(L, "client_id", "EMULATOR_CLIENT_ID");
  set_global(L, "client_secret", "EMULATOR_CLIENT_SECRET");
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
  run->memory.fails_at_first = false;
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
           /* Lua's own message when its stack cannot grow. */
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

/* Lua from 5.2 on collects all garbage before it tries an allocation again;
   LuaJIT, without a limit to one step, where it looks whether it should. */
static void collect_always(struct run *run, lua_State *L, bool always)
{
#if LUA_VERSION_NUM >= 502
  (void)L;
  run->memory.fails_at_first = always;
#else
  (void)run;
  (void)lua_gc(L, LUA_GCSETPAUSE, always ? 0 : 200);
  (void)lua_gc(L, LUA_GCSETSTEPMUL, always ? 0 : 200);
#endif
}

static void run_with_collections(struct run *run)
{
  static const struct sweep collecting = {"all garbage out of", true, 0};
  lua_State *L = open_state(run);
  int status;

  run->sweep = &collecting;
  run->nth = 0;
  collect_always(run, L, true);
  status = lua_pcall(L, 0, 2, 0);
  collect_always(run, L, false);
  if (status != LUA_OK || !lua_toboolean(L, -2))
    report(run, "goes wrong", message_of(L));
  check_aftermath(run, L);
  close_state(run, L);
}

static void run_scenario(struct run *run)
{
  size_t i;

  run->totals->scenarios++;
  run_with_collections(run);
  for (i = 0; i < sizeof(sweeps) / sizeof(*sweeps); i++) {
    run->sweep = &sweeps[i];
    run->nth = 1;
    while (run->totals->findings < MOST_FINDINGS && run_once(run)) {
      run->totals->failures++;
      run->nth++;
    }
  }
}

/* A state is kept open meanwhile, and with it lua-cjson loaded; what libcurl
   allocates once is allocated before blocks are counted. */
static void run_suite(struct run *run, const struct oom_suite *suite)
{
  lua_State *L;
  size_t i;

  run->suite = suite;
  run->scenario = &suite->scenarios[0];
  run->sweep = &sweeps[0];
  L = open_state(run);
  lua_setallocf(L, run->memory.allocate, run->memory.data);
  check_aftermath(run, L);
  for (i = 0; i < suite->count; i++) {
    run->scenario = &suite->scenarios[i];
    run_scenario(run);
  }
  lua_close(L);
}

int main(int count, char **arguments)
{
  static const struct {
    const char *name;
    const struct oom_suite *suite;
  } suites[] = {{"core", &oom_core}, {"client", &oom_client}};
  struct totals totals = {0, 0, 0, 0};
  struct run run;
  size_t i;

  if (!memory_use_in_libcurl())
    return 2;
  /* What was found is seen even if the program does not end by itself. */
  (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
  memset(&run, 0, sizeof(run));
  run.totals = &totals;
  for (i = 0; i < sizeof(suites) / sizeof(*suites); i++) {
    if (count < 2 || strcmp(arguments[1], suites[i].name) == 0)
      run_suite(&run, suites[i].suite);
  }
  printf("%s: %ld scenarios, %ld failures injected, %ld blocks leaked, "
         "%ld findings\n",
         arguments[0], totals.scenarios, totals.failures, totals.leaks,
         totals.findings);
  return totals.findings > 0 || totals.scenarios == 0;
}
