/*
** Two threads with Lua states of their own, which open, use and close the
** library at the same time. Built with ThreadSanitizer it tells when they
** touch the same memory (spec/support/test-threads).
**
**   threads ROUNDS      states that each thread opens, one after another
**
** The environment names a server: see spec/support/with-emulator.
*/
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <lua.h>

#include <lauxlib.h>
#include <lualib.h>

int luaopen_gctokens_core(lua_State *L);

/* What one state does; returns the number of calls that were made. */
static const char work[] =
    "local gctokens, core = require('gctokens'), require('gctokens.core')\n"
    "local url, token = os.getenv('EMULATOR_URL'), "
    "os.getenv('EMULATOR_TOKEN')\n"
    "local options = {base_url = url, access_token = token, env = false}\n"
    "local client = gctokens.new(options)\n"
    "assert(client:warm_up())\n"
    "assert(client:get_tokens_me())\n"
    "assert(client:head_tokens_me())\n"
    "assert(client:get_tokens_timeout())\n"
    "assert(client:put_tokens_timeout({enableIdleTokenTimeout = true,\n"
    "  idleTokenTimeoutSeconds = 3000}))\n"
    "local _, err = client:delete_tokens_me({access_token = 'invalid'})\n"
    "assert(err.status == 401)\n"
    "local nobody = '00000000-0000-4000-8000-00000000000%d'\n"
    "local ids = {}\n"
    "for i = 1, 8 do ids[i] = nobody:format(i) end\n"
    "local totals = client:delete_tokens_of(ids, {\n"
    "  rate_per_minute = false})\n"
    "assert(totals.not_found == 8)\n"
    "_, err = gctokens.new({base_url = 'http://127.0.0.1:1', env = false,\n"
    "  access_token = token, retry = false}):get_tokens_me()\n"
    "assert(err.kind == 'transport', tostring(err))\n"
    /* A name is looked up in a thread of libcurl's. */
    "_, err = gctokens.new({base_url = 'https://no.invalid', env = false,\n"
    "  access_token = token, retry = false, timeout = 2}):get_tokens_me()\n"
    "assert(err.kind == 'transport' or err.kind == 'timeout', tostring(err))\n"
    "local engine = core.new({base_url = url})\n"
    "local started = {}\n"
    "for i = 1, 16 do\n"
    "  started[i] = engine:start('get_tokens_me', {access_token = token})\n"
    "end\n"
    "engine:cancel(started[16])\n"
    "local ended, left = 0, 15\n"
    "while left > 0 do\n"
    "  local list\n"
    "  list, left = engine:step(1)\n"
    "  ended = ended + #list\n"
    "end\n"
    "assert(ended == 15)\n"
    "assert(core.random() < 1)\n"
    "assert(core.response('get_tokens_me', 429, {['Retry-After'] =\n"
    "  'Sun, 06 Nov 1994 08:49:37 GMT'}, '{}') == nil)\n"
    "return 8 + 8 + 15\n";

struct worker {
  pthread_t thread;
  pthread_barrier_t *barrier; /* borrowed */
  int rounds;
  long calls;
  bool failed;
};

static bool run_round(struct worker *worker)
{
  lua_State *L = luaL_newstate();
  bool ok;

  if (!L)
    return false;
  luaL_openlibs(L);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_gctokens_core);
  lua_setfield(L, -2, "gctokens.core");
  lua_settop(L, 0);
  ok = !luaL_loadstring(L, work) && !lua_pcall(L, 0, 1, 0);
  if (ok)
    worker->calls += (long)lua_tointeger(L, -1);
  else
    printf("failed: %s\n", lua_tostring(L, -1));
  lua_close(L);
  return ok;
}

/* They begin each round together. */
static void *run(void *data)
{
  struct worker *worker = data;
  int round;

  for (round = 0; round < worker->rounds; round++) {
    (void)pthread_barrier_wait(worker->barrier);
    if (!run_round(worker))
      worker->failed = true;
  }
  return NULL;
}

int main(int count, char **arguments)
{
  enum { THREADS = 2 };
  struct worker workers[THREADS];
  pthread_barrier_t barrier;
  int rounds = count > 1 ? (int)strtol(arguments[1], NULL, 10) : 1;
  bool failed = pthread_barrier_init(&barrier, NULL, THREADS) != 0;
  long calls = 0;
  int i;

  for (i = 0; i < THREADS && !failed; i++) {
    struct worker worker = {0};

    worker.barrier = &barrier;
    worker.rounds = rounds;
    workers[i] = worker;
    if (pthread_create(&workers[i].thread, NULL, run, &workers[i]) != 0)
      return 2; /* the others would wait for it */
  }
  for (i = 0; i < THREADS && !failed; i++) {
    if (pthread_join(workers[i].thread, NULL) != 0 || workers[i].failed)
      failed = true;
    calls += workers[i].calls;
  }
  printf("%d threads, %d states each, %ld calls\n", THREADS, rounds, calls);
  return failed;
}
